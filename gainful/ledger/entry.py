"""Entries and postings: what the books consist of.

    Entry(
        key="run1:ask1:settle", kind="settle", at=now, run_id="run1",
        postings=(
            Posting("cost:openai:gpt-5-mini", Decimal("0.002"), "USD", work_item="mail1"),
            Posting("payable:openai", Decimal("-0.002"), "USD"),
        ),
    )

An entry is immutable and sums to zero in each unit. A mistake is corrected by another entry, never by a change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from gainful.core.errors import Broken
from gainful.core.money import PLACES, Tokens

USD = "USD"
TOKEN_FRESH = "token.fresh"  # noqa: S105 - a unit's name
TOKEN_CACHE_READ = "token.cache_read"  # noqa: S105
TOKEN_CACHE_WRITE = "token.cache_write"  # noqa: S105
TOKEN_OUTPUT = "token.output"  # noqa: S105
HUMAN_SECOND = "second.human"
OUTCOME = "outcome"
CALL = "call"

UNITS = frozenset({USD, TOKEN_FRESH, TOKEN_CACHE_READ, TOKEN_CACHE_WRITE, TOKEN_OUTPUT, HUMAN_SECOND, OUTCOME, CALL})
"""Every unit the books know. Quantities of different units are never added."""


class Unbalanced(Broken):
    """An entry does not sum to zero, or holds something that cannot be summed."""

    code = "entry-unbalanced"


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry: so much of a unit into (positive) or out of (negative) an account.

    Args:
        account: Colon-separated, such as `cost:openai:gpt-5-mini`.
        amount: Exact, at most nine places.
        unit: One of `UNITS`.
        work_item: The work it belongs to, where it belongs to one.
    """

    account: str
    amount: Decimal
    unit: str
    work_item: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced set of postings, made at one instant for one reason.

    Args:
        key: Idempotency key: the books hold each key once.
        kind: `grant`, `reserve`, `settle`, `release`, `outcome`, `attention`, `waste`.
        at: Aware instant.

    Raises:
        Unbalanced: The postings do not sum to zero in each unit, or one of them is not a sound amount.
    """

    key: str
    kind: str
    at: datetime
    postings: tuple[Posting, ...]
    run_id: str = ""
    work_item: str = ""
    memo: str = ""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise Unbalanced(f"Entry '{self.key}' has no time zone.", "Hand in an aware UTC instant.")
        for posting in self.postings:
            _check_posting(self.key, posting)
        for unit, total in imbalance(self.postings).items():
            raise Unbalanced(
                f"Entry '{self.key}' is off by {total} {unit}.", "Please report this: the books refuse such an entry."
            )


def _check_posting(key: str, posting: Posting) -> None:
    exponent = posting.amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < PLACES.as_tuple().exponent:  # type: ignore[operator]
        raise Unbalanced(f"Entry '{key}' posts {posting.amount}, which is not exact to nine places.", "Round it first.")
    if posting.unit not in UNITS:
        raise Unbalanced(f"Entry '{key}' posts in the unknown unit '{posting.unit}'.", f"Use one of {sorted(UNITS)}.")


def imbalance(postings: Iterable[Posting]) -> dict[str, Decimal]:
    """What is left over in each unit that does not sum to zero; empty for a balanced set."""
    totals: defaultdict[str, Decimal] = defaultdict(Decimal)
    for posting in postings:
        totals[posting.unit] += posting.amount
    return {unit: total for unit, total in totals.items() if total != 0}


def token_postings(account: str, tokens: Tokens, work_item: str = "", sign: int = 1) -> list[Posting]:
    """One posting for each kind of token that is not zero."""
    amounts = (
        (TOKEN_FRESH, tokens.fresh),
        (TOKEN_CACHE_READ, tokens.cache_read),
        (TOKEN_CACHE_WRITE, tokens.cache_write),
        (TOKEN_OUTPUT, tokens.output),
    )
    return [Posting(account, Decimal(sign * amount), unit, work_item) for unit, amount in amounts if amount]


def instant(at: datetime) -> str:
    """The instant as the books write it: UTC, microseconds, so that text sorts by time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def plain(amount: Decimal) -> str:
    """The amount as the books write it: no exponent, no trailing zeros, so that equal amounts read equal."""
    if not amount.is_finite():
        return str(amount)
    return f"{amount.normalize():f}" if amount else "0"
