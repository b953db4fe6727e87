"""Processes of a team on one PostgreSQL: whichever dies or hangs, its runs go on elsewhere, and nothing is done by two.

Each test talks to processes of their own; see `team_process.py`.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOSClient
from sqlalchemy import Engine as Database
from sqlalchemy import text

from gainful.core.clock import system_clock
from gainful.gate.approval import Answer, Terms, Verdict
from gainful.runs.engine import AWAITING, SCHEMA_VERSION
from gainful.runs.serializer import JsonSerializer
from gainful.sdk.testing.postgres import Postgres
from gainful.storage.database import open_database, reading, transaction
from gainful.storage.gate.approval_store import ApprovalStore
from gainful.storage.runs.worker_store import WorkerStore
from tests.fixtures.waiting import eventually

SCRIPT = Path(__file__).with_name("team_process.py")


class Team:
    """Workers over one database."""

    def __init__(self, url: str, folder: Path, database: Database) -> None:
        self.url = url
        self.folder = folder
        self.database = database
        self._running: list[subprocess.Popen[str]] = []
        with transaction(database) as connection:
            connection.execute(text("CREATE TABLE trace (run text, step int, what text, pid int)"))

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A worker that is ready."""
        with (self.folder / "errors").open("a") as errors:
            command = [sys.executable, str(SCRIPT), self.url, str(self.folder), *words]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        self._running.append(process)
        assert "ready" in self.heard(process)
        return process

    def heard(self, process: subprocess.Popen[str]) -> Any:
        """The next line that it says."""
        assert process.stdout is not None
        assert select.select([process.stdout], [], [], 300)[0], (self.folder / "errors").read_text()
        line = process.stdout.readline()
        assert line, (self.folder / "errors").read_text()
        return json.loads(line)

    def enqueue(self, job: str, run_id: str) -> None:
        """Start a run, as another process would."""
        client = DBOSClient(system_database_url=self.url, serializer=JsonSerializer())
        options: Any = {
            "workflow_name": "gainful.run",
            "queue_name": AWAITING,
            "workflow_id": run_id,
            "app_version": SCHEMA_VERSION,
        }
        client.enqueue(options, job, run_id, {})
        client.destroy()

    def trace(self, run_id: str, what: str) -> list[tuple[int, int]]:
        """Steps, and the process that did each."""
        with reading(self.database) as connection:
            rows = connection.execute(text("SELECT run, step, what, pid FROM trace"))
            return [(row.step, row.pid) for row in rows if (row.run, row.what) == (run_id, what)]

    def state(self, run_id: str) -> str:
        """How the run stands, for people."""
        with reading(self.database) as connection:
            return connection.scalar(text("SELECT state FROM runs WHERE id = :id"), {"id": run_id}) or ""

    def stop(self) -> None:
        """End all."""
        for process in self._running:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture
def team(team_url: str, tmp_path: Path) -> Iterator[Team]:
    database = open_database(team_url)
    started = Team(team_url, tmp_path, database)
    yield started
    started.stop()
    database.dispose()


def test_what_a_killed_worker_had_begun_goes_on_in_another(team: Team) -> None:
    first = team.start()
    (team.folder / "hang").write_text("1")
    team.enqueue("count", "one")
    assert team.heard(first) == "hanging"
    second = team.start()
    first.kill()
    first.wait()
    (team.folder / "hang").unlink()
    assert eventually(lambda: team.state("one") == "done")
    # The step in which it died is begun again; those before it are not.
    begun = [(0, first.pid), (1, first.pid), (1, second.pid), (2, second.pid)]
    assert team.trace("one", "begun") == begun
    assert [step for step, _ in team.trace("one", "ended")] == [0, 1, 2]


def test_a_worker_that_slept_too_long_does_not_go_on_with_what_others_took_over(team: Team) -> None:
    first = team.start()
    (team.folder / "hang").write_text("1")
    team.enqueue("count", "one")
    assert team.heard(first) == "hanging"
    second = team.start()
    os.kill(first.pid, signal.SIGSTOP)
    (team.folder / "hang").unlink()
    assert eventually(lambda: team.state("one") == "done")
    os.kill(first.pid, signal.SIGCONT)
    # It ends the step in which it slept, and begins no other; then it is one of the team again.
    assert eventually(lambda: (1, first.pid) in team.trace("one", "ended"))
    team.enqueue("count", "two")
    assert eventually(lambda: team.state("two") == "done")
    assert [step for step, pid in team.trace("one", "begun") if pid == first.pid] == [0, 1]
    assert [step for step, pid in team.trace("one", "begun") if pid == second.pid] == [1, 2]
    assert eventually(lambda: len(WorkerStore(team.database, system_clock).beats()) == 2)


