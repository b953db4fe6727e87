"""What every keeper of the books must do. Runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, insert, select

from gainful.core.chain import GENESIS
from gainful.core.errors import Invalid
from gainful.core.money import Money, Tokens
from gainful.ledger.budget import Budget, BudgetExceeded
from gainful.ledger.chain import ChainCheck
from gainful.ledger.entry import Entry, Posting
from gainful.ledger.outcome import Outcome, WorkItem, advance
from gainful.ledger.report import total
from gainful.ledger.reservation import Reservation, release, settle
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.books.work_item_store import WorkItemStore
from gainful.storage.database import open_database, transaction
from gainful.storage.schema import answers, runs

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
BUDGET = Budget("triage", Money("0.50"))
STEM = BUDGET.account(NOON)
MODEL = "openai:small"


class Watch:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def engine(place: Path | str) -> Iterator[Engine]:
    opened = open_database(place)
    yield opened
    opened.dispose()


@pytest.fixture
def books(engine: Engine, watch: Watch) -> LedgerStore:
    return LedgerStore(engine, watch)


def spent(key: str, amount: str = "0.01", at: datetime = NOON, run: str = "run1", item: str = "mail1") -> Entry:
    cost = Decimal(amount)
    postings = (Posting(f"cost:{MODEL}", cost, "USD", item), Posting("payable:openai", -cost, "USD"))
    return Entry(key, "test", at, postings, run_id=run)


# --- appending --------------------------------------------------------------------------------------------------------


def test_empty_books_are_sound(books: LedgerStore) -> None:
    assert (list(books.rows()), books.head(), books.verify()) == ([], GENESIS, [])
    assert books.balance(f"cost:{MODEL}", "USD") == 0


def test_entries_come_back_as_they_went_in(books: LedgerStore) -> None:
    entry = Entry("k", "test", NOON, spent("k").postings, run_id="run1", work_item="mail1", memo="naïve ✓")
    assert books.append([entry]) == 1
    (row,) = books.rows()
    assert (row.seq, row.key, row.kind, row.run_id, row.work_item, row.memo) == (
        1,
        "k",
        "test",
        "run1",
        "mail1",
        "naïve ✓",
    )
    assert row.postings == entry.postings
    assert row.previous == GENESIS
    assert row.digest == books.head()


def test_a_key_is_booked_once(books: LedgerStore) -> None:
    assert books.append([spent("a"), spent("a"), spent("b")]) == 2
    assert books.append([spent("b"), spent("c")]) == 1
    assert [row.key for row in books.rows()] == ["a", "b", "c"]
    assert books.balance(f"cost:{MODEL}", "USD") == Decimal("0.03")
    assert books.append([]) == 0


def test_an_entry_is_booked_with_its_result_or_not_at_all(books: LedgerStore, engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="on purpose"), transaction(engine) as connection:
        connection.execute(insert(answers).values(digest="d", model="m", answer="{}", at="t"))
        books.append_in(connection, [spent("a")])
        raise RuntimeError("on purpose")
    assert (list(books.rows()), books.verify()) == ([], [])
    with transaction(engine) as connection:
        connection.execute(insert(answers).values(digest="d", model="m", answer="{}", at="t"))
        books.append_in(connection, [spent("a")])
    with engine.connect() as connection:
        assert connection.scalar(select(answers.c.digest)) == "d"
    assert [row.key for row in books.rows()] == ["a"]


def test_rows_by_time_run_item_and_limit(books: LedgerStore) -> None:
    books.append(
        spent(str(number), at=NOON + timedelta(hours=number), run=f"run{number % 2}", item=f"mail{number}")
        for number in range(6)
    )

    def keys(**filters: Any) -> str:
        return "".join(row.key for row in books.rows(**filters))

    assert keys() == "012345"
    assert keys(since=NOON + timedelta(hours=2), until=NOON + timedelta(hours=4)) == "23"
    assert keys(run="run1") == "135"
    assert keys(run="run1", limit=2) == "35"
    assert keys(limit=0) == ""
    assert keys(work_item="mail4") == "4"


def test_many_entries_are_read_in_order(books: LedgerStore) -> None:
    books.append(spent(str(number)) for number in range(1203))
    assert [row.seq for row in books.rows()] == list(range(1, 1204))
    assert books.verify() == []


def test_balances_by_day(books: LedgerStore) -> None:
    books.append([spent("a", "0.10"), spent("b", "0.20", NOON + timedelta(days=1)), spent("c", "0.05")])
    assert books.balance(f"cost:{MODEL}", "USD") == Decimal("0.35")
    assert books.balance(f"cost:{MODEL}", "USD", "2026-11-22") == Decimal("0.15")
    assert books.balance("payable:openai", "USD", "2026-11-23") == Decimal("-0.20")


# --- budgets ----------------------------------------------------------------------------------------------------------


def test_a_hold_is_booked_before_the_call_and_settled_after(books: LedgerStore) -> None:
    held = books.reserve([BUDGET], Money("0.04"), "ask1", MODEL, "run1")
    assert books.balance(f"{STEM}:open", "USD") == Decimal("0.46")
    assert books.open_reservations() == [held]
    books.append([settle(held, Money("0.01"), Tokens(fresh=100), NOON, {"mail1": 1})])
    assert books.open_reservations() == []
    assert books.balance(f"{STEM}:open", "USD") == Decimal("0.49")
    assert books.balance(f"{STEM}:spent", "call") == 1
    assert books.verify() == []


def test_the_same_key_holds_once(books: LedgerStore) -> None:
    first = books.reserve([BUDGET], Money("0.04"), "ask1", MODEL, "run1")
    assert books.reserve([BUDGET], Money("0.04"), "ask1", MODEL, "run1") == first
    assert books.balance(f"{STEM}:held", "USD") == Decimal("0.04")


def test_past_the_cap_nothing_is_booked(books: LedgerStore) -> None:
    books.reserve([BUDGET], Money("0.40"), "ask1", MODEL)
    before = books.head()
    with pytest.raises(BudgetExceeded, match=r"has 0\.1 USD left this day; this call reserves 0\.11 USD\."):
        books.reserve([BUDGET], Money("0.11"), "ask2", MODEL)
    assert books.head() == before
    books.reserve([BUDGET], Money("0.10"), "ask3", MODEL)
    assert books.verify() == []


def test_a_negative_amount_is_refused(books: LedgerStore) -> None:
    with pytest.raises(Invalid, match="cannot be reserved"):
        books.reserve([BUDGET], Money("-1"), "ask1", MODEL)


def test_a_new_day_opens_anew_and_a_late_settlement_stays_with_its_day(books: LedgerStore, watch: Watch) -> None:
    late = books.reserve([BUDGET], Money("0.50"), "ask1", MODEL)
    watch.now = NOON + timedelta(days=1)
    books.reserve([BUDGET], Money("0.50"), "ask2", MODEL)
    books.append([settle(late, Money("0.10"), Tokens(), watch.now, {})])
    with pytest.raises(BudgetExceeded, match="has 0 USD left"):
        books.reserve([BUDGET], Money("0.01"), "ask3", MODEL)
    assert books.balance(f"{STEM}:open", "USD") == Decimal("0.40")
    assert books.verify() == []


def test_a_changed_cap_counts_at_once(books: LedgerStore) -> None:
    books.reserve([BUDGET], Money("0.50"), "ask1", MODEL)
    books.reserve([Budget("triage", Money("0.60"))], Money("0.10"), "ask2", MODEL)
    with pytest.raises(BudgetExceeded):
        books.reserve([BUDGET], Money("0.01"), "ask3", MODEL)
    with pytest.raises(BudgetExceeded):
        books.reserve([Budget("triage", Money("0.60"))], Money("0.01"), "ask4", MODEL)
    assert books.verify() == []


def test_free_calls_are_counted_and_capped(books: LedgerStore) -> None:
    budget = Budget("local", Money("0.50"), calls=2)
    for key in ("a", "b"):
        books.reserve([budget], Money(0), key, "ollama:tiny")
    with pytest.raises(BudgetExceeded, match="allows 2 calls"):
        books.reserve([budget], Money(0), "c", "ollama:tiny")
    assert [held.held for held in books.open_reservations()] == [Money(0), Money(0)]


def test_threads_never_reserve_past_the_cap(books: LedgerStore) -> None:
    granted: list[Reservation] = []

    def worker(name: int) -> None:
        for number in range(12):
            try:
                granted.append(books.reserve([BUDGET], Money("0.02"), f"{name}.{number}", MODEL))
            except BudgetExceeded:
                return

    threads = [threading.Thread(target=worker, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(granted) == 25
    assert books.balance(f"{STEM}:open", "USD") == 0
    assert books.verify() == []


def _reserve_and_settle(place: Path | str, name: str) -> None:
    books = LedgerStore(open_database(place), lambda: NOON)
    for number in range(40):
        try:
            held = books.reserve([BUDGET], Money("0.02"), f"{name}.{number}", MODEL)
        except BudgetExceeded:
            return
        books.append([settle(held, Money("0.015"), Tokens(fresh=1), NOON, {})])


def test_processes_never_reserve_past_the_cap(books: LedgerStore, place: Path | str) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_reserve_and_settle, args=(place, name)) for name in "ab"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    # 33 settled calls of 0.015 leave 0.005, too little for another hold; a hold in flight may stop the other one at 32.
    assert books.balance(f"{STEM}:spent", "call") in (32, 33)
    assert books.balance(f"{STEM}:held", "USD") == 0
    assert books.verify() == []


MONTH = Budget("everyone", Money("0.60"), calls=100, period="month")
RUN = Budget("run", Money("0.30"), period="run")


def test_a_call_is_held_in_all_its_budgets_and_costs_once(books: LedgerStore) -> None:
    held = books.reserve([BUDGET, MONTH, RUN], Money("0.04"), "ask1", MODEL, "run1")
    assert held.accounts == (STEM, "budget:everyone:2026-11", "budget:run:run1")
    assert books.open_reservations() == [held]
    assert [(each.held, each.calls_held) for each in books.standings([BUDGET, MONTH, RUN], "run1")] == [
        (Money("0.04"), 1)
    ] * 3
    books.append([settle(held, Money("0.01"), Tokens(fresh=100), NOON, {"mail1": 1})])
    assert [str(each.left) for each in books.standings([BUDGET, MONTH, RUN], "run1")] == [
        "0.49 USD",
        "0.59 USD",
        "0.29 USD",
    ]
    assert books.standings([MONTH])[0].calls_left == 99
    assert (books.spending().cost, books.spending().calls) == (Money("0.01"), 1)
    assert books.balance(f"cost:{MODEL}", "USD") == Decimal("0.01")
    assert books.verify() == []


def test_what_each_of_many_runs_cost_is_found_at_once(books: LedgerStore) -> None:
    for number in range(6):
        held = books.reserve([MONTH], Money("0.04"), f"ask{number}", MODEL, f"run{number % 3}")
        books.append([settle(held, Money(f"0.0{number}"), Tokens(fresh=100), NOON, {})])
    books.reserve([MONTH], Money("0.04"), "open", MODEL, "run7")
    found = books.costs([f"run{number}" for number in range(9)])
    assert found == {"run0": Money("0.03"), "run1": Money("0.05"), "run2": Money("0.07")}
    assert found == {run: books.spending(run=run).cost for run in found}
    assert (books.costs([]), books.costs(["run2"])) == ({}, {"run2": Money("0.07")})


def test_one_budget_without_room_leaves_the_others_untouched(books: LedgerStore) -> None:
    books.reserve([BUDGET, RUN], Money("0.30"), "ask1", MODEL, "run1")
    before = books.head()
    with pytest.raises(BudgetExceeded, match="Budget 'run' has 0 USD left this run"):
        books.reserve([BUDGET, MONTH, RUN], Money("0.01"), "ask2", MODEL, "run1")
    assert books.head() == before
    assert books.standings([MONTH])[0].held == Money(0)
    books.reserve([BUDGET, MONTH, RUN], Money("0.01"), "ask3", MODEL, "run2")
    assert books.verify() == []


def test_a_budget_for_each_run_begins_anew_and_stands_full_without_one(books: LedgerStore) -> None:
    books.reserve([RUN], Money("0.30"), "ask1", MODEL, "run1")
    books.reserve([RUN], Money("0.30"), "ask2", MODEL, "run2")
    assert [each.left for each in books.standings([RUN])] == [Money("0.30")]
    with pytest.raises(Invalid, match="no run is named"):
        books.reserve([RUN], Money("0.30"), "ask3", MODEL)


def test_a_cap_taken_away_and_put_back_keeps_what_was_spent(books: LedgerStore) -> None:
    books.reserve([BUDGET], Money("0.40"), "ask1", MODEL)
    books.reserve([Budget("triage")], Money("7"), "ask2", MODEL)
    assert books.verify() == []
    with pytest.raises(BudgetExceeded, match="has 0 USD left"):
        books.reserve([BUDGET], Money("0.01"), "ask3", MODEL)
    assert books.standings([Budget("triage")])[0].held == Money("7.40")


def test_a_tool_is_counted_and_may_cost(books: LedgerStore) -> None:
    budget = Budget("agent:triage", Money("0.05"), calls=2, period="month")
    free = books.reserve([budget], Money(0), "t1", "tool:mail.move", "run1")
    books.append([settle(free, Money(0), Tokens(), NOON, {})])
    paid = books.reserve([budget], Money("0.05"), "t2", "tool:maps.route", "run1")
    books.append([settle(paid, Money("0.03"), Tokens(), NOON, {})])
    with pytest.raises(BudgetExceeded, match="allows 2 calls a month"):
        books.reserve([budget], Money(0), "t3", "tool:mail.move", "run1")
    assert (books.spending().tool_calls, books.spending().calls, books.spending().cost) == (2, 0, Money("0.03"))
    assert books.verify() == []


def test_a_hold_is_booked_with_the_callers_own_rows_or_not_at_all(books: LedgerStore, engine: Engine) -> None:
    with pytest.raises(RuntimeError, match="on purpose"), transaction(engine) as connection:
        books.reserve_in(connection, [BUDGET, MONTH], Money("0.04"), "ask1", MODEL)
        raise RuntimeError("on purpose")
    assert (list(books.rows()), books.open_reservations()) == ([], [])


def _reserve_in_three(place: Path | str, name: str) -> None:
    books = LedgerStore(open_database(place), lambda: NOON)
    own = Budget(f"agent:{name}", Money("0.30"), calls=12, period="month")
    for number in range(40):
        try:
            key = f"{name}.{number}"
            held = books.reserve([own, BUDGET, MONTH], Money("0.02"), key, MODEL, f"run-{name}")
        except BudgetExceeded:
            continue
        if number % 3 == 0:
            books.append([settle(held, Money("0.015"), Tokens(fresh=1), NOON, {})])


def test_processes_never_pass_any_of_several_caps(books: LedgerStore, place: Path | str) -> None:
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_reserve_in_three, args=(place, name)) for name in "abc"]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    owns = [Budget(f"agent:{name}", Money("0.30"), calls=12, period="month") for name in "abc"]
    standings = books.standings([BUDGET, MONTH, *owns])
    for each in standings:
        assert each.budget.cap is not None
        assert each.spent + each.held <= each.budget.cap
        assert each.budget.calls is None or each.calls_spent + each.calls_held <= each.budget.calls
    # What the three have used together is what both shared budgets say, and less than one more call is left.
    assert {each.spent + each.held for each in standings[:2]} == {
        sum((each.spent + each.held for each in standings[2:]), Money(0))
    }
    left = standings[0].left
    assert left is not None
    assert left < Money("0.02")
    assert books.verify() == []


# --- after a crash ----------------------------------------------------------------------------------------------------


def test_a_dead_reservation_is_booked_at_its_full_hold(books: LedgerStore) -> None:
    dead = books.reserve([BUDGET], Money("0.04"), "ask1", MODEL, "run1")
    alive = books.reserve([BUDGET], Money("0.03"), "ask2", MODEL, "run2")
    assert books.recover(lambda reservation: reservation.run_id == "run1") == [dead]
    assert books.open_reservations() == [alive]
    assert books.balance(f"{STEM}:spent", "USD") == Decimal("0.04")
    assert [row.memo for row in books.rows(run="run1")][-1] == "outcome unknown after a crash"
    assert books.recover(lambda reservation: reservation.run_id == "run1") == []


def test_recovery_books_a_dead_call_in_all_its_budgets(books: LedgerStore) -> None:
    budgets = [BUDGET, Budget("everyone", period="month"), Budget("run", period="run")]
    books.reserve(budgets, Money("0.04"), "ask1", MODEL, "run1")
    books.recover(lambda _: True)
    for each in books.standings(budgets, "run1"):
        assert (each.spent, each.held, each.calls_spent, each.calls_held) == (Money("0.04"), Money(0), 1, 0)
    assert (books.spending().cost, books.spending().calls) == (Money("0.04"), 1)
    assert (books.open_reservations(), books.verify()) == ([], [])


def test_a_late_settlement_after_recovery_changes_nothing(books: LedgerStore) -> None:
    dead = books.reserve([BUDGET], Money("0.04"), "ask1", MODEL, "run1")
    books.recover(lambda _: True)
    assert books.append([settle(dead, Money("0.01"), Tokens(), NOON, {}), release(dead, NOON, "")]) == 0
    assert books.balance(f"{STEM}:spent", "USD") == Decimal("0.04")


def test_an_ended_run_with_an_open_reservation_is_a_finding(books: LedgerStore, engine: Engine) -> None:
    books.reserve([BUDGET], Money("0.04"), "ask1", MODEL, "run1")
    assert books.verify() == []
    row = {"id": "run1", "job": "triage", "account": "a", "trigger": "t", "applied": False, "state": "done"}
    with transaction(engine) as connection:
        connection.execute(insert(runs).values(**row, started_at=NOON.isoformat(), ended_at=NOON.isoformat()))
    (finding,) = books.verify()
    assert finding.message == "Run run1 ended, but its reservation 'ask1' is still open."


# --- tampering --------------------------------------------------------------------------------------------------------


def tamper(place: Path | str, *statements: str) -> None:
    """Change rows from outside, by the database's own means and without its checks."""
    if isinstance(place, Path):
        raw: Any = sqlite3.connect(place)
    else:
        raw = psycopg.connect(place, options="-c session_replication_role=replica")
    for statement in statements:
        raw.execute(statement)
    raw.commit()
    raw.close()


