"""Latency from buckets: which bound to watch, and what "slower by a tenth" means there.

Of a histogram one knows only how many took longer than each bound. So the slowdown is tested as a share: more of the
candidate's requests take longer than the bound than of the live one's. That needs no guess about what lies between two
bounds. For the margin, the live release is taken as it would be if all took a tenth longer: as many would take longer
than the bound as now take longer than the bound less a tenth. Where no bound lies there, times between two bounds are
taken to be spread as a log-normal. And never more than twice as many as now: where times end at a sharp edge, a tenth
more time would allow a release that is slow for four times as many people.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, isclose, log
from statistics import NormalDist

from gainful.jobs.deploy.watching.evidence import Counts
from gainful.jobs.deploy.watching.settings import WatchSettings
from gainful.sdk.metrics import Totals

_NORMAL = NormalDist()
_FEWEST_SLOW = 20
"""Requests beyond the bound, before traffic moves, without which the share beyond it is not known."""
_NARROW, _WIDE = 0.2, 4.0
"""The share beyond the bound may be so many times the share beyond the quantile."""
_MOST_BEYOND = 0.5
_MOST_TIMES = 2.0
"""So many times as many requests may be slow, however little slower they are: people notice how often they wait."""
_SAME = 0.002
"""Bounds are written with few digits; so far apart, two are the same."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The bound whose excess is watched.

    Args:
        seconds: The bound.
        limit: As many would take longer than the bound, were all slower by the margin, as now take longer than this;
            see `allowed` for the most that count.
        effect: And this for a release slower by the effect that the window is made for.
        below: The next bound below; 0 for none. The wider the two are apart, the more is guessed of the margin.
    """

    seconds: float
    limit: float
    effect: float
    below: float


def all_timed(totals: Totals) -> int:
    """How many requests were timed: those of the bucket without an upper bound, where there is one."""
    return totals.buckets[-1][1] if totals.buckets and totals.buckets[-1][0] == inf else totals.requests


def slower(totals: Totals, bound: float) -> Counts | None:
    """How many took longer than the bound; None where the source has no such bucket."""
    within = dict(totals.buckets).get(bound)
    if within is None:
        return None
    timed = max(all_timed(totals), within)
    return Counts(timed, timed - within)


def slower_by_guess(totals: Totals, seconds: float) -> Counts:
    """How many took longer than this, which need not be a bound."""
    timed = all_timed(totals)
    for bound, _ in totals.buckets:
        if isclose(bound, seconds, rel_tol=_SAME) and (found := slower(totals, bound)) is not None:
            return found
    return Counts(timed, timed * beyond(totals, seconds))


def allowed(totals: Totals, bound: Bound) -> Counts:
    """How many of these might take longer than the bound, were all slower by the margin."""
    shifted, now = slower_by_guess(totals, bound.limit), slower_by_guess(totals, bound.seconds)
    return Counts(shifted.trials, min(shifted.hits, _MOST_TIMES * now.hits))


def beyond(totals: Totals, seconds: float) -> float:
    """Share that takes longer than this, by interpolation between the bounds about it."""
    if seconds <= 0:
        return 1.0
    points = _points(totals)
    if len(points) < 2:
        return 0.0
    place = next((number for number, (bound, _) in enumerate(points) if bound >= seconds), len(points) - 1)
    (low, low_z), (high, high_z) = points[max(place, 1) - 1], points[max(place, 1)]
    z = low_z + (high_z - low_z) * (log(seconds) - log(low)) / (log(high) - log(low))
    return 1 - _NORMAL.cdf(z)


def quantile(totals: Totals, share: float) -> float | None:
    """The time within which this share is answered, by interpolation; None beyond the last bound or without data."""
    points, wanted = _points(totals), _NORMAL.inv_cdf(share)
    if len(points) < 2 or points[-1][1] < wanted:
        return None
    place = max(1, next(number for number, (_, z) in enumerate(points) if z >= wanted))
    (low, low_z), (high, high_z) = points[place - 1], points[place]
    if high_z <= low_z:
        return high
    return exp(log(low) + (log(high) - log(low)) * (wanted - low_z) / (high_z - low_z))


def choose_bound(before: Totals, settings: WatchSettings) -> Bound | str:
    """The bound at which the slowdown shows soonest, from what was measured before; or why there is none."""
    if not before.buckets:
        return "The source of metrics does not measure time."
    rest, timed = 1 - settings.quantile, all_timed(before)
    low, high = rest * _NARROW, min(rest * _WIDE, _MOST_BEYOND)
    if timed * rest < _FEWEST_SLOW:
        return f"Of {timed} requests before, too few were slow to know the latency."
    found: list[tuple[float, Bound]] = []
    earlier = 0.0
    for bound, within in before.buckets:
        share = 1 - within / timed if timed else 0.0
        if bound < inf and low <= share <= high and share * timed >= _FEWEST_SLOW:
            limit, effect = bound / (1 + settings.latency_margin), bound / (1 + settings.latency_effect)
            made = Bound(bound, limit, effect, earlier)
            worse, taken = slower_by_guess(before, effect).rate, allowed(before, made).rate
            found.append(((worse - taken) ** 2 / max(worse * (1 - worse), 1e-9), made))
        earlier = bound
    if found:
        return max(found, key=lambda one: one[0])[1]
    near = quantile(before, settings.quantile)
    where = f"near {near * 1000:.0f} ms" if near else f"beyond {before.buckets[-1][0]:g} s"
    return f"No bucket ends {where}, where the slowest {rest:.0%} begin."


def _points(totals: Totals) -> list[tuple[float, float]]:
    """Bound, and where it lies in a normal distribution, for the bounds that are between all and none."""
    timed = all_timed(totals)
    return [
        (bound, _NORMAL.inv_cdf((min(within, timed) + 0.5) / (timed + 1.0)))
        for bound, within in totals.buckets
        if 0 < bound < inf and timed
    ]
