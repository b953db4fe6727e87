"""How long a watch lasts, by traffic."""

from __future__ import annotations

import pytest

from gainful.jobs.deploy.watching import WatchSettings, begin_watch
from gainful.jobs.deploy.watching.window import Window, plan_window, spoken
from gainful.sdk.metrics import NOTHING, Totals


def planned(rate: float, settings: WatchSettings | None = None, errors: float = 0.001) -> Window:
    requests = round(rate * 300)
    return plan_window(settings or WatchSettings(), Totals(requests, round(requests * errors)), 300, None)


def test_less_traffic_takes_longer_and_the_same_sample() -> None:
    fast, slow = planned(400), planned(40)
    assert slow.sample == pytest.approx(fast.sample, rel=0.05)
    assert slow.seconds == pytest.approx(10 * fast.seconds, rel=0.05)
    assert fast.enough
    assert slow.enough


def test_more_errors_before_need_more_requests() -> None:
    assert planned(400, errors=0.02).sample > 2 * planned(400).sample


def test_a_large_effect_needs_few_requests_and_the_window_is_not_shorter_than_allowed() -> None:
    window = planned(400, WatchSettings(effect=0.05))
    assert window.sample < 600
    assert window.seconds == 60


def test_too_little_traffic_is_said_before_it_begins() -> None:
    window = planned(1)
    assert not window.enough
    assert window.seconds == window.longest == 3600
    assert "not enough traffic" in window.why
    assert window.needed is not None
    assert window.needed > 3600


def test_no_traffic_before_leaves_the_time_unknown() -> None:
    window = plan_window(WatchSettings(), NOTHING, 300, None)
    assert window.needed is None
    assert not window.enough
    assert window.sample > 0
    assert window.why == "No request was seen before, so nobody can say how long to watch."


def test_a_window_that_somebody_chose_holds() -> None:
    window = planned(400, WatchSettings(window=15))
    assert (window.seconds, window.longest) == (15, 15)
    assert not window.enough


def test_without_a_canary_few_requests_before_can_show_nothing() -> None:
    window = plan_window(WatchSettings(share=0), Totals(20, 0), 300, None)
    assert window.sample == 0
    look = begin_watch(WatchSettings(share=0), Totals(20, 0), 300).look(NOTHING, Totals(500, 0), 3600)
    assert look.verdict == "not-enough"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (119, "119 seconds"), (300, "5.0 minutes"), (9000, "2.5 hours"), (400_000, "4.6 days")],
)
def test_times_as_people_say_them(seconds: float, words: str) -> None:
    assert spoken(seconds) == words
