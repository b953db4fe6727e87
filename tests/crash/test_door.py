"""The door, killed at every point of three sendings: before and after each durable write, and inside the tool."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gainful.core.clock import system_clock
from gainful.gate.approval import Answer, Verdict
from gainful.gate.call import State
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.call_store import CallStore

ROOT = Path(__file__).resolve().parents[2]
ATTEMPTS = 8
PROCESS = Path(__file__).with_name("door_process.py")


def go(home: Path, fatal: int = 0) -> dict[str, Any] | None:
    """What the process printed; None when it was killed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(PROCESS), str(home), str(fatal)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
    if done.returncode == -9:
        return None
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class Books:
    """What stands in the books of one home."""

    def __init__(self, home: Path) -> None:
        self.engine = open_database(home / "gainful.sqlite")
        self.audit = AuditStore(self.engine, home / "audit.key", home / "checkpoints.jsonl", system_clock)
        self.ledger = LedgerStore(self.engine, system_clock)
        self.calls = CallStore(self.engine, self.audit, self.ledger).of_run("run1")
        self.approvals = ApprovalStore(self.engine)

    def accept(self) -> None:
        """Say yes to whatever waits."""
        now = datetime.now(UTC)
        for waiting in self.approvals.waiting(now):
            self.approvals.answer(waiting.id, Answer(Verdict.ACCEPT, "robin", now, waiting.card))


def effects(home: Path) -> Counter[str]:
    """How often each effect has happened."""
    return Counter(key for name in ("blind.send", "seen.send") for key in _lines(home / name))


def _lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def through(home: Path, fatal: int) -> int:
    """Run to the end with one blow at that point, approving what is asked. Returns the points passed at the end."""
    blows = 0
    passed = 0
    for _ in range(ATTEMPTS):
        found = go(home, fatal - passed if not blows and fatal > passed else 0)
        books = Books(home)
        books.accept()
        books.engine.dispose()
        if found is None:
            blows += 1
            continue
        passed += int(found["points"])
        if "Asked" not in found["outcomes"]:
            return passed
    pytest.fail(f"it did not come to an end within {ATTEMPTS} attempts")


def test_without_a_blow_everything_happens_once(tmp_path: Path) -> None:
    points = through(tmp_path, 0)
    assert points > 20
    assert sorted(effects(tmp_path).values()) == [1, 1, 1]
    assert [call.state for call in Books(tmp_path).calls] == [State.DONE] * 4


def test_killed_at_every_point_nothing_is_doubled_and_nothing_uncertain_is_hidden(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    points = through(whole, 0)
    homes = {fatal: tmp_path / str(fatal) for fatal in range(1, points + 1)}
    for home in homes.values():
        home.mkdir()
    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(through, homes.values(), homes))
    for fatal, home in homes.items():
        happened, books = effects(home), Books(home)
        assert all(times == 1 for times in happened.values()), f"doubled at point {fatal}"
        states = {call.key: call for call in books.calls}
        for key in happened:
            # What happened is known to have happened, or is shown as uncertain.
            assert states[key].state in (State.DONE, State.UNCERTAIN), f"hidden at point {fatal}"
        for call in books.calls:
            assert call.state is not State.INTENDED, f"left open at point {fatal}"
            if call.state is State.UNCERTAIN:
                assert call.note
                assert call.tool == "blind.send"
            if call.state is State.DONE and call.tool != "mail.read":
                assert happened[call.key] == 1, f"claimed at point {fatal}"
            if call.state is State.FAILED:
                assert call.key not in happened, f"denied at point {fatal}"
                assert call.approval, "only a spent approval keeps a call from being finished"
        assert books.audit.verify().findings == ()
        assert books.ledger.verify() == []
        assert books.ledger.open_reservations() == []
        books.engine.dispose()
