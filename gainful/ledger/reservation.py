"""Reservations: money is held before it is spent, in every budget that covers the call, and the rest goes back.

A reservation moves its amount, and one call, from `open` to `held` in all of its budgets or in none; settling moves the
actual cost to `spent` in all of them, and the rest back to `open`. The period is part of an account's name, so a call
that ends after midnight is settled where it was held.

    reservation, entries = reserved(budgets, balances, Money("0.04"), key, "openai:gpt-5-mini", now, run_id, number)
    ...                                        # the call
    entry = settle(reservation, Money("0.01"), tokens, now, {"mail1": 120, "mail2": 80})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from gainful.core.errors import Invalid
from gainful.core.money import NO_TOKENS, Money, Tokens
from gainful.ledger.allocation import allocate, allocate_tokens
from gainful.ledger.budget import Balances, Budget, grant, standing
from gainful.ledger.entry import CALL, Entry, Posting, token_postings


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money held for one call until it is settled.

    Args:
        key: Idempotency key of the call; its entries are `KEY:reserve` and `KEY:settle`.
        accounts: Stems of the accounts of every budget it is held in.
        held: The upper bound of what the call can cost.
        what: What is called: `PROVIDER:MODEL`, or `tool:NAME`.
    """

    key: str
    accounts: tuple[str, ...]
    held: Money
    what: str
    run_id: str
    at: datetime


def reserve_key(key: str) -> str:
    """The key of the entry that holds the money."""
    return f"{key}:reserve"


def settle_key(key: str) -> str:
    """The key of the entry that ends the hold: settlement and release share it, so only one of them can be booked."""
    return f"{key}:settle"


def accounts_of(budgets: Sequence[Budget], at: datetime, run_id: str) -> tuple[str, ...]:
    """The stems of the budgets' accounts, in their order.

    Raises:
        Invalid: No budget, or one of them twice.
    """
    stems = tuple(budget.account(at, run_id) for budget in budgets)
    if not stems:
        raise Invalid("A call needs at least one budget that it is held in.", "Name one; it may be without a cap.")
    if len(set(stems)) < len(stems):
        twice = next(stem for stem in stems if stems.count(stem) > 1)
        raise Invalid(f"Budget '{twice.removeprefix('budget:')}' would cover one call twice.", "Name it once.")
    return stems


def reserved(
    budgets: Sequence[Budget],
    balances: Balances,
    amount: Money,
    key: str,
    what: str,
    at: datetime,
    run_id: str,
    number: int,
) -> tuple[Reservation, list[Entry]]:
    """The reservation and the entries that hold it in all of these budgets: grants where caps are new, then the hold.

    Args:
        balances: Of the budgets' accounts in their present periods.
        number: Unlike any before it; names the grants.

    Raises:
        BudgetExceeded: One of the budgets has no room.
        Invalid: The amount is negative, or the budgets cannot cover a call.
    """
    if amount < Money(0, amount.currency):
        raise Invalid(f"{amount} cannot be reserved.", "Reserve zero or more.")
    stems = accounts_of(budgets, at, run_id)
    for budget, stem in zip(budgets, stems, strict=True):
        standing(budget, stem, balances).check_room(amount)
    reservation = Reservation(key, stems, amount, what, run_id, at)
    grants = (
        grant(budget, stem, balances.get(f"{stem}:granted", {}), at, number)
        for budget, stem in zip(budgets, stems, strict=True)
    )
    return reservation, [*filter(None, grants), hold(reservation)]


def hold(reservation: Reservation) -> Entry:
    """The entry that moves the amount, and one call, from `open` to `held` in every budget."""
    postings = _move(reservation, "open", "held", reservation.held.amount, calls=1)
    return Entry(
        reserve_key(reservation.key),
        "reserve",
        reservation.at,
        postings,
        run_id=reservation.run_id,
        memo=reservation.what,
    )


def settle(
    reservation: Reservation,
    actual: Money,
    tokens: Tokens,
    at: datetime,
    weights: Mapping[str, int],
    memo: str = "",
) -> Entry:
    """The entry that books what a call really cost and releases the rest of its hold.

    Args:
        actual: What the call cost; may pass the hold, since a call in flight cannot be taken back.
        weights: How the cost is shared by work item, by any proportional measure; empty books it to none.
    """
    back = reservation.held.amount - actual.amount
    postings = [
        *_move(reservation, "held", "spent", actual.amount, calls=1),
        *_move(reservation, "held", "open", back, calls=0),
        *_cost(reservation, actual, tokens, weights),
        *_call(reservation),
    ]
    work_item = next(iter(weights)) if len(weights) == 1 else ""
    return Entry(
        settle_key(reservation.key),
        "settle",
        at,
        tuple(postings),
        reservation.run_id,
        work_item,
        memo or reservation.what,
    )


def release(reservation: Reservation, at: datetime, memo: str) -> Entry:
    """The entry that gives back the whole hold, and the call: only for a call that was never made."""
    postings = _move(reservation, "held", "open", reservation.held.amount, calls=1)
    return Entry(settle_key(reservation.key), "release", at, postings, run_id=reservation.run_id, memo=memo)


def settle_unknown(reservation: Reservation, at: datetime) -> Entry:
    """The entry for a call whose end nobody saw: booked at the full hold, never silently free."""
    return settle(reservation, reservation.held, NO_TOKENS, at, {}, memo="outcome unknown after a crash")


def _move(reservation: Reservation, source: str, target: str, amount: Decimal, *, calls: int) -> tuple[Posting, ...]:
    return tuple(
        Posting(f"{stem}:{account}", sign * quantity, unit)
        for stem in reservation.accounts
        for quantity, unit in ((amount, reservation.held.currency), (Decimal(calls), CALL))
        if quantity
        for account, sign in ((source, -1), (target, 1))
    )


def _call(reservation: Reservation) -> tuple[Posting, ...]:
    """The call itself, once, however many budgets cover it."""
    provider = reservation.what.partition(":")[0]
    return Posting(f"used:{reservation.what}", Decimal(1), CALL), Posting(f"supplied:{provider}", Decimal(-1), CALL)


def _cost(reservation: Reservation, actual: Money, tokens: Tokens, weights: Mapping[str, int]) -> list[Posting]:
    cost, used = f"cost:{reservation.what}", f"used:{reservation.what}"
    provider = reservation.what.partition(":")[0]
    postings: list[Posting] = []
    if actual:
        shares = allocate(actual.amount, weights) or {"": actual.amount}
        postings += [Posting(cost, part, actual.currency, item) for item, part in shares.items() if part]
        postings.append(Posting(f"payable:{provider}", -actual.amount, actual.currency))
    for item, part in (allocate_tokens(tokens, weights) or {"": tokens}).items():
        postings += token_postings(used, part, item)
    return postings + token_postings(f"supplied:{provider}", tokens, sign=-1)