@pytest.mark.parametrize(
    ("statement", "seq"),
    [
        ("UPDATE entries SET memo = 'x' WHERE seq = 3", 3),
        ("UPDATE postings SET amount = '0.02' WHERE entry_seq = 3 AND line = 0", 3),
        ("UPDATE postings SET amount = 'much' WHERE entry_seq = 3 AND line = 0", 3),
        ("UPDATE postings SET work_item = 'mail9' WHERE entry_seq = 3 AND line = 0", 3),
        ("DELETE FROM postings WHERE entry_seq = 3", 3),
        ("DELETE FROM entries WHERE seq = 3", 4),
        ("UPDATE entries SET at = '2026-11-21' || substr(at, 11) WHERE seq = 3", 3),
    ],
)
def test_verify_names_the_first_bad_entry(books: LedgerStore, place: Path | str, statement: str, seq: int) -> None:
    books.append(spent(str(number)) for number in range(5))
    tamper(place, statement)
    chain = [finding for finding in books.verify() if finding.check == "chain"]
    assert [finding.seq for finding in chain] == [seq]


def test_a_cut_off_end_shows_against_a_known_head(books: LedgerStore, place: Path | str) -> None:
    books.append(spent(str(number)) for number in range(5))
    head = books.head()
    tamper(place, "DELETE FROM postings WHERE entry_seq > 3", "DELETE FROM entries WHERE seq > 3")
    assert [finding.check for finding in books.verify(head)] == ["chain", "rollup", "rollup"]


