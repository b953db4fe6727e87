"""Turns with a model, killed at every point: each is answered, none is paid twice, and the books balance.

The model is a real server on loopback, the courier a real process, and each blow a `kill -9` of whoever asked.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gainful.core.clock import system_clock
from gainful.core.money import Money
from gainful.gate.dialogue import UNSENT, RecordedTurn, TurnState
from gainful.ledger.report import total
from gainful.sdk.testing.model_server import ModelServer, Reply, Request
from gainful.storage.agents.turn_store import TurnStore
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.gate.audit_store import AuditStore
from tests.crash.dialogue_process import TURNS

ROOT = Path(__file__).resolve().parents[2]
PROCESS = Path(__file__).with_name("dialogue_process.py")


class Model:
    """A model's server that can be told to think until it may answer."""

    def __init__(self) -> None:
        self.hold: dict[str, threading.Event] = {}
        self.begun = threading.Event()
        self.server = ModelServer(self.answer)

    def answer(self, request: Request) -> Reply:
        """The number of the turn, once it may."""
        (number,) = re.findall(r"Turn (\w+)", request.text("user"))
        if number in self.hold:
            self.begun.set()
            self.hold[number].wait(300)
        return Reply(f"This is answer {number}")


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    with made.server:
        yield made


def start(home: Path, url: str, fatal: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROCESS), str(home), url, str(fatal)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )


def go(home: Path, url: str, fatal: int = 0) -> dict[str, Any] | None:
    """What the process printed; None when it was killed."""
    process = start(home, url, fatal)
    out, errors = process.communicate(timeout=300)
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, errors
    found: dict[str, Any] = json.loads(out)
    return found


class Books:
    """What stands in the books of one home."""

    def __init__(self, home: Path) -> None:
        self.engine = open_database(home / "gainful.sqlite")
        self.audit = AuditStore(self.engine, home / "audit.key", home / "checkpoints.jsonl", system_clock)
        self.ledger = LedgerStore(self.engine, system_clock)
        self.turns: list[RecordedTurn] = TurnStore(self.engine, self.audit, self.ledger).of_run("run1")


ANSWERS = [f"This is answer {step}" for step, _ in TURNS]


def check(home: Path, requests: int) -> None:
    """Nothing is left open, the chain is sound, and what was spent is what the turns have cost."""
    books = Books(home)
    assert [turn.state for turn in books.turns] == [TurnState.DONE] * len(TURNS)
    assert books.ledger.open_reservations() == []
    assert books.ledger.verify() == []
    assert books.audit.verify().findings == ()
    assert requests == len(TURNS), "a model call was paid twice"
    spent = total(books.ledger.rows())
    assert spent.cost == sum((turn.cost for turn in books.turns), Money(0))
    assert list((home / "answers").iterdir()) == []
    books.engine.dispose()


class Nursery:
    """Makes processes that need not import everything anew."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(PROCESS)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._heard() == "ready"

    def go(self, home: Path, url: str, fatal: int = 0) -> list[str] | None:
        """What the model said to a process; None when it was killed."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{home} {url} {fatal}\n")
        self.process.stdin.flush()
        line = self._heard()
        assert line != "failed"
        said: list[str] | None = None if line == "killed" else json.loads(line)["said"]
        return said

    def _heard(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.process.communicate(timeout=300)


def test_killed_at_every_point_nothing_is_asked_twice(model: Model, nursery: Nursery, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    first = go(whole, model.server.url)
    assert first is not None
    assert first["said"] == ANSWERS
    points = first["points"]
    assert points > 30
    check(whole, len(model.server.requests))

    for fatal in range(1, points + 1):
        home = tmp_path / str(fatal)
        home.mkdir()
        model.server.requests.clear()
        assert nursery.go(home, model.server.url, fatal) is None
        # The second goes on; what is in the books the third takes from there.
        for _ in range(2):
            assert nursery.go(home, model.server.url) == ANSWERS, f"at point {fatal}"
        try:
            check(home, len(model.server.requests))
        except AssertionError as error:
            raise AssertionError(f"at point {fatal}: {error}") from error


def test_killed_while_the_model_thinks_the_next_process_waits_for_the_answer(model: Model, tmp_path: Path) -> None:
    model.hold["2"] = threading.Event()
    asker = start(tmp_path, model.server.url)
    assert model.begun.wait(300)
    os.killpg(asker.pid, signal.SIGKILL)
    asker.communicate()
    second = start(tmp_path, model.server.url)
    model.hold["2"].set()
    out, errors = second.communicate(timeout=300)
    assert json.loads(out)["said"] == ANSWERS, errors
    check(tmp_path, len(model.server.requests))


def test_when_asker_and_courier_die_it_is_asked_anew_and_booked_at_the_bound(model: Model, tmp_path: Path) -> None:
    model.hold["1"] = threading.Event()
    asker = start(tmp_path, model.server.url)
    assert model.begun.wait(300)
    # Held still, it cannot miss its courier and ask anew in the moment between the two deaths.
    os.kill(asker.pid, signal.SIGSTOP)
    for pid in _children(asker.pid):
        os.kill(pid, signal.SIGKILL)
    os.kill(asker.pid, signal.SIGKILL)
    asker.communicate()
    model.hold["1"].set()
    second = go(tmp_path, model.server.url)
    assert second is not None
    assert second["said"] == ANSWERS
    books = Books(tmp_path)
    assert len(model.server.requests) == len(TURNS) + 1
    assert books.turns[0].attempt == 2
    assert books.ledger.verify() == []
    assert books.ledger.open_reservations() == []
    # The lost one is booked at the most that it can have cost, never as nothing.
    assert total(books.ledger.rows()).cost > sum((turn.cost for turn in books.turns), Money(0))
    assert UNSENT not in [turn.note for turn in books.turns]
    books.engine.dispose()


def _children(pid: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdecimal() else []
        except OSError:
            continue
        if fields and int(fields[1]) == pid:
            found.append(int(entry.name))
    return found
