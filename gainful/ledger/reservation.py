"""Budgets and reservations: money is held before it is spent, and what was not needed goes back.

The accounts of one budget in one period, which always sum to zero in each unit:

    budget:NAME:PERIOD:granted   minus the cap
    budget:NAME:PERIOD:open      what may still be reserved
    budget:NAME:PERIOD:held      reserved for calls in flight
    budget:NAME:PERIOD:spent     what settled calls cost

A reservation moves its amount from `open` to `held`; settling moves the actual cost to `spent` and the rest back to
`open`. The period is part of the account's name, so a call that ends after midnight is settled where it was held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from gainful.core.errors import Refused
from gainful.core.money import Money, Tokens
from gainful.ledger.allocation import allocate, allocate_tokens
from gainful.ledger.entry import CALL, Entry, Posting, token_postings

Period = Literal["day", "month"]

_PERIOD_LENGTH = {"day": 10, "month": 7}

ZERO = Decimal(0)


class BudgetExceeded(Refused):
    """The budget has less left than the call would reserve; nothing was held and nothing was called."""

    code = "budget-exceeded"


@dataclass(frozen=True, slots=True)
class Budget:
    """A hard cap on what may be spent in each period.

    Args:
        name: One word, such as `triage`.
        cap: The most that may be held and spent together in one period.
        calls: The most model calls in one period; None leaves them uncounted against a cap.
        period: A UTC `day` or `month`.
        raise_by: Told to the person when the budget is used up: how to raise it.
    """

    name: str
    cap: Money
    calls: int | None = None
    period: Period = "day"
    raise_by: str = "Raise it in the settings"

    def account(self, at: datetime) -> str:
        """The stem of this budget's accounts in the period of `at`: `budget:NAME:2026-11-22`."""
        return f"budget:{self.name}:{at.astimezone(UTC).date().isoformat()[: _PERIOD_LENGTH[self.period]]}"


@dataclass(frozen=True, slots=True)
class Reservation:
    """Money held for one call until it is settled.

    Args:
        key: Idempotency key of the call; its entries are `KEY:reserve` and `KEY:settle`.
        account: Stem of the budget's accounts it is held in.
        held: The upper bound of what the call can cost.
        what: What is called, `PROVIDER:MODEL`.
    """

    key: str
    account: str
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


def grant(budget: Budget, granted: Mapping[str, Decimal], at: datetime, number: int) -> Entry | None:
    """The entry that brings the period's grant to the budget's present cap; None when it is there already.

    Args:
        granted: The balance of the `granted` account by unit; zero or negative.
        number: Unlike any before it in this period: the cap may change to and fro.
    """
    stem = budget.account(at)
    # A budget without a cap on calls grants none: `open` then runs below zero in that unit, and nobody asks.
    wanted = {budget.cap.currency: budget.cap.amount, CALL: Decimal(budget.calls or 0)}
    missing = {unit: cap + granted.get(unit, ZERO) for unit, cap in wanted.items()}
    postings = tuple(
        posting
        for unit, amount in missing.items()
        if amount
        for posting in (Posting(f"{stem}:open", amount, unit), Posting(f"{stem}:granted", -amount, unit))
    )
    if not postings:
        return None
    return Entry(f"{stem}:grant:{number}", "grant", at, postings, memo=f"cap {budget.cap}")


def check_room(budget: Budget, open_balance: Mapping[str, Decimal], amount: Money) -> None:
    """Passes when the budget has room for one more call of this amount.

    Args:
        open_balance: The balance of the `open` account by unit, the grant included.

    Raises:
        BudgetExceeded: It has not.
    """
    left = Money(max(open_balance.get(amount.currency, ZERO), ZERO), amount.currency)
    if amount > left:
        raise BudgetExceeded(
            f"Budget '{budget.name}' has {left} left this {budget.period}; this call reserves {amount}.",
            f"{budget.raise_by}, choose a cheaper model, or wait for the next {budget.period}.",
        )
    if budget.calls is not None and open_balance.get(CALL, ZERO) < 1:
        raise BudgetExceeded(
            f"Budget '{budget.name}' allows {budget.calls} model calls a {budget.period}, and they are used up.",
            f"{budget.raise_by}, or wait for the next {budget.period}.",
        )


def reserve(budget: Budget, amount: Money, key: str, what: str, at: datetime, run_id: str = "") -> Reservation:
    """The reservation that `hold` books. Check the room first: this is arithmetic, it refuses nothing."""
    return Reservation(key, budget.account(at), amount, what, run_id, at)


def hold(reservation: Reservation) -> Entry:
    """The entry that moves the amount, and one call, from `open` to `held`."""
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
    return settle(reservation, reservation.held, Tokens(), at, {}, memo="outcome unknown after a crash")


def _move(reservation: Reservation, source: str, target: str, amount: Decimal, *, calls: int) -> tuple[Posting, ...]:
    stem, unit = reservation.account, reservation.held.currency
    return tuple(
        Posting(f"{stem}:{account}", sign * quantity, name)
        for quantity, name in ((amount, unit), (Decimal(calls), CALL))
        if quantity
        for account, sign in ((source, -1), (target, 1))
    )


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