def test_a_changed_rollup_is_a_finding(books: LedgerStore, place: Path | str) -> None:
    books.append([spent("a")])
    tamper(place, "UPDATE balances SET amount = '5' WHERE account = 'payable:openai'")
    assert [finding.check for finding in books.verify()] == ["rollup"]


# --- outcomes ---------------------------------------------------------------------------------------------------------


def test_an_item_goes_from_claim_to_verdict(books: LedgerStore, engine: Engine) -> None:
    items = WorkItemStore(engine, books)
    mails = [WorkItem(name, "mail", "ann@example.org", NOON) for name in ("mail1", "mail2")]
    assert items.claim(mails, "run1", NOON) == 2
    assert items.claim(mails, "run2", NOON) == 0
    assert items.judge("mail1", Outcome.ACCEPTED, "truth:1", NOON, memo="replied")
    assert not items.judge("mail1", Outcome.ACCEPTED, "truth:1", NOON)
    assert not items.judge("mail1", Outcome.REJECTED, "truth:2", NOON)
    assert items.judge("mail2", Outcome.REJECTED, "truth:3", NOON)
    assert items.claim(mails, "run3", NOON) == 1
    assert not items.judge("unknown", Outcome.ACCEPTED, "truth:4", NOON)
    assert books.outcomes(["mail1", "mail2", "unknown"]) == {"mail1": Outcome.ACCEPTED, "mail2": Outcome.CLAIMED}
    assert books.outcome("mail1") == Outcome.ACCEPTED
    assert books.outcome("unknown") == Outcome.EXPECTED
    assert books.balance("outcome:accepted", "outcome") == 1
    assert books.verify() == []


