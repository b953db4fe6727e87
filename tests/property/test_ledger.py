"""Whatever happens in whatever order: money is conserved, caps hold, and the checks agree."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gainful.core.money import Money, Tokens
from gainful.ledger.budget import Budget, BudgetExceeded
from gainful.ledger.entry import imbalance
from gainful.ledger.report import by_work_item, total
from gainful.ledger.reservation import Reservation, release, settle
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
CENTS = st.integers(0, 30).map(lambda cents: Money(Decimal(cents) / 1000))
WEIGHTS = st.dictionaries(st.sampled_from(["mail1", "mail2", "mail3"]), st.integers(0, 9), max_size=3)
TOKENS = st.builds(Tokens, *[st.integers(0, 500)] * 4)


RUNS = st.sampled_from(["run1", "run2"])


class BooksMachine(RuleBasedStateMachine):
    """Reserves in several budgets, settles, releases, crashes and turns days, beside a plain model of what is left."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = START
        self.engine = open_database(Path(self.folder.name) / "g.db")
        self.books = LedgerStore(self.engine, lambda: self.now)
        self.cap: Money | None = Money("0.1")
        self.most_calls: int | None = 8
        self.calls = 0
        self.held: list[Reservation] = []
        self.spent = Money(0)
        self.made = 0
        self.used: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.counted: defaultdict[str, int] = defaultdict(int)

    def budgets(self) -> list[Budget]:
        return [
            Budget("day", self.cap),
            Budget("month", Money("0.15"), self.most_calls, "month"),
            Budget("run", Money("0.08"), period="run"),
            Budget("everyone", period="month"),
        ]

    def has_room(self, budget: Budget, run: str, amount: Money) -> bool:
        account = budget.account(self.now, run)
        money = budget.cap is None or amount.amount <= max(budget.cap.amount - self.used[account], Decimal(0))
        return money and (budget.calls is None or self.counted[account] < budget.calls)

    @rule(amount=CENTS, run=RUNS, some=st.sets(st.integers(0, 3), min_size=1))
    def reserve(self, amount: Money, run: str, some: set[int]) -> None:
        self.calls += 1
        budgets = [self.budgets()[number] for number in sorted(some)]
        room = all(self.has_room(budget, run, amount) for budget in budgets)
        try:
            reservation = self.books.reserve(budgets, amount, f"call{self.calls}", "p:m", run)
        except BudgetExceeded:
            assert not room
        else:
            assert room
            for account in reservation.accounts:
                self.used[account] += amount.amount
                self.counted[account] += 1
            self.held.append(reservation)

    def _end(self, reservation: Reservation, actual: Money, calls: int = 1) -> None:
        self.held.remove(reservation)
        self.spent += actual
        self.made += calls
        for account in reservation.accounts:
            self.used[account] += actual.amount - reservation.held.amount
            self.counted[account] += calls - 1

    @rule(data=st.data(), actual=CENTS, tokens=TOKENS, weights=WEIGHTS)
    def settle(self, data: st.DataObject, actual: Money, tokens: Tokens, weights: dict[str, int]) -> None:
        if self.held:
            reservation = data.draw(st.sampled_from(self.held))
            entry = settle(reservation, actual, tokens, self.now, weights)
            assert self.books.append([entry, entry]) == 1
            self._end(reservation, actual)

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        if self.held:
            reservation = data.draw(st.sampled_from(self.held))
            self.books.append([release(reservation, self.now, "not sent")])
            self._end(reservation, Money(0), calls=0)

    @rule()
    def crash(self) -> None:
        assert self.books.recover(lambda _: True) == self.held
        for reservation in list(self.held):
            self._end(reservation, reservation.held)

    @rule(cap=st.none() | st.integers(0, 20), calls=st.none() | st.integers(0, 12))
    def change_caps(self, cap: int | None, calls: int | None) -> None:
        self.cap = None if cap is None else Money(Decimal(cap) / 100)
        self.most_calls = calls

    @rule()
    def next_day(self) -> None:
        self.now += timedelta(days=1)

    @invariant()
    def books_are_sound(self) -> None:
        assert self.books.verify() == []
        assert self.books.open_reservations() == self.held

    @invariant()
    def money_is_conserved(self) -> None:
        rows = list(self.books.rows())
        assert imbalance(posting for row in rows for posting in row.postings) == {}
        assert total(rows).cost == self.spent
        assert total(rows).calls == self.made
        assert sum((part.cost for part in by_work_item(rows).values()), Money(0)) == self.spent

    @invariant()
    def each_budget_is_balanced_and_stands_as_it_should(self) -> None:
        sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for row in self.books.rows():
            for posting in row.postings:
                if posting.account.startswith("budget:"):
                    sums[posting.account.rpartition(":")[0], posting.unit] += posting.amount
        assert not any(sums.values())
        for run in ("run1", "run2"):
            for each in self.books.standings(self.budgets(), run):
                account = each.budget.account(self.now, run)
                assert (each.spent + each.held).amount == self.used[account]
                assert each.calls_spent + each.calls_held == self.counted[account]

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()


BooksMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
TestBooks = BooksMachine.TestCase
