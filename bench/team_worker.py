"""One worker of `bench.team`: the product's queue, heartbeat, reaper, door and books; only the job is the benchmark's.

    python -m bench.team_worker URL FOLDER            works until SIGTERM; prints `ready`
    python -m bench.team_worker URL FOLDER --put N    puts N runs into the queue and ends

A run makes one call through the door. The tool appends the call's key to a file of its run's, where effects can be
counted from outside, and can be asked afterwards whether it did.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gainful.app.jobs import RUNS
from gainful.app.serving import reapers
from gainful.core.clock import system_clock
from gainful.core.errors import GainfulError
from gainful.core.ids import random_id
from gainful.core.tool import Act, Effect, Role, ToolSpec
from gainful.gate.course import Running
from gainful.gate.door import Spending, ToolDoor
from gainful.gate.guard import Guard
from gainful.ledger.budget import Budget
from gainful.policy.manifest import manifest_from
from gainful.runs.engine import Engine
from gainful.runs.heartbeat import Heartbeat
from gainful.runs.membership import Member
from gainful.runs.steps import Json, Steps
from gainful.sdk.grant import Grant
from gainful.sdk.tool import Found
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import open_database
from gainful.storage.errors import DatabaseLocked, DatabaseUnreachable
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.call_store import CallStore
from gainful.storage.gate.stop_store import StopStore
from gainful.storage.runs.run_store import RunStore
from gainful.storage.runs.worker_store import WorkerStore

NOTE = ToolSpec("note.write", Effect.REVERSIBLE, Act.WRITE, {"name": Role.TARGET, "text": Role.CONTENT})
MANIFEST = manifest_from({"agent": "helper", "effects": [{"tool": "note.write"}]})
BUDGET = Budget("agent:helper", calls=1_000_000)


class FileTool:
    """Appends its key to a file named like the note."""

    spec = NOTE

    def __init__(self, world: Path) -> None:
        self._world = world

    def call(self, grant: Grant, arguments: Mapping[str, Any]) -> Json:
        """Done when the line is in the file."""
        with (self._world / str(arguments["name"])).open("a") as file:
            file.write(f"{grant.key}\n")
        return None

    def find(self, key: str, arguments: Mapping[str, Any]) -> Found | None:
        """Whether the key stands in the file."""
        file = self._world / str(arguments["name"])
        return Found(file.exists() and key in file.read_text().split())


class NoteJob:
    """A run: one note, through the door."""

    def __init__(self, url: str, folder: Path) -> None:
        self.database = open_database(url)
        self.runs = RunStore(self.database)
        self._audit = AuditStore(self.database, folder / "audit.key", folder / "checkpoints.jsonl", system_clock)
        self._journal = CallStore(self.database, self._audit, LedgerStore(self.database, system_clock))
        self._approvals = ApprovalStore(self.database)
        self._guard = Guard("helper", MANIFEST, StopStore(self.database, self._audit), self._audit)
        self._tools = {NOTE.name: FileTool(folder / "world")}

    def __call__(self, steps: Steps, run_id: str, arguments: Mapping[str, Any]) -> Json:
        """How the call ended."""
        del arguments
        prompt = f"Write 'Hello' into the note {run_id}."
        self.runs.start(run_id, "note", "agent:helper", "queue", applied=True, at=system_clock())

        def call() -> Json:
            running = Running(run_id, "robin", prompt, system_clock())
            spending = Spending(lambda _run_id: [BUDGET])
            door = ToolDoor(running, self._guard, self._tools, self._journal, self._approvals, spending, system_clock)
            return type(door.call("note", NOTE.name, {"name": run_id, "text": "Hello"})).__name__

        outcome = steps("note", call)
        self.runs.end(run_id, "done", {"outcome": outcome}, system_clock())
        return outcome


def main() -> None:
    """Work, or put runs into the queue."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--put", type=int, default=0)
    given = parser.parse_args()
    job = NoteJob(given.url, given.folder)
    workers = WorkerStore(job.database, system_clock)
    me = Member(random_id(), "bench", os.getpid(), "bench")
    members = Heartbeat(workers, me, frozenset() if given.put else frozenset([RUNS])).start()
    engine = Engine(
        job.database,
        given.folder / "locks",
        {"note": job},
        system_clock,
        job.runs,
        schedules=not given.put,
        members=members,
        passing=(DatabaseUnreachable, DatabaseLocked),
    )
    for number in range(given.put):
        engine.start("note", f"run{number}", {})
    if not given.put:
        _work(engine)
    engine.close()
    job.database.dispose()


def _work(engine: Engine) -> None:
    def complain(error: GainfulError) -> None:
        print(error, file=sys.stderr, flush=True)

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    watchers = reapers(engine, complain)
    print("ready", flush=True)
    stop.wait()
    for watcher in watchers:
        watcher.stop()


if __name__ == "__main__":
    main()
