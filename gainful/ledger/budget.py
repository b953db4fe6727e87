"""Budgets: hard caps on money and calls, for each run, day or month.

The accounts of one budget in one period, which always sum to zero in each unit:

    budget:NAME:PERIOD:granted   minus the cap
    budget:NAME:PERIOD:open      what may still be reserved; below zero where there is no cap
    budget:NAME:PERIOD:held      reserved for calls in flight
    budget:NAME:PERIOD:spent     what settled calls cost

They are memorandum accounts: a call is covered by several budgets at once and stands in each of them. What it cost is
booked once, under `cost:` and `used:`, and only that is ever added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal
from typing import Final, Literal

from gainful.core.errors import Invalid, Refused
from gainful.core.money import Money
from gainful.ledger.entry import CALL, USD, Entry, Posting

Period = Literal["run", "day", "month"]

PERIODS: Final[tuple[Period, ...]] = ("run", "day", "month")

_DATE_LENGTH = {"day": 10, "month": 7}

ZERO = Decimal(0)

Balances = Mapping[str, Mapping[str, Decimal]]
"""Amounts by account and unit; what is missing is zero."""


class BudgetExceeded(Refused):
    """A budget has less left than the call would reserve; nothing was held and nothing was called."""

    code = "budget-exceeded"


@dataclass(frozen=True, slots=True)
class Budget:
    """A hard cap on what may be spent in each period.

    Args:
        name: Unlike any other budget's of the same period: `model`, `agent:triage`, `person:robin`.
        cap: The most that may be held and spent together in one period; None counts money without limiting it.
        calls: The most calls in one period; None counts them without limiting them.
        period: A UTC `day` or `month`, or each `run`.
        raise_by: Tells the person how to raise it; `{cap}` and `{calls}` become numbers that would do.
    """

    name: str
    cap: Money | None = None
    calls: int | None = None
    period: Period = "day"
    raise_by: str = "Raise it in the settings"

    def account(self, at: datetime, run_id: str = "") -> str:
        """The stem of this budget's accounts in the period of `at`, or of the run: `budget:NAME:2026-11-22`.

        Raises:
            Invalid: It is a budget for each run, and no run is named.
        """
        if self.period != "run":
            return f"budget:{self.name}:{at.astimezone(UTC).date().isoformat()[: _DATE_LENGTH[self.period]]}"
        if not run_id:
            raise Invalid(f"Budget '{self.name}' is one for each run, and no run is named.", "Name the run.")
        return f"budget:{self.name}:{run_id}"

    @property
    def capped(self) -> bool:
        """Whether it limits anything."""
        return self.cap is not None or self.calls is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a budget stands in one period.

    Args:
        left: What may still be reserved; None where money is not limited.
        calls_left: None where calls are not limited.
    """

    budget: Budget
    spent: Money
    held: Money
    left: Money | None
    calls_spent: int
    calls_held: int
    calls_left: int | None

    def check_room(self, amount: Money) -> None:
        """Passes when there is room for one more call of this amount.

        Raises:
            BudgetExceeded: There is not.
        """
        budget = self.budget
        if self.left is not None and amount > self.left:
            raise BudgetExceeded(
                f"Budget '{budget.name}' has {self.left} left this {budget.period}; this call reserves {amount}.",
                f"{self._how_to_raise(amount)}, make a cheaper call, or wait for the next {budget.period}.",
            )
        if self.calls_left is not None and self.calls_left < 1:
            raise BudgetExceeded(
                f"Budget '{budget.name}' allows {budget.calls} calls a {budget.period}, and they are used up.",
                f"{self._how_to_raise(amount)}, or wait for the next {budget.period}.",
            )

    def _how_to_raise(self, amount: Money) -> str:
        """The budget's own advice, with caps that have room: doubled, or as much as this call needs."""
        cap, calls = self.budget.cap, self.budget.calls or 0
        enough = self.spent + self.held + amount
        if cap is not None:
            enough = max(enough, cap + cap if self.left is not None and amount > self.left else cap)
        if self.calls_left is not None and self.calls_left < 1:
            calls = max(2 * calls, self.calls_spent + self.calls_held + 1)
        told = f"{enough.amount.quantize(Decimal('0.01'), ROUND_UP):f}"
        return self.budget.raise_by.replace("{cap}", told).replace("{calls}", str(calls))

    @property
    def tightness(self) -> tuple[Decimal, Decimal]:
        """Sorts the budget that is used up first to the front: by money left, then by calls left."""
        endless = Decimal("Infinity")
        money = endless if self.left is None else self.left.amount
        return money, endless if self.calls_left is None else Decimal(self.calls_left)


def needs_hold(budgets: Iterable[Budget], amount: Money) -> bool:
    """Whether one of these budgets can say no to a call of this amount: it costs something, or calls are limited.

    A free call that nobody limits may be made without a hold, and is then not counted.
    """
    return bool(amount) or any(budget.calls is not None for budget in budgets)


def standing(budget: Budget, stem: str, balances: Balances) -> Standing:
    """How the budget stands by the balances of its accounts.

    What is left follows from the cap as it is now, so that a cap that was lowered or raised counts at once.
    """
    currency = budget.cap.currency if budget.cap is not None else USD
    spent, held = (balances.get(f"{stem}:{account}", {}) for account in ("spent", "held"))
    money = [Money(part.get(currency, ZERO), currency) for part in (spent, held)]
    calls = [int(part.get(CALL, ZERO)) for part in (spent, held)]
    left = None
    if budget.cap is not None:
        left = max(budget.cap - money[0] - money[1], Money(0, currency))
    calls_left = None if budget.calls is None else max(budget.calls - sum(calls), 0)
    return Standing(budget, money[0], money[1], left, calls[0], calls[1], calls_left)


def grant(budget: Budget, stem: str, granted: Mapping[str, Decimal], at: datetime, number: int) -> Entry | None:
    """The entry that brings the period's grant to the budget's present cap; None when it is there already.

    Args:
        stem: Of the budget's accounts in this period.
        granted: The balance of the `granted` account by unit; zero or negative.
        number: Unlike any before it in this period: the cap may change to and fro.
    """
    currency = budget.cap.currency if budget.cap is not None else USD
    # Where there is no cap nothing is granted: `open` then runs below zero in that unit, and nobody asks.
    wanted = {currency: budget.cap.amount if budget.cap is not None else ZERO, CALL: Decimal(budget.calls or 0)}
    missing = {unit: cap + granted.get(unit, ZERO) for unit, cap in wanted.items()}
    postings = tuple(
        posting
        for unit, amount in missing.items()
        if amount
        for posting in (Posting(f"{stem}:open", amount, unit), Posting(f"{stem}:granted", -amount, unit))
    )
    if not postings:
        return None
    return Entry(f"{stem}:grant:{number}", "grant", at, postings, memo=f"cap {shown_cap(budget)}")


def shown_cap(budget: Budget) -> str:
    """The caps for people: `0.5 USD, 200 calls`; `none` where nothing is limited."""
    parts = []
    if budget.cap is not None:
        parts.append(str(budget.cap))
    if budget.calls is not None:
        parts.append(f"{budget.calls} calls")
    return ", ".join(parts) or "none"
