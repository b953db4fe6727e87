"""Meetings that are over, as calendars tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from gainful.agents.waking.happening import MeetingEnded
from tests.unit.app.wakers import NOON, World


@pytest.fixture
def world(database: Engine) -> World:
    world = World(database)
    world.met = []  # type: ignore[attr-defined]

    def meetings(after: datetime, until: datetime) -> Iterator[MeetingEnded]:
        yield from (one for one in world.met if after < one.at <= until)  # type: ignore[attr-defined]

    world.sources = replace(world.sources, meetings=meetings)
    world.dispatcher = world.process()
    return world


def ends(world: World, at: datetime, minutes: int = 60, calendar: str = "work") -> None:
    world.met.append(MeetingEnded(calendar, at - timedelta(minutes=minutes), at))  # type: ignore[attr-defined]


def test_the_end_of_a_meeting_wakes_once_with_what_was_missed(world: World) -> None:
    world.agent({"on": "meeting", "calendar": "work"}, since=NOON)
    world.dispatcher.meetings()
    ends(world, NOON + timedelta(minutes=1))
    world.after(minutes=2)
    for _ in range(2):
        world.dispatcher.meetings()
        world.dispatcher = world.process()
        world.dispatcher.meetings()
    (occurrence,) = world.taken()
    assert occurrence.about == {
        "calendar": "work",
        "since": (NOON - timedelta(minutes=59)).isoformat(),
        "ended": (NOON + timedelta(minutes=1)).isoformat(),
    }
    assert occurrence.label.tainted
    assert occurrence.person == ""


def test_what_was_over_before_or_long_ago_or_was_short_wakes_nobody(world: World) -> None:
    world.agent({"on": "meeting", "calendar": "work"}, since=NOON)
    ends(world, NOON - timedelta(minutes=1))
    world.dispatcher.meetings()
    ends(world, NOON + timedelta(minutes=5), minutes=10)
    ends(world, NOON + timedelta(minutes=6), calendar="home")
    world.after(minutes=10)
    world.dispatcher.meetings()
    ends(world, NOON + timedelta(minutes=20))
    world.after(minutes=60)
    world.dispatcher.meetings()
    assert world.taken() == []