def test_an_outcome_without_an_opened_item_opens_it(books: LedgerStore) -> None:
    claim = advance("mail:1", Outcome.EXPECTED, Outcome.CLAIMED, "run1", NOON)
    verdict = advance("mail:1", Outcome.CLAIMED, Outcome.REJECTED, "truth:1", NOON)
    books.append([claim, verdict])
    assert books.outcome("mail:1") == Outcome.REJECTED
    books.append([advance("mail:1", Outcome.REJECTED, Outcome.CLAIMED, "run2", NOON)])
    assert books.outcomes(["mail:1", "mail:2"]) == {"mail:1": Outcome.CLAIMED}
    assert books.verify() == []


# --- export -----------------------------------------------------------------------------------------------------------


def test_export_streams_both_formats(books: LedgerStore) -> None:
    books.append(spent(str(number), "0.25") for number in range(4))
    rows = [json.loads(line) for line in books.export("jsonl")]
    assert [row["seq"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["digest"] == books.head()
    lines = list(books.export("csv", since=NOON, until=NOON + timedelta(days=1), run="run1"))
    assert len(lines) == 1 + 8
    assert total(books.rows()).cost == Money(1)


def test_an_unknown_format_is_refused(books: LedgerStore) -> None:
    with pytest.raises(Invalid, match="'xml' is not an export format"):
        books.export("xml")  # type: ignore[arg-type]


@pytest.mark.parametrize("make", [ChainCheck])
def test_the_stored_chain_checks_without_the_store(books: LedgerStore, make: Callable[[], ChainCheck]) -> None:
    books.append(spent(str(number)) for number in range(3))
    check = make()
    assert [finding for row in books.rows() for finding in check.look(row)] == []
