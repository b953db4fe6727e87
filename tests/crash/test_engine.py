"""Durable runs: whatever process dies, the next one does the missing steps and no others.

The engine is one per process, so each test talks to processes of their own; see `engine_process.py`.
"""

from __future__ import annotations

import base64
import os
import pickle
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine as Database
from sqlalchemy import text

from tests.crash.processes import Processes
from tests.fixtures.waiting import eventually


def test_a_run_gives_its_result_and_each_of_its_steps_runs_once(processes: Processes) -> None:
    assert processes.ask("run", "one", ",", "interrupted") == [{"total": 31, "run": "one"}, []]
    assert processes.trace == [f"one {number}" for number in range(5)]


def test_the_same_run_asked_for_again_is_answered_from_the_record(processes: Processes) -> None:
    first = processes.ask("run", "one")
    assert processes.ask("run", "one") == first
    assert len(processes.trace) == 5


@pytest.mark.parametrize("inside", ["inside", "outside"])
def test_an_error_comes_out_as_what_the_job_raised(processes: Processes, inside: str) -> None:
    commands = ("fail", "ours", inside, ",", "fail", "foreign", inside)
    ours, foreign = processes.ask(*commands)
    ours_recorded, foreign_recorded = processes.ask(*commands)

    assert ours == ours_recorded == ["login-refused", "The server said no.", "Check the password.", "Refused"]
    assert foreign == "division by zero"
    assert foreign_recorded[:2] == ["run-failed", "ZeroDivisionError: division by zero"]
    assert foreign_recorded[3] == "Broken"


@pytest.mark.parametrize("number", [0, 3])
def test_after_kill_9_another_process_runs_the_missing_steps_only(processes: Processes, number: int) -> None:
    processes.kill_in_step(number, "one")
    assert processes.trace == [f"one {step}" for step in range(number + 1)]

    assert processes.ask("interrupted", ",", "resume", "one", ",", "interrupted") == [
        ["one"],
        {"total": 31, "run": "one"},
        [],
    ]

    # The step in which it died is run again, since nobody can know how far it came; those before it are not.
    repeated = [*range(number + 1), *range(number, 5)]
    assert processes.trace == [f"one {step}" for step in repeated]


def test_a_process_that_ends_while_a_run_rests_lets_go_of_it(processes: Processes) -> None:
    (processes.folder / "hang").write_text("rest")
    (processes.folder / "trace").touch()
    # It says so and ends; with a run that goes on resting it would not.
    assert processes.ask("rest", "one") == ["resting"]
    (processes.folder / "hang").unlink()

    assert processes.ask("interrupted", ",", "resume", "one") == [["one"], {"rested": True}]
    assert processes.trace == ["one before", "one rests", "one rests"]


def test_a_dead_run_is_not_gone_on_with_unasked(processes: Processes) -> None:
    processes.kill_in_step(2, "one")
    assert processes.ask("sleep", "1.5", ",", "interrupted") == [None, ["one"]]
    assert len(processes.trace) == 3


def test_a_run_can_be_finished_in_the_background(processes: Processes) -> None:
    processes.kill_in_step(2, "one")
    processes.ask("resume_later", "one", ",", "follow", "one")
    assert processes.trace[-1] == "one 4"


def test_a_cancelled_run_is_given_up_for_good(processes: Processes) -> None:
    processes.kill_in_step(2, "one")
    assert processes.ask("cancel", "one", ",", "interrupted") == [None, []]
    assert processes.ask("interrupted") == [[]]
    assert len(processes.trace) == 3


def test_a_run_of_a_living_process_is_not_interrupted(processes: Processes) -> None:
    (processes.folder / "hang").write_text("1")
    alive = processes.start("run", "one")
    assert processes.heard(alive) == "hanging"

    assert processes.ask("interrupted") == [[]]
    os.kill(alive.pid, signal.SIGKILL)
    alive.wait()
    assert processes.ask("interrupted") == [["one"]]


def test_a_schedule_fires_in_the_process_that_keeps_schedules_until_it_is_forgotten(processes: Processes) -> None:
    processes.ask("schedule", "gone", ",", "unschedule_except", "often")
    (processes.folder / "trace").unlink(missing_ok=True)
    processes.ask("schedule", "often")
    keeper = processes.start("sleep", "30", "--schedules")
    assert eventually(lambda: processes.trace.count("tick often") >= 2)
    os.kill(keeper.pid, signal.SIGKILL)
    keeper.wait()
    assert set(processes.trace) == {"tick often"}


class _Hostile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_a_pickle_smuggled_into_the_record_is_not_loaded(processes: Processes, database: Database) -> None:
    processes.kill_in_step(2, "one")
    trace = processes.folder / "code ran"
    payload = base64.b64encode(pickle.dumps(_Hostile(trace))).decode()
    with database.begin() as connection:
        changed = connection.execute(
            text("UPDATE workflow_status SET inputs = :payload, serialization = 'py_pickle'"), {"payload": payload}
        )
        assert changed.rowcount == 1

    interrupted, resumed, after = processes.ask("interrupted", ",", "resume", "one", ",", "interrupted")

    assert not trace.exists()
    assert interrupted == ["one"]
    assert resumed["code"] == "run-failed"
    assert after == [], "the run is given up, not tried for ever"
