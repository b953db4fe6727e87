"""A worker of a team, for tests and benches: takes runs from the queue of one PostgreSQL until it is told to end.

    python team_process.py URL FOLDER [--beat SECONDS] [--dead SECONDS] [--step SECONDS] [--watch]

The job `count` writes one line into the table `trace` for each step that really runs, before it works and after; in a
step whose number stands in FOLDER/hang it waits for that file to go. The job `ask` needs a person's answer.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine as Database
from sqlalchemy import text

from gainful.app.guarding.approvals import Waker
from gainful.app.jobs import RUNS, WATCH
from gainful.app.serving import reapers
from gainful.core.clock import system_clock
from gainful.core.errors import GainfulError
from gainful.core.ids import random_id
from gainful.gate.approval import Terms, ask
from gainful.gate.approval_book import Waiting
from gainful.gate.proposal import Proposal
from gainful.runs.engine import Engine
from gainful.runs.heartbeat import Heartbeat
from gainful.runs.membership import Member
from gainful.runs.parked import Parked
from gainful.runs.steps import Job, Json, Steps
from gainful.runs.watch import Watcher
from gainful.storage.database import open_database, transaction
from gainful.storage.errors import DatabaseLocked, DatabaseUnreachable
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.runs.worker_store import WorkerStore

STEPS = 3


def say(answer: Any) -> None:
    """One line of JSON to whoever started this process."""
    print(json.dumps(answer), flush=True)


class Work:
    """What the runs do."""

    def __init__(self, database: Database, folder: Path, step_seconds: float) -> None:
        self._database = database
        self._folder = folder
        self._seconds = step_seconds
        self.runs = RunStore(database)
        self.book = ApprovalStore(database, Terms())

    @property
    def jobs(self) -> dict[str, Job]:
        """By name."""
        return {"count": self.count, "ask": self.ask, "tick": self.tick}

    def note(self, run_id: str, step: int, what: str) -> None:
        """One line of the trace, committed before this returns."""
        values = {"run": run_id, "step": step, "what": what, "pid": os.getpid()}
        with transaction(self._database) as connection:
            connection.execute(text("INSERT INTO trace VALUES (:run, :step, :what, :pid)"), values)

    def hang(self, place: str) -> None:
        """Wait here while the file says so."""
        told = self._folder / "hang"
        if told.exists() and told.read_text() == place:
            say("hanging")
            while told.exists():
                time.sleep(0.02)

    def count(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """Some steps; each gives its number."""
        self.runs.start(run_id, "count", "team", "queue", applied=True, at=system_clock())

        def step(number: int) -> Json:
            self.note(run_id, number, "begun")
            self.hang(str(number))
            time.sleep(self._seconds)
            self.note(run_id, number, "ended")
            return number

        total = sum(steps(f"step {number}", partial(step, number)) for number in range(STEPS))
        self.runs.end(run_id, "done", {"total": total}, system_clock())
        return {"total": total}

    def ask(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """A thing that needs an answer, then another."""
        self.runs.start(run_id, "ask", "team", "queue", applied=True, at=system_clock())
        came = steps("effect", lambda: self._effect(run_id))
        self.runs.end(run_id, "done", {"came": came}, system_clock())
        return came

    def _effect(self, run_id: str) -> Json:
        proposal = Proposal("tester", run_id, "effect", "mail.send", {"to": "ada@example.org"}, "manifest 1")
        found = self.book.take(proposal.digest, run_id, system_clock())
        if found is None:
            raise Parked(self.book.ask(ask(random_id(), [proposal], "owner", system_clock())).id)
        if isinstance(found, Waiting):
            raise Parked(found.approval_id)
        self.note(run_id, 0, "sent")
        return "sent"

    def tick(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """What a schedule starts."""
        steps("tick", lambda: self.note(run_id, 0, "tick"))
        return None


def main() -> None:
    """Work until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--beat", type=float, default=0.2)
    parser.add_argument("--dead", type=float, default=2.0)
    parser.add_argument("--step", type=float, default=0.0)
    parser.add_argument("--watch", action="store_true")
    parser.add_argument("--schedule", default="")
    given = parser.parse_args()
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    database = open_database(given.url)
    work = Work(database, given.folder, given.step)
    members = Heartbeat(
        WorkerStore(database, system_clock),
        Member(random_id(), "here", os.getpid(), "test"),
        frozenset([RUNS, WATCH] if given.watch else [RUNS]),
        beat_every=timedelta(seconds=given.beat),
        dead_after=timedelta(seconds=given.dead),
    ).start()
    engine = Engine(
        database,
        given.folder / "locks",
        work.jobs,
        system_clock,
        work.runs,
        schedules=True,
        members=members,
        passing=(DatabaseUnreachable, DatabaseLocked),
    )

    def complain(error: GainfulError) -> None:
        print(error.as_json(), file=sys.stderr, flush=True)

    watchers = reapers(engine, complain)
    if given.schedule:
        engine.schedule("each second", given.schedule, "UTC", "tick", {})
    if given.watch:
        waker = Watcher("approvals", Waker(work.book, work.runs, engine, system_clock, complain).look, complain)
        waker.mine = lambda: members.has(WATCH)
        waker.start()
        watchers.append(waker)
    say({"ready": members.own})
    stop.wait()
    for watcher in watchers:
        watcher.stop()
    engine.close()
    database.dispose()


if __name__ == "__main__":
    main()