def test_a_worker_that_merely_naps_keeps_its_runs(team: Team) -> None:
    first = team.start("--dead", "30")
    (team.folder / "hang").write_text("1")
    team.enqueue("count", "one")
    assert team.heard(first) == "hanging"
    team.start("--dead", "30")
    os.kill(first.pid, signal.SIGSTOP)
    time.sleep(2)
    os.kill(first.pid, signal.SIGCONT)
    (team.folder / "hang").unlink()
    assert eventually(lambda: team.state("one") == "done")
    assert team.trace("one", "begun") == [(0, first.pid), (1, first.pid), (2, first.pid)]


def test_a_run_that_waits_for_a_person_outlives_every_process_that_was_there(team: Team) -> None:
    old = team.start("--watch")
    team.enqueue("ask", "one")
    assert eventually(lambda: team.state("one") == "waiting")
    # Process by process, as an upgrade goes; nobody of the old ones is left when the answer comes.
    new = team.start("--watch")
    old.terminate()
    old.wait(120)
    book = ApprovalStore(team.database, Terms())
    (approval,) = book.waiting(system_clock())
    book.answer(approval.id, Answer(Verdict.ACCEPT, "owner", system_clock(), approval.card, "", {}))
    assert eventually(lambda: team.state("one") == "done")
    assert team.trace("one", "sent") == [(0, new.pid)]


def on_watch(team: Team) -> list[int]:
    """Whose duty it is to watch, as process ids."""
    return [worker.member.pid for worker in WorkerStore(team.database, system_clock).all() if "watch" in worker.duties]


def test_one_process_at_a_time_has_a_duty_and_another_when_that_one_dies(team: Team) -> None:
    # Long enough that a busy machine lets nobody be taken for dead who is not.
    first = team.start("--watch", "--dead", "10")
    assert eventually(lambda: on_watch(team) == [first.pid])
    second = team.start("--watch", "--dead", "10")
    time.sleep(1)
    assert on_watch(team) == [first.pid]
    first.kill()
    first.wait()
    assert eventually(lambda: on_watch(team) == [second.pid])


def test_who_is_told_to_end_leaves_at_once_and_need_not_be_found_dead(team: Team) -> None:
    first = team.start("--watch", "--dead", "3600")
    assert eventually(lambda: on_watch(team) == [first.pid])
    second = team.start("--watch", "--dead", "3600")
    first.terminate()
    first.wait(120)
    assert eventually(lambda: on_watch(team) == [second.pid])


def test_a_schedule_fires_once_however_many_keep_it(team: Team) -> None:
    for _ in range(2):
        team.start("--schedule", "* * * * * *", "--dead", "60")

    def ran() -> list[str]:
        with reading(team.database) as connection:
            return list(connection.scalars(text("SELECT run FROM trace WHERE what = 'tick'")))

    assert eventually(lambda: len(ran()) >= 5)
    found = ran()
    assert len(set(found)) == len(found)


def test_a_restart_of_the_database_costs_no_run_and_no_step_twice(team: Team, postgres: Postgres) -> None:
    team.start("--step", "0.2")
    for number in range(12):
        team.enqueue("count", f"run {number}")
    # Looked for too late, the first ones are done already; there are enough that some are under way.
    assert eventually(lambda: any(team.state(f"run {number}") == "running" for number in range(12)))
    postgres.restart(pause=1.0)
    with transaction(team.database) as connection:
        connection.execute(text("SELECT 1"))
    assert eventually(lambda: all(team.state(f"run {number}") == "done" for number in range(12)))
    for number in range(12):
        ended = [step for step, _ in team.trace(f"run {number}", "ended")]
        # A step may be begun again when its record was lost with the connection; none is left out.
        assert sorted(set(ended)) == [0, 1, 2]
