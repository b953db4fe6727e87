"""Slots of schedules: each once, and the missed ones by policy, whatever becomes of process and clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.agents.waking.wakeable import WakeableAgent
from gainful.core.errors import Unavailable
from gainful.core.occurrence import Occurrence
from gainful.sdk.tool import ToolUnreachable
from gainful.storage.agents.occurrence_store import OccurrenceState
from tests.unit.app.wakers import NOON, World

HOURLY = "0 * * * *"


@pytest.fixture
def world(database: Engine) -> World:
    return World(database)


def hours(world: World) -> list[int]:
    """The hours of the slots that were started since the last time."""
    return [occurrence.at.hour for occurrence in world.taken()]


def walk(world: World, minutes: int, step: int = 1) -> None:
    for _ in range(0, minutes, step):
        world.after(minutes=step).dispatcher.tick()


def test_each_slot_starts_one_run(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY})
    walk(world, 180)
    assert hours(world) == [13, 14, 15]
    assert not world.complaints


def test_a_trigger_counts_from_when_it_is_enabled(world: World) -> None:
    world.dispatcher.tick()
    assert not world.taken()
    world.after(minutes=90)
    world.agent({"on": "cron", "at": HOURLY}, since=world.now)
    world.dispatcher.tick()
    assert hours(world) == []
    walk(world, 60)
    assert hours(world) == [14]


def test_what_was_due_between_enabling_and_the_first_look_is_missed_and_not_lost(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY}, since=NOON)
    world.after(minutes=90).dispatcher.tick()
    assert hours(world) == [13]


def test_while_nothing_is_due_the_database_is_not_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.agent({"on": "cron", "at": HOURLY})
    world.dispatcher.tick()
    monkeypatch.setattr(world.dispatcher._dispatch, "store", None)
    for _ in range(100):
        world.after(seconds=30).dispatcher.tick()
        if world.now >= NOON + timedelta(minutes=59):
            break
    assert hours(world) == []


@pytest.mark.parametrize(("missed", "expected"), [("once", [17]), ("skip", []), ("all", [13, 14, 15, 16, 17])])
def test_missed_slots_follow_the_policy(world: World, missed: str, expected: list[int]) -> None:
    world.agent({"on": "cron", "at": HOURLY, "missed": missed})
    world.dispatcher.tick()
    world.after(hours=5, minutes=30).process().tick()
    assert hours(world) == expected
    states = [record.state for record in world.store.recent("handbook")]
    assert states.count(OccurrenceState.MISSED) == 5 - len(expected)
    world.process().tick()
    assert hours(world) == []


def test_a_restart_that_takes_a_moment_misses_nothing(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY, "missed": "skip"})
    world.after(minutes=59).dispatcher.tick()
    world.after(minutes=4).process().tick()
    assert hours(world) == [13]


def test_a_long_absence_is_bounded(world: World) -> None:
    world.agent({"on": "cron", "at": "* * * * *", "missed": "all"})
    world.dispatcher.tick()
    world.after(days=400).process().tick()
    started = world.taken()
    assert len(started) == 100
    assert started[-1].at == world.now
    assert [occurrence.at for occurrence in started] == sorted(occurrence.at for occurrence in started)
    missed = [record for record in world.store.recent("handbook", 1000) if record.state is OccurrenceState.MISSED]
    assert len(missed) == 100


# --- clocks that are set ---


def test_set_forward_the_slots_between_were_missed(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY})
    walk(world, 10)
    world.after(hours=4).dispatcher.tick()
    walk(world, 60)
    assert hours(world) == [16, 17]


def test_set_back_no_slot_comes_twice(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY})
    walk(world, 150)
    assert hours(world) == [13, 14]
    world.after(hours=-2).dispatcher.tick()
    walk(world, 210)
    assert hours(world) == [15, 16]


def test_set_back_while_nobody_ran_no_slot_comes_twice(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY})
    walk(world, 150)
    world.taken()
    world.after(hours=-2)
    world.dispatcher = world.process()
    walk(world, 210)
    assert hours(world) == [15, 16]


def test_a_clock_that_ran_a_year_ahead_costs_one_run_and_no_slot(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY})
    walk(world, 70)
    assert hours(world) == [13]
    world.after(days=365).dispatcher.tick()
    assert len(world.taken()) == 1
    world.after(days=-365).dispatcher.tick()
    walk(world, 180)
    assert hours(world) == [14, 15, 16]


@pytest.mark.parametrize(("missed", "expected"), [("all", [14, 15, 16]), ("once", [16]), ("skip", [])])
def test_what_passed_while_the_clock_was_wrong_was_missed(world: World, missed: str, expected: list[int]) -> None:
    world.agent({"on": "cron", "at": HOURLY, "missed": missed})
    walk(world, 70)
    world.taken()
    for _ in range(36):
        world.after(days=9, minutes=5)
        world.dispatcher.tick()
        world.after(days=-9)
    assert len({occurrence.at for occurrence in world.started}) == len(world.started)
    world.taken()
    world.after(minutes=10).process().tick()
    assert hours(world) == expected


def test_set_back_far_what_was_dispatched_is_not_dispatched_again(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY})
    walk(world, 600, step=10)
    assert len(world.taken()) == 10
    world.after(hours=-6).dispatcher.tick()
    walk(world, 480, step=10)
    assert hours(world) == [23, 0]


def test_what_was_passed_over_comes_when_its_time_does(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY, "missed": "skip"})
    world.dispatcher.tick()
    world.after(hours=10, minutes=30).dispatcher.tick()
    assert hours(world) == []
    world.after(hours=-10).dispatcher.tick()
    walk(world, 120)
    assert hours(world) == [13, 14]


# --- changes of the agent ---


def test_another_schedule_under_the_same_name_begins_anew(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY, "name": "report"})
    walk(world, 30)
    world.agents.clear()
    world.agent({"on": "cron", "at": "15 * * * *", "name": "report"}, since=world.now)
    world.dispatcher.tick()
    walk(world, 60)
    assert [occurrence.at.minute for occurrence in world.taken()] == [15]


def test_what_was_due_while_it_was_disabled_is_not_made_up_for(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY, "missed": "all"})
    world.dispatcher.tick()
    world.agents.clear()
    walk(world, 300, step=30)
    world.agent({"on": "cron", "at": HOURLY, "missed": "all"}, since=world.now)
    world.dispatcher.tick()
    assert hours(world) == []
    walk(world, 60)
    assert hours(world) == [18]


def test_two_processes_start_each_slot_once(world: World) -> None:
    world.agent({"on": "cron", "at": HOURLY, "missed": "all"})
    both = [world.dispatcher, world.process()]
    for _ in range(40):
        world.after(minutes=17)
        for each in both:
            each.tick()
    started = [occurrence.at for occurrence in world.taken()]
    assert started == [NOON + timedelta(hours=hour) for hour in range(1, len(started) + 1)]
    assert len(started) == 11


def test_triggers_have_zones_of_their_own(database: Engine) -> None:
    world = World(database, zone="Europe/Berlin")
    world.agent({"on": "cron", "at": "0 14 * * *"}, {"on": "cron", "at": "0 8 * * *", "zone": "America/New_York"})
    walk(world, 120)
    assert [(occurrence.trigger, occurrence.at.hour) for occurrence in world.taken()] == [
        ("cron 0 14 * * *", 13),
        ("cron 0 8 * * *", 13),
    ]


# --- unchanged input ---


def gathers(world: World, gathering: Callable[[Occurrence], str], **trigger: Any) -> WakeableAgent:
    return world.agent({"on": "cron", "at": HOURLY, **trigger}, gathering=gathering)


def test_a_slot_with_nothing_new_wakes_nobody(world: World) -> None:
    inbox = ["a"]
    gathers(world, lambda _: ",".join(inbox))
    walk(world, 180, step=10)
    assert hours(world) == [13]
    inbox.append("b")
    walk(world, 120, step=10)
    assert hours(world) == [16]
    states = [record.state for record in world.store.recent("handbook")]
    assert states.count(OccurrenceState.UNCHANGED) == 3


def test_a_changed_agent_is_woken_though_its_input_is_the_same(world: World) -> None:
    gathers(world, lambda _: "same")
    walk(world, 120, step=10)
    assert hours(world) == [13]
    (old,) = world.agents
    world.agents[:] = [WakeableAgent(old.name, old.owner, old.triggers, "another version", gathering=old.gathering)]
    walk(world, 60, step=10)
    assert hours(world) == [15]


def test_who_always_wants_to_be_woken_is_not_asked(world: World) -> None:
    def gathering(_: Occurrence) -> str:
        raise AssertionError("nobody compares it")

    gathers(world, gathering, wake="always")
    walk(world, 120, step=10)
    assert hours(world) == [13, 14]


def test_where_it_cannot_be_told_the_run_finds_out(world: World) -> None:
    trouble: Unavailable = ToolUnreachable("The wiki does not answer.", "Try again later.", sent=False)

    def gathering(_: Occurrence) -> str:
        raise trouble

    gathers(world, gathering)
    walk(world, 120, step=10)
    assert hours(world) == [13, 14]
    assert world.complaints == [trouble, trouble]


def test_the_change_of_clocks_in_berlin(database: Engine) -> None:
    world = World(database, zone="Europe/Berlin")
    world.agent(
        {"on": "cron", "at": "30 2 * * *", "name": "night"}, {"on": "cron", "at": "*/30 * * * *", "name": "rhythm"}
    )
    for change in (datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)):
        world.now = change
        world.dispatcher = world.process()
        world.agents[:] = [WakeableAgent(each.name, each.owner, each.triggers, since=change) for each in world.agents]
        walk(world, 360, step=5)
        started = world.taken()
        assert [occurrence.trigger for occurrence in started].count("night") == 1
        assert [occurrence.trigger for occurrence in started].count("rhythm") == 12
