"""Runs that wait for a person: whatever process dies, and whenever, the answer is found and its effect happens once.

The job `ask` of `engine_process.py` does what a door does: take, else ask and park.
"""

from __future__ import annotations

import sqlite3

import pytest

from tests.crash.processes import Processes
from tests.fixtures.waiting import eventually

SENT = "one sent to ada@example.org"
LOOK = ("look", ",", "follow", "one")


def _state(processes: Processes) -> str:
    with sqlite3.connect(processes.folder / "gainful.sqlite") as database:
        (state,) = database.execute("SELECT status FROM workflow_status WHERE workflow_uuid = 'one'").fetchone()
    database.close()
    return str(state)


def _parked(processes: Processes) -> None:
    assert processes.ask("ask", "one") == ["parked"]


def test_a_run_that_asks_is_let_go_of_and_is_not_taken_for_a_dead_one(processes: Processes) -> None:
    assert processes.ask("ask", "one", ",", "interrupted", ",", "waiting") == ["parked", [], ["one"]]
    assert processes.ask("interrupted", ",", "look", ",", "sleep", "1.5") == [[], [], None]
    assert processes.trace == ["one before"]
    assert _state(processes) == "CANCELLED", "no thread and no process holds it"


def test_once_accepted_it_goes_on_from_its_recorded_steps(processes: Processes) -> None:
    _parked(processes)
    assert processes.ask("accept", ",", *LOOK) == ["accepted", ["one"], {"came": {"sent": "ada@example.org"}}]
    assert processes.trace == ["one before", SENT, "one after"]
    assert processes.ask("look", ",", "wake", "one") == [[], False]


def test_an_edit_becomes_the_effect(processes: Processes) -> None:
    _parked(processes)
    assert processes.ask("edit", ",", *LOOK)[2] == {"came": {"sent": "eve@example.org"}}
    assert processes.trace == ["one before", "one sent to eve@example.org", "one after"]


@pytest.mark.parametrize(("verdict", "state"), [("respond", "responded"), ("ignore", "ignored"), ("refuse", "refused")])
def test_any_other_answer_comes_to_the_run_as_a_value(processes: Processes, verdict: str, state: str) -> None:
    _parked(processes)
    assert processes.ask(verdict, ",", *LOOK)[2] == {"came": {"not done": state, "text": "Not so."}}
    assert processes.trace == ["one before", "one after"]


def test_a_question_that_nobody_answered_comes_back_as_expired(processes: Processes) -> None:
    assert processes.ask("ask", "one", ",", "sleep", "3", ",", *LOOK, "--hasty")[2:] == [
        ["one"],
        {"came": {"not done": "expired", "text": ""}},
    ]
    assert processes.trace == ["one before", "one after"]


def test_a_server_goes_on_with_it_soon_after_another_process_wrote_the_answer(processes: Processes) -> None:
    server = processes.start("serve", "--schedules")
    assert processes.heard(server) == "serving"
    _parked(processes)
    assert processes.ask("accept") == ["accepted"]
    assert eventually(lambda: processes.trace == ["one before", SENT, "one after"])
    processes.kill(server)


def test_a_server_goes_on_with_a_run_whose_command_was_killed_after_the_answer(processes: Processes) -> None:
    _parked(processes)
    processes.kill_at("between", "accept", ",", *LOOK)
    server = processes.start("serve", "--schedules")
    assert eventually(lambda: processes.trace == ["one before", SENT, "one after"])
    processes.kill(server)


def test_a_cancelled_run_is_not_woken_by_its_answer(processes: Processes) -> None:
    _parked(processes)
    assert processes.ask("cancel", "one", ",", "accept", ",", "look", ",", "wake", "one") == [
        None,
        "accepted",
        [],
        False,
    ]
    assert processes.trace == ["one before"]


@pytest.mark.parametrize("place", ["taking", "asking", "asked"])
def test_killed_while_asking_it_is_a_dead_run_like_any_other_and_asks_once(processes: Processes, place: str) -> None:
    processes.kill_at(place, "ask", "one")
    assert processes.ask("interrupted", ",", "resume_later", "one", ",", "follow", "one") == [["one"], True, "parked"]
    assert processes.ask("waiting", ",", "interrupted") == [["one"], []]
    assert processes.ask("accept", ",", *LOOK)[2] == {"came": {"sent": "ada@example.org"}}
    assert processes.trace.count(SENT) == 1


def test_killed_while_parking_the_answer_still_wakes_it(processes: Processes) -> None:
    processes.kill_at("parked", "ask", "one")
    assert processes.ask("interrupted") == [[]], "it waits for a person, not for a repair"
    assert processes.ask("accept", ",", *LOOK)[1:] == [["one"], {"came": {"sent": "ada@example.org"}}]
    assert processes.trace.count(SENT) == 1


def test_killed_between_answer_and_waking_nothing_is_lost(processes: Processes) -> None:
    _parked(processes)
    processes.kill_at("waking", "accept", ",", "wake", "one")
    assert processes.ask(*LOOK) == [["one"], {"came": {"sent": "ada@example.org"}}]
    assert processes.trace == ["one before", SENT, "one after"]


def test_killed_just_after_waking_it_is_woken_again(processes: Processes) -> None:
    _parked(processes)
    processes.kill_at("leaving", "accept", ",", *LOOK)
    assert processes.ask(*LOOK) == [["one"], {"came": {"sent": "ada@example.org"}}]
    assert processes.trace == ["one before", SENT, "one after"]


@pytest.mark.parametrize("place", ["left", "taking", "between"])
def test_killed_while_going_on_it_is_a_dead_run_like_any_other(processes: Processes, place: str) -> None:
    _parked(processes)
    processes.kill_at(place, "accept", ",", *LOOK)
    assert processes.ask("interrupted", ",", "resume", "one") == [["one"], {"came": {"sent": "ada@example.org"}}]
    assert processes.trace == ["one before", SENT, "one after"]


@pytest.mark.parametrize(("place", "sent"), [("taken", 0), ("sent", 1)])
def test_killed_inside_the_effect_it_is_never_repeated_but_flagged(processes: Processes, place: str, sent: int) -> None:
    _parked(processes)
    processes.kill_at(place, "accept", ",", *LOOK)
    (dead, came) = processes.ask("interrupted", ",", "resume", "one")
    assert dead == ["one"]
    assert came == {"came": {"not done": "spent", "text": "Not so."}}
    assert processes.trace.count(SENT) == sent


def test_many_processes_wake_it_and_one_goes_on(processes: Processes) -> None:
    _parked(processes)
    processes.ask("accept")
    wakers = [processes.start("look", ",", "follow", "one") for _ in range(4)]
    said = [waker.communicate(timeout=300)[0].splitlines() for waker in wakers]
    assert sorted(lines[0] for lines in said) == ['["one"]', "[]", "[]", "[]"]
    assert processes.trace == ["one before", SENT, "one after"]
