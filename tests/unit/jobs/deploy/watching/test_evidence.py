"""How fast evidence grows, and that none grows where there is none."""

from __future__ import annotations

import random

import pytest

from gainful.jobs.deploy.watching.evidence import Claim, Counts, interval, log_evidence, prior_from, threshold

BEFORE = Counts(20_000, 20)
PRIOR = prior_from(BEFORE)


def test_nothing_counted_says_nothing() -> None:
    assert log_evidence(Counts(0, 0), Counts(0, 0), Claim(), PRIOR) == pytest.approx(0.0)
    assert interval(Counts(0, 0), Counts(0, 0), PRIOR) == (-1.0, 1.0)


def test_five_percent_of_160_requests_are_proof() -> None:
    live, candidate = Counts(640, 1), Counts(160, 8)
    assert log_evidence(live, candidate, Claim(), PRIOR) > threshold(0.001)
    assert log_evidence(live, candidate, Claim(plus=0.005), PRIOR) > threshold(0.1)


def test_a_rise_below_the_margin_is_worse_and_not_by_more_than_the_margin() -> None:
    live, candidate = Counts(400_000, 400), Counts(100_000, 400)
    assert log_evidence(live, candidate, Claim(), PRIOR) > threshold(0.001)
    assert log_evidence(live, candidate, Claim(plus=0.005), PRIOR) < 0


def test_a_wrong_first_guess_costs_time_and_no_truth() -> None:
    wrong = prior_from(Counts(20_000, 10_000))
    live, candidate = Counts(3200, 3), Counts(800, 40)
    assert (
        threshold(0.001) < log_evidence(live, candidate, Claim(), wrong) < log_evidence(live, candidate, Claim(), PRIOR)
    )


def test_counts_of_years_are_no_trouble() -> None:
    many = Counts(10**12, 10**9)
    assert log_evidence(many, many, Claim(), PRIOR) < 0


@pytest.mark.parametrize("rate", [0.001, 0.02, 0.3])
def test_looking_at_each_turn_keeps_the_chance_of_a_false_alarm(rate: float) -> None:
    """A hundred services that are no worse, at a level of 5 %: at most five alarms are expected, and fewer come."""
    chance, alarms = random.Random(7), 0
    for _ in range(100):
        live, own, alarmed = [0, 0], [0, 0], False
        for number in range(300):
            arm = own if number % 5 == 0 else live
            arm[0] += 1
            arm[1] += chance.random() < rate
            if number % 5 == 4 and not alarmed:
                alarmed = log_evidence(Counts(*live), Counts(*own), Claim(), PRIOR) >= threshold(0.05)
        alarms += alarmed
    assert alarms <= 5


def test_the_interval_narrows_about_the_difference() -> None:
    low, high = interval(Counts(80_000, 80), Counts(20_000, 200), PRIOR)
    assert 0.006 < low < 0.009 < high < 0.013
