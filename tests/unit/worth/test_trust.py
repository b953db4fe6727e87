"""The chance of so many hits, held against exact fractions, and for as many results as a busy agent has."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from gainful.worth.trust import by_chance


def exactly(trials: int, hits: int, rate: Fraction) -> Fraction:
    terms = (comb(trials, one) * rate**one * (1 - rate) ** (trials - one) for one in range(hits, trials + 1))
    return sum(terms, Fraction(0))


@pytest.mark.parametrize("rate", [Fraction(1, 20), Fraction(1, 5), Fraction(9, 10)])
@pytest.mark.parametrize(("trials", "hits"), [(1, 1), (12, 3), (60, 31), (60, 0), (300, 75), (300, 300)])
def test_the_chance_is_the_binomial_one(trials: int, hits: int, rate: Fraction) -> None:
    assert by_chance(trials, hits, float(rate)) == pytest.approx(float(exactly(trials, hits, rate)), rel=1e-9)


def test_many_thousands_of_results_are_no_trouble() -> None:
    # Around a thousand results the number of ways to pick the hits outgrows a float.
    assert by_chance(2000, 400, 0.2) == pytest.approx(float(exactly(2000, 400, Fraction(1, 5))), rel=1e-8)
    assert by_chance(50_000, 15_000, 0.2) < 1e-100
    assert by_chance(50_000, 5_000, 0.2) == 1.0


def test_what_cannot_be_has_no_chance() -> None:
    assert by_chance(5, 6, 0.5) == 0.0
    assert by_chance(5, 1, 0.0) == 0.0
    assert by_chance(5, 5, 1.0) == 1.0
