"""Whatever happens in whatever order: money is conserved, caps hold, and the checks agree."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gainful.core.money import Money, Tokens
from gainful.ledger.entry import imbalance
from gainful.ledger.report import by_work_item, total
from gainful.ledger.reservation import Budget, BudgetExceeded, Reservation, release, settle
from gainful.storage.database import open_database
from gainful.storage.ledger_store import LedgerStore

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
CENTS = st.integers(0, 30).map(lambda cents: Money(Decimal(cents) / 1000))
WEIGHTS = st.dictionaries(st.sampled_from(["mail1", "mail2", "mail3"]), st.integers(0, 9), max_size=3)
TOKENS = st.builds(Tokens, *[st.integers(0, 500)] * 4)


class BooksMachine(RuleBasedStateMachine):
    """Reserves, settles, releases, crashes and turns days, beside a plain model of what should be left."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.now = START
        self.engine = open_database(Path(self.folder.name) / "g.db")
        self.books = LedgerStore(self.engine, lambda: self.now)
        self.cap = Money("0.1")
        self.calls = 0
        self.held: list[Reservation] = []
        self.spent = Money(0)
        self.used: dict[str, Decimal] = {}

    def budget(self) -> Budget:
        return Budget("b", self.cap)

    @rule(amount=CENTS)
    def reserve(self, amount: Money) -> None:
        self.calls += 1
        account = self.budget().account(self.now)
        left = self.cap.amount - self.used.get(account, Decimal(0))
        try:
            reservation = self.books.reserve(self.budget(), amount, f"call{self.calls}", "p:m", "run")
        except BudgetExceeded:
            assert amount.amount > left
        else:
            assert amount.amount <= max(left, Decimal(0))
            self.used[account] = self.used.get(account, Decimal(0)) + amount.amount
            self.held.append(reservation)

    def _end(self, reservation: Reservation, actual: Money) -> None:
        self.held.remove(reservation)
        self.spent += actual
        self.used[reservation.account] += actual.amount - reservation.held.amount

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
            self._end(reservation, Money(0))

    @rule()
    def crash(self) -> None:
        assert self.books.recover(lambda _: True) == self.held
        for reservation in list(self.held):
            self._end(reservation, reservation.held)

    @rule(cap=st.integers(0, 20))
    def change_cap(self, cap: int) -> None:
        self.cap = Money(Decimal(cap) / 100)

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
        assert sum((part.cost for part in by_work_item(rows).values()), Money(0)) == self.spent

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()


BooksMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=15, deadline=None)
TestBooks = BooksMachine.TestCase
