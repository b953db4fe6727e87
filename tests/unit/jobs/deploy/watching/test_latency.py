"""Which bucket is watched, and what lies between two."""

from __future__ import annotations

from math import inf, log
from statistics import NormalDist

import pytest

from gainful.jobs.deploy.watching.latency import Bound, beyond, choose_bound, quantile, slower, slower_by_guess
from gainful.jobs.deploy.watching.settings import WatchSettings
from gainful.sdk.metrics import NOTHING, Totals

PROMETHEUS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""The bounds that Prometheus' own clients have where nobody chooses."""


def spread(requests: int, median: float, bounds: tuple[float, ...] = PROMETHEUS, width: float = 0.5) -> Totals:
    """A service whose times are log-normal."""
    part = NormalDist().cdf
    counts = tuple((bound, round(requests * part(log(bound / median) / width))) for bound in bounds)
    return Totals(requests, 0, (*counts, (inf, requests)))


@pytest.mark.parametrize("median", [0.012, 0.022, 0.03, 0.06, 0.2])
def test_bounds_that_nobody_chose_do(median: float) -> None:
    chosen = choose_bound(spread(10_000, median), WatchSettings())
    assert isinstance(chosen, Bound)
    share = beyond(spread(10_000, median), chosen.seconds)
    assert 0.01 <= share <= 0.2
    assert chosen.below < chosen.seconds
    true = 1 - NormalDist().cdf(log(chosen.seconds / 1.1 / median) / 0.5)
    assert slower_by_guess(spread(10_000, median), chosen.limit).rate == pytest.approx(true, rel=0.02)


def test_where_a_bound_lies_nothing_is_guessed() -> None:
    totals = Totals(100, 0, ((0.1, 60), (0.11, 70), (inf, 100)))
    assert slower_by_guess(totals, 0.11 / 1.1).hits == 40
    assert 30 < slower_by_guess(totals, 0.105).hits < 40


def test_the_quantile_lies_between_its_bounds() -> None:
    assert quantile(spread(100_000, 0.022), 0.95) == pytest.approx(0.05, rel=0.02)
    assert quantile(spread(100_000, 100.0), 0.95) is None
    assert quantile(NOTHING, 0.95) is None


def test_one_bucket_far_away_is_said_to_be_too_coarse() -> None:
    why = choose_bound(spread(10_000, 0.022, (0.001, 1.0)), WatchSettings())
    assert isinstance(why, str)
    assert why.startswith("No bucket ends near")


def test_a_service_slower_than_every_bucket_is_said_to_be() -> None:
    why = choose_bound(spread(10_000, 60.0), WatchSettings())
    assert isinstance(why, str)
    assert why.startswith("No bucket ends beyond")


def test_few_requests_do_not_tell_the_tail() -> None:
    assert choose_bound(spread(100, 0.022), WatchSettings()) == (
        "Of 100 requests before, too few were slow to know the latency."
    )
    assert choose_bound(Totals(100, 0), WatchSettings()) == "The source of metrics does not measure time."


def test_slow_ones_are_counted_of_those_that_were_timed() -> None:
    totals = Totals(100, 0, ((0.1, 60), (inf, 80)))
    counted = slower(totals, 0.1)
    assert counted is not None
    assert (counted.trials, counted.hits) == (80, 20)
    assert slower(totals, 0.2) is None


def test_buckets_that_make_no_sense_end_nothing() -> None:
    odd = Totals(100, 0, ((-1.0, 5), (0.0, 3), (0.05, 400), (0.1, 2), (inf, 100)))
    assert isinstance(choose_bound(odd, WatchSettings()), str)
    assert slower(odd, 0.05) is not None
