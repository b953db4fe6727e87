"""Verdicts on releases, from the counters of both."""

from __future__ import annotations

import json
from collections.abc import Callable
from math import inf

import pytest

from gainful.jobs.deploy.watching import Verdict, Watch, WatchInvalid, WatchSettings, begin_watch, watch_from
from gainful.jobs.deploy.watching.counted import added
from gainful.sdk.metrics import NOTHING, Totals
from tests.unit.jobs.deploy.watching.test_latency import PROMETHEUS, spread

Service = Callable[[int, float], Totals]

BEFORE = Totals(120_000, 120)
LIVE = Totals(40_000, 40)


def watch(before: Totals = BEFORE, **settings: float) -> Watch:
    return begin_watch(WatchSettings(**{"share": 20.0, **settings}), before, 300)


def test_nothing_wrong_and_enough_seen_is_good() -> None:
    look = watch().look(LIVE, Totals(10_000, 10), 125)
    assert (look.verdict, look.why) == (Verdict.GOOD, "10,000 requests in 2.1 minutes; its rate of errors is no worse.")


def test_before_the_window_is_over_it_goes_on() -> None:
    look = watch().look(LIVE, Totals(10_000, 10), 60)
    assert look.verdict is Verdict.GO_ON
    assert look.why == "10,000 requests, nothing is wrong; 61 seconds left."


def test_five_percent_of_errors_are_found_after_two_seconds() -> None:
    look = watch().look(Totals(640, 1), Totals(160, 8), 2)
    assert look.verdict is Verdict.BAD
    assert look.why == "5.00% of its requests fail (8 of 160), 0.16% on the live release."


def test_worse_by_less_than_the_margin_is_good_and_shown() -> None:
    look = watch().look(Totals(400_000, 400), Totals(100_000, 400), 1500)
    assert look.verdict is Verdict.GOOD
    low, high = look.errors.interval()
    assert 0.002 < low < 0.003 < high < 0.004


def test_the_window_lasts_until_the_sample_is_there() -> None:
    assert watch().look(Totals(4000, 4), Totals(1000, 1), 500).verdict is Verdict.GO_ON


def test_too_little_traffic_is_no_pass() -> None:
    look = watch().look(Totals(4000, 4), Totals(1000, 1), 3600)
    assert look.verdict is Verdict.NOT_ENOUGH
    assert look.why.startswith("In 60.0 minutes it has answered 1000 requests, and")
    assert look.why.endswith("hours.")


def test_a_suspicion_at_the_end_is_neither_a_pass_nor_a_failure() -> None:
    live, own = Totals(40_000, 400), Totals(10_000, 152)
    assert watch().look(live, own, 130).verdict is not Verdict.GOOD
    suspicious = watch(Totals(120_000, 1200), effect=0.02)
    look = suspicious.look(live, own, 1000)
    assert look.verdict is Verdict.GO_ON
    assert look.why == "Its rate of errors looks worse and nothing is proven yet; it is watched on."
    assert suspicious.look(live, own, 3600).verdict is Verdict.NOT_ENOUGH


def test_a_candidate_that_answers_nothing_is_dead() -> None:
    look = watch().look(Totals(31, 0), NOTHING, 1)
    assert look.verdict is Verdict.BAD
    assert look.why == (
        "It has not answered one request, while the live release answered 31 and 20 % were meant for it."
    )
    assert watch().look(Totals(30, 0), NOTHING, 1).verdict is Verdict.GO_ON
    assert watch().look(NOTHING, NOTHING, 60).verdict is Verdict.GO_ON
    assert watch(share=1).look(Totals(600, 0), NOTHING, 60).verdict is Verdict.GO_ON


def test_errors_everywhere_are_nobodys_fault() -> None:
    look = watch().look(Totals(4000, 200), Totals(1000, 50), 20)
    assert look.verdict is Verdict.HOLD
    assert look.why.startswith("Errors rose from 0.10% to 5.00% on the live release too")


def test_worse_than_an_incident_is_still_worse() -> None:
    assert watch().look(Totals(4000, 200), Totals(1000, 300), 20).verdict is Verdict.BAD


def test_where_the_live_release_has_no_traffic_the_time_before_is_compared() -> None:
    assert watch().look(NOTHING, Totals(200, 30), 2).verdict is Verdict.BAD


def test_without_a_canary_before_is_compared_with_after() -> None:
    blind = watch(share=0)
    assert blind.look(NOTHING, Totals(400, 20), 2).verdict is Verdict.BAD
    good = blind.look(NOTHING, Totals(30_000, 30), 100)
    assert good.verdict is Verdict.GOOD
    assert good.why.endswith("It was compared with the time before, not with another release.")
    assert blind.look(NOTHING, NOTHING, 10).verdict is Verdict.BAD
    assert begin_watch(WatchSettings(share=0), Totals(300, 0), 300).look(NOTHING, NOTHING, 10).verdict is Verdict.GO_ON


