"""Many runs write into the journal at once: chains stay whole, no cap is passed, and no label is lost."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gainful.core.label import Integrity, Label
from gainful.core.money import NO_TOKENS, Money
from gainful.gate.audit import AuditEvent, AuditKind
from gainful.gate.call import Hold, Recorded, State
from gainful.ledger.budget import Budget, BudgetExceeded
from gainful.ledger.reservation import settle
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.call_store import CallStore

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SHARED = "note:shared"


class Journal:
    """The stores of one database, and runs that use them."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.audit = AuditStore(engine, folder / "audit.key", folder / "checkpoints.jsonl", lambda: NOW, every=7)
        self.books = LedgerStore(engine, lambda: NOW)
        self.calls = CallStore(engine, self.audit, self.books)

    def call(self, run: int, budget: Budget) -> bool:
        """Whether there was room for a call, which has then been made and settled."""
        name = f"run{run}"
        call = Recorded(f"key{run}", name, "note", "helper", "note.write", {}, "0" * 64, NOW)
        events = [AuditEvent(NOW, AuditKind.EFFECT, run_id=name)]
        try:
            held = self.calls.write(call, events, Hold([budget], Money("0.01")))
        except BudgetExceeded:
            return False
        assert held is not None
        stain = {SHARED: Label(Integrity.UNTRUSTED, sources=frozenset({name}))}
        entry = settle(held, Money("0.01"), NO_TOKENS, NOW, {})
        self.calls.settle(replace(call, state=State.DONE), NOW, events, stain, entry)
        return True


@pytest.fixture
def journal(database: Engine, tmp_path: Path) -> Journal:
    return Journal(database, tmp_path)


def test_runs_side_by_side_leave_whole_chains_and_every_label(journal: Journal) -> None:
    budget = Budget("agent:helper", Money("0.20"))
    with ThreadPoolExecutor(8) as pool:
        had_room = list(pool.map(lambda run: journal.call(run, budget), range(32)))
    assert sum(had_room) == 20
    assert journal.books.verify() == []
    report = journal.audit.verify()
    assert report.findings == ()
    assert report.entries == 40
    label = journal.calls.object_labels([SHARED])[SHARED]
    assert label.sources == {f"run{run}" for run, room in enumerate(had_room) if room}


def test_the_same_call_twice_at_once_is_written_once(journal: Journal) -> None:
    call = Recorded("key", "run", "note", "helper", "note.write", {}, "0" * 64, NOW)
    hold = Hold([Budget("agent:helper", Money(1))], Money("0.01"))
    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(lambda _: journal.calls.write(call, [], hold), range(16)))
    assert len(set(held)) == 1
    assert [one.key for one in journal.calls.of_run("run")] == ["key"]
    assert [row.kind for row in journal.books.rows()].count("reserve") == 1
