"""Counting requests where nobody else does."""

from __future__ import annotations

from itertools import pairwise
from math import inf, nan

from gainful.sdk.metrics import NOTHING, Totals
from gainful.sdk.tally import BOUNDS, Tally


def test_nothing_was_counted() -> None:
    assert Tally().totals() == NOTHING


def test_errors_and_times_are_counted_apart() -> None:
    tally = Tally()
    tally.add(error=True)
    assert tally.totals() == Totals(1, 1)
    tally.add(seconds=0.0125)
    tally.add(seconds=500.0)
    counted = dict(tally.totals().buckets)
    below = max(bound for bound in BOUNDS if bound < 0.0125)
    above = min(bound for bound in BOUNDS if bound > 0.0125)
    assert (counted[below], counted[above], counted[BOUNDS[-1]], counted[inf]) == (0, 1, 1, 2)


def test_times_that_make_no_sense_are_left_out() -> None:
    tally = Tally()
    for seconds in (-1.0, nan, inf):
        tally.add(seconds=seconds)
    assert tally.totals() == Totals(3, 0)


def test_the_bounds_are_ten_percent_apart() -> None:
    assert all(1.09 < high / low < 1.11 for low, high in pairwise(BOUNDS))
