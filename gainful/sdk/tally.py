"""Counts requests where a source of metrics does the counting itself.

tally = Tally()
tally.add(seconds=0.012, error=False)
tally.totals()                                    # as `gainful.sdk.metrics` has them
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from math import inf, isfinite

from gainful.sdk.metrics import Totals

BOUNDS = tuple(round(0.0005 * 1.1**step, 7) for step in range(125))
"""Bounds of the buckets in seconds, ten percent apart, from half a millisecond to a minute."""


class Tally:
    """Counters of one slot, from nothing."""

    def __init__(self) -> None:
        self._requests = self._errors = 0
        # The last one is for what took longer than every bound.
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._timed = 0

    def add(self, *, seconds: float | None = None, error: bool = False) -> None:
        """Count one request; without `seconds`, or with none that make sense, its time is not counted."""
        self._requests += 1
        self._errors += error
        if seconds is not None and isfinite(seconds) and seconds >= 0:
            self._buckets[bisect_left(BOUNDS, seconds)] += 1
            self._timed += 1

    def totals(self) -> Totals:
        """What was counted so far; no buckets where no time was."""
        if not self._timed:
            return Totals(self._requests, self._errors)
        return Totals(self._requests, self._errors, tuple(zip((*BOUNDS, inf), accumulate(self._buckets), strict=True)))
