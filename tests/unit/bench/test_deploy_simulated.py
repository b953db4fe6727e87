"""The simulation draws what it says it draws."""

from __future__ import annotations

import random
from math import inf

import pytest

from bench.deploy_simulated import PROMETHEUS, Service, binomial, release, stops
from gainful.jobs.deploy.watching import Verdict, WatchSettings
from gainful.sdk.metrics import Totals


@pytest.mark.parametrize("rate", [0.0, 0.001, 0.05, 0.4, 0.9, 1.0])
def test_draws_have_their_mean_and_spread(rate: float) -> None:
    chance = random.Random(1)
    drawn = [binomial(100, rate, chance) for _ in range(4000)]
    mean = sum(drawn) / len(drawn)
    spread = sum((one - mean) ** 2 for one in drawn) / len(drawn)
    assert mean == pytest.approx(100 * rate, abs=0.4)
    assert spread == pytest.approx(100 * rate * (1 - rate), rel=0.1, abs=0.01)


def test_buckets_rise_and_end_with_all() -> None:
    second = Service(bounds=PROMETHEUS).second(1, 10_000, random.Random(1))
    counts = [count for _, count in second.buckets]
    assert counts == sorted(counts)
    assert second.buckets[-1] == (inf, 10_000)
    assert dict(second.buckets)[0.025] == pytest.approx(6008, abs=200)


def test_a_bad_release_is_found_and_a_good_one_is_not() -> None:
    settings, chance = WatchSettings(effect=0.04, shortest=5), random.Random(1)
    assert release(Service(), Service(0.05), 400, chance, settings=settings)[1].verdict is Verdict.BAD
    assert release(Service(), Service(), 400, chance, settings=settings)[1].verdict is Verdict.GOOD


def test_the_rule_that_people_write_first() -> None:
    assert stops(Totals(800, 1), Totals(200, 5))
    assert not stops(Totals(800, 8), Totals(200, 2))
    assert not stops(Totals(0, 0), Totals(0, 0))
    assert not stops(Totals(8, 0), Totals(2, 0))
