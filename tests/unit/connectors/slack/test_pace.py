"""Slack's limits, kept on our side."""

from __future__ import annotations

from gainful.connectors.slack.pace import Allowance, Pace
from tests.unit.connectors.slack.hurried import HurriedClock


def pace(clock: HurriedClock) -> Pace:
    return Pace(clock, margin=1.0)


def test_a_channel_takes_one_post_a_second() -> None:
    ours = pace(HurriedClock())
    waits = [ours.wait("chat.postMessage", "C1") for _ in range(4)]
    assert waits == [0.0, 1.0, 2.0, 3.0]
    assert ours.wait("chat.postMessage", "C2") == 0.0


def test_a_method_has_its_tier() -> None:
    ours = pace(HurriedClock())
    waits = [ours.wait("users.list") for _ in range(21)]
    assert waits == [0.0] * 5 + [15.0] * 5 + [30.0] * 5 + [45.0] * 5 + [60.0]
    assert ours.wait("users.info") == 0.0


def test_time_that_goes_by_counts() -> None:
    clock = HurriedClock()
    ours = pace(clock)
    ours.wait("chat.postMessage", "C1")
    clock.now += 0.4
    assert round(ours.wait("chat.postMessage", "C1"), 6) == 0.6
    clock.now += 10
    assert ours.wait("chat.postMessage", "C1") == 0.0


def test_what_slack_asks_to_wait_is_waited_by_everybody() -> None:
    clock = HurriedClock()
    ours = pace(clock)
    ours.hold("chat.postMessage", 7)
    assert ours.wait("chat.postMessage", "C1") == 7.0
    assert ours.wait("chat.postMessage", "C2") == 7.0
    assert ours.wait("chat.update", "C1") == 0.0
    ours.hold("chat.postMessage", 2)
    assert ours.wait("chat.postMessage", "C3") == 7.0


def test_a_turn_that_is_too_far_away_is_not_taken() -> None:
    clock = HurriedClock()
    ours = pace(clock)
    ours.wait("chat.postMessage", "C1")
    assert ours.wait("chat.postMessage", "C1", longest=0.5) == 1.0
    assert ours.wait("chat.postMessage", "C1", longest=1.0) == 1.0
    assert ours.wait("chat.postMessage", "C1") == 2.0


def test_many_channels_are_forgotten_again() -> None:
    clock = HurriedClock()
    ours = pace(clock)
    for number in range(1500):
        ours.wait("chat.postMessage", f"C{number}")
        clock.now += 1.0
    assert len(ours._allowances) < 1100
    ours.wait("chat.postMessage", "C1499")
    assert ours.wait("chat.postMessage", "C1499") == 1.0


def test_an_allowance_that_is_in_use_is_not_idle() -> None:
    allowance = Allowance(1, 1.0)
    assert allowance.idle(0.0)
    allowance.take(5.0)
    assert not allowance.idle(5.5)
    assert allowance.idle(6.0)
    allowance.hold(9.0)
    assert not allowance.idle(8.0)
