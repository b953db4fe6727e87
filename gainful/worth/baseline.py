"""What work takes by hand: the baseline that an agent's work is measured against.

Only time that a system measured counts, of items that were done without an agent: best those that chance left to be
done by hand, else a history of at least as many. Nobody's own estimate is looked at. With fewer than enough, a baseline
is unknown, and unknown adds nothing.

Times of work are skewed, about log-normal, and the mean is what minutes saved add up to; so the mean is estimated, and
guarded in two ways against times that were drawn out on purpose:

1. People whose times lie far above others', over all the classes that they worked in, are left out. Each person's level
   is the mean of log(time / median of its class). Levels of honest people scatter about 0 with a variance of
   v + s²/n for n items: v between people, s² between items. Left out is who lies more than `_FAR` standard deviations
   above the median level; both variances are taken from medians of absolute deviations, which a fifth of inflated
   times hardly moves.
2. Of what remains, the highest percent is cut down to the 99th percentile.

The interval is mean ± 1.2816 s/√n, P10 to P90 of a mean of many independent times (central limit theorem).
Source: Huber, Ronchetti, "Robust Statistics" (2009), chapter 1, for both guards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import log, sqrt
from statistics import fmean, median, pstdev

from gainful.worth.assessment import Baseline, Interval

P10 = 1.2816
"""Standard deviations from the mean to the tenth percentile of a normal distribution."""

_FAR = 3.5
_MAD = 1.4826
"""Median absolute deviations in a standard deviation of a normal distribution."""
_HIGHEST = 0.99
_LOWEST = 0.05
_FEW = 3
"""Items of one person that say something about their level."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One item that was done by hand.

    Args:
        person: Who did it, or most of it.
    """

    work_class: str
    person: str
    minutes: float
    item: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A baseline as the arithmetic of worth needs it.

    Args:
        mean: Minutes an item; None where unknown.
        error: Standard error of the mean.
        spread: Standard deviation of one item.
        small: Nineteen of twenty items took longer, minutes.
    """

    source: str
    count: int
    mean: float | None = None
    error: float = 0.0
    spread: float = 0.0
    small: float = 0.0

    def shown(self, work_class: str) -> Baseline:
        """As it is shown."""
        if self.mean is None:
            return Baseline(work_class, "unknown", self.count, None)
        low, high = self.mean - P10 * self.error, self.mean + P10 * self.error
        interval = Interval(*(Decimal(round(one, 4)).quantize(Decimal("0.0001")) for one in (low, self.mean, high)))
        return Baseline(work_class, "hold-out" if self.source == "hold-out" else "history", self.count, interval)


@dataclass
class Timings:
    """Gathers timings. `hold_out`: items that chance left to be done by hand; `history`: all others."""

    hold_out: list[Timing] = field(default_factory=list)
    history: list[Timing] = field(default_factory=list)

    def baselines(self, fewest: int) -> dict[str, Measured]:
        """The baseline of each class that anything was measured of."""
        far = far_above(self.hold_out) | far_above(self.history)
        dealt, earlier = (_by_class(kept, far) for kept in (self.hold_out, self.history))
        found: dict[str, Measured] = {}
        for name in sorted({*dealt, *earlier}):
            if len(dealt.get(name, ())) >= fewest:
                found[name] = measured("hold-out", dealt[name])
            elif len(earlier.get(name, ())) >= fewest:
                found[name] = measured("history", earlier[name])
            else:
                found[name] = Measured("unknown", len(dealt.get(name, ())) + len(earlier.get(name, ())))
        return found


def measured(source: str, minutes: Sequence[float]) -> Measured:
    """Mean, standard error and spread of these times, the highest percent cut down."""
    ordered = sorted(minutes)
    most = ordered[min(len(ordered) - 1, int(_HIGHEST * len(ordered)))]
    cut = [min(one, most) for one in ordered]
    spread = pstdev(cut)
    return Measured(source, len(cut), fmean(cut), spread / sqrt(len(cut)), spread, ordered[int(_LOWEST * len(ordered))])


def far_above(timings: Iterable[Timing]) -> set[str]:
    """People whose times lie far above those of others."""
    kept = [one for one in timings if one.minutes > 0]
    by_class: defaultdict[str, list[float]] = defaultdict(list)
    for one in kept:
        by_class[one.work_class].append(log(one.minutes))
    middle = {name: median(logs) for name, logs in by_class.items()}
    levels: defaultdict[str, list[float]] = defaultdict(list)
    for one in kept:
        levels[one.person].append(log(one.minutes) - middle[one.work_class])
    return _outlying({person: found for person, found in levels.items() if len(found) >= _FEW})


def _outlying(levels: Mapping[str, Sequence[float]]) -> set[str]:
    if len(levels) < 2 * _FEW:
        return set()
    means = {person: fmean(found) for person, found in levels.items()}
    centre = median(means.values())
    within = [one - means[person] for person, found in levels.items() for one in found]
    item = _MAD * median(abs(one) for one in within)
    fewest = median(len(found) for found in levels.values())
    between = max(0.0, (_MAD * median(abs(one - centre) for one in means.values())) ** 2 - item**2 / fewest)
    return {
        person
        for person, found in levels.items()
        if means[person] - centre > _FAR * sqrt(between + item**2 / len(found))
    }


def _by_class(timings: Iterable[Timing], without: set[str]) -> dict[str, list[float]]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    for one in timings:
        if one.person not in without:
            found[one.work_class].append(one.minutes)
    return found