TIMED = spread(120_000, 0.022)


@pytest.mark.parametrize("median", [0.012, 0.022, 0.03, 0.06])
@pytest.mark.parametrize("slower", [1.0, 1.05, 1.2])
def test_a_fifth_slower_is_found_with_common_buckets_and_a_twentieth_is_not(median: float, slower: float) -> None:
    timed = watch(spread(120_000, median))
    look = timed.look(spread(40_000, median), spread(10_000, median * slower), 125)
    assert look.verdict is (Verdict.BAD if slower == 1.2 else Verdict.GOOD)
    assert look.latency is not None
    assert ("take longer than" in look.why) is (slower == 1.2)


def steep(requests: int, median: float) -> Totals:
    """A service whose times end at a sharp edge: uniform from half to one and a half of the median."""
    bounds = tuple(0.01 * 1.1**step for step in range(20))
    counts = tuple((bound, round(requests * min(max(bound / median - 0.5, 0.0), 1.0))) for bound in bounds)
    return Totals(requests, 0, (*counts, (inf, requests)))


def blurred(requests: int, median: float) -> Totals:
    """The same, a third of them behind something else that takes its time."""
    return added(steep(2 * requests // 3, median), spread(requests - 2 * requests // 3, 0.022, BLURRED))


BLURRED = tuple(0.01 * 1.1**step for step in range(20))


@pytest.mark.parametrize("service", [steep, blurred])
def test_where_times_end_at_a_sharp_edge_twice_as_many_slow_ones_are_too_many(service: Service) -> None:
    timed = watch(service(120_000, 0.022))
    slow = timed.look(service(40_000, 0.022), service(10_000, 0.022 * 1.2), 125)
    assert slow.verdict is Verdict.BAD
    assert slow.latency is not None
    assert slow.latency.limit.live.rate == pytest.approx(2 * slow.latency.live.rate)
    assert timed.look(service(40_000, 0.022), service(10_000, 0.022), 125).verdict is Verdict.GOOD


def test_other_buckets_than_before_leave_the_latency_unwatched() -> None:
    look = watch(TIMED).look(spread(40_000, 0.022), spread(10_000, 0.022, (0.033, 0.066)), 125)
    assert look.latency is None
    assert look.unwatched == "The two releases do not time their answers in the same buckets."


def test_a_cold_start_is_forgiven_and_what_comes_after_is_not() -> None:
    warming = watch(TIMED, warm_up=10)
    cold = spread(3200, 0.022), spread(800, 0.044)
    look = warming.look(*cold, 9)
    assert (look.verdict, look.latency) == (Verdict.GO_ON, None)
    assert look.unwatched == "It is warming up; its latency is judged after that."
    assert watch(TIMED).look(*cold, 9).verdict is Verdict.BAD

    def later(slower: float) -> Verdict:
        live, own = added(cold[0], spread(37_000, 0.022)), added(cold[1], spread(10_000, 0.022 * slower))
        return warming.look(live, own, 125, cold).verdict

    assert later(1.0) is Verdict.GOOD
    assert later(1.2) is Verdict.BAD


def test_errors_count_from_the_first_second() -> None:
    assert watch(TIMED, warm_up=10).look(Totals(960, 1), Totals(240, 12), 3).verdict is Verdict.BAD


def test_a_source_without_buckets_says_so() -> None:
    assert watch().look(LIVE, Totals(10, 0), 5).unwatched == "The source of metrics does not measure time."


def test_it_goes_on_from_what_the_journal_kept() -> None:
    kept = watch(spread(120_000, 0.022, PROMETHEUS))
    again = watch_from(json.loads(json.dumps(kept.as_json())))
    assert again == kept
    look = again.look(spread(40_000, 0.022), spread(10_000, 0.022), 125)
    assert json.loads(json.dumps(look.as_json()))["verdict"] == "good"


@pytest.mark.parametrize("kept", [{}, [], None, {"settings": {}, "before": {}, "seconds": 1}, {"settings": 1}])
def test_a_damaged_journal_is_told(kept: object) -> None:
    with pytest.raises(WatchInvalid):
        watch_from(kept)


@pytest.mark.parametrize(
    "settings",
    [
        {"share": 120}, {"margin": -0.1}, {"margin": 0.02, "effect": 0.01}, {"window": 0}, {"shortest": 9e9},
        {"quantile": 1.0}, {"false_alarm": 0}, {"share": float("nan")}, {"latency_margin": 0.3},
        {"shortest": 100, "longest": 50},
    ],
)  # fmt: skip
def test_numbers_that_promise_nothing_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(WatchInvalid):
        WatchSettings(**settings)


def test_a_baseline_of_no_time_is_refused() -> None:
    with pytest.raises(WatchInvalid):
        begin_watch(WatchSettings(), BEFORE, 0)
