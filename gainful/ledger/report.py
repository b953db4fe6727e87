"""Summaries of the books: what was spent, by whatever one groups it by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from gainful.core.money import NO_TOKENS, Money, Tokens
from gainful.ledger.chain import Recorded
from gainful.ledger.entry import (
    CALL,
    HUMAN_SECOND,
    TOKEN_CACHE_READ,
    TOKEN_CACHE_WRITE,
    TOKEN_FRESH,
    TOKEN_OUTPUT,
    Posting,
    plain,
)

_TOKENS = {
    TOKEN_FRESH: lambda amount: Tokens(fresh=amount),
    TOKEN_CACHE_READ: lambda amount: Tokens(cache_read=amount),
    TOKEN_CACHE_WRITE: lambda amount: Tokens(cache_write=amount),
    TOKEN_OUTPUT: lambda amount: Tokens(output=amount),
}

NOTHING = Money(0)


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent: money, tokens, calls of models and of tools, and a person's time."""

    cost: Money = NOTHING
    tokens: Tokens = NO_TOKENS
    calls: int = 0
    human_seconds: Decimal = Decimal(0)
    tool_calls: int = 0

    def __add__(self, other: Spending) -> Spending:
        return Spending(
            self.cost + other.cost,
            self.tokens + other.tokens,
            self.calls + other.calls,
            self.human_seconds + other.human_seconds,
            self.tool_calls + other.tool_calls,
        )


def spending_of(posting: Posting) -> Spending | None:
    """What this posting says was spent; None when it moves something else.

    Budgets are left out: one call stands in several of them, and only once under `cost` and `used`.
    """
    root, _, what = posting.account.partition(":")
    if root == "cost":
        return Spending(cost=Money(posting.amount, posting.unit))
    if root == "used" and posting.unit in _TOKENS:
        return Spending(tokens=_TOKENS[posting.unit](int(posting.amount)))
    if root == "used" and posting.unit == CALL:
        number = int(posting.amount)
        return Spending(tool_calls=number) if is_tool(what) else Spending(calls=number)
    if root == "time" and posting.unit == HUMAN_SECOND:
        return Spending(human_seconds=posting.amount)
    return None


def is_tool(what: str) -> bool:
    """Whether what was called is a tool, `tool:NAME`, and no model, `PROVIDER:MODEL`."""
    return what.startswith("tool:")


def spending_by(entries: Iterable[Recorded], group: Callable[[Recorded, Posting], str]) -> dict[str, Spending]:
    """Spending by group, in the order in which the groups first appear."""
    totals: dict[str, Spending] = {}
    for entry in entries:
        for posting in entry.postings:
            part = spending_of(posting)
            if part is not None:
                name = group(entry, posting)
                totals[name] = totals.get(name, Spending()) + part
    return totals


def by_day(entries: Iterable[Recorded]) -> dict[str, Spending]:
    """Spending by UTC day."""
    return spending_by(entries, lambda entry, _: entry.day)


def by_run(entries: Iterable[Recorded]) -> dict[str, Spending]:
    """Spending by run id."""
    return spending_by(entries, lambda entry, _: entry.run_id)


def by_work_item(entries: Iterable[Recorded]) -> dict[str, Spending]:
    """Spending by work item; what belongs to no single item, such as the number of calls, is under ''."""
    return spending_by(entries, lambda _, posting: posting.work_item)


def total(entries: Iterable[Recorded]) -> Spending:
    """All spending."""
    return spending_by(entries, lambda _entry, _posting: "").get("", Spending())


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting as a statement shows it; all fields are text or numbers for people and scripts alike."""

    seq: int
    at: str
    kind: str
    account: str
    amount: str
    unit: str
    run_id: str
    work_item: str
    memo: str


def statement(entries: Iterable[Recorded]) -> Iterator[StatementLine]:
    """The postings in order, each with what its entry says of it."""
    for entry in entries:
        for posting in entry.postings:
            yield StatementLine(
                entry.seq,
                entry.at,
                entry.kind,
                posting.account,
                plain(posting.amount),
                posting.unit,
                entry.run_id,
                posting.work_item or entry.work_item,
                entry.memo,
            )
