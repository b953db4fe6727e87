"""How long to watch: as long as the traffic needs to show the effect that is looked for.

The planner asks the very test that will decide: after how many seconds would it speak, if the release were worse by the
effect, and the counts came out as unluckily as in one case of twenty?
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import ceil, inf, sqrt
from statistics import NormalDist

from gainful.core.value import Json
from gainful.jobs.deploy.watching.evidence import (
    Claim,
    Counts,
    guessed_rate,
    log_evidence,
    prior_from,
    threshold,
)
from gainful.jobs.deploy.watching.latency import Bound, allowed, slower_by_guess
from gainful.jobs.deploy.watching.settings import WatchSettings
from gainful.sdk.metrics import Totals


@dataclass(frozen=True, slots=True)
class Window:
    """How long a release is watched.

    Args:
        seconds: From when traffic moved.
        longest: When the answer is "not enough traffic", at the latest.
        sample: Requests that the candidate must have answered.
        needed: Seconds that this takes with the traffic measured before; None where there was none.
        rate: Requests a second before, of the whole service.
        effect: The smallest rise of the rate of errors that the sample shows.
    """

    seconds: float
    longest: float
    sample: int
    needed: float | None
    rate: float
    effect: float

    @property
    def enough(self) -> bool:
        """Whether the traffic measured before would suffice."""
        return self.needed is not None and self.needed <= self.longest

    @property
    def why(self) -> str:
        """In words, for the plan."""
        if self.needed is None:
            return "No request was seen before, so nobody can say how long to watch."
        told = f"At {self.rate:.3g} requests a second, {self.sample} of the candidate's take {spoken(self.needed)}"
        if self.enough:
            return f"{told}; a rise by {self.effect:.2%} shows in that."
        return f"{told}, and {spoken(self.longest)} are allowed: not enough traffic."

    def as_json(self) -> dict[str, Json]:
        """As the journal keeps it."""
        return asdict(self)


def plan_window(settings: WatchSettings, before: Totals, seconds: float, bound: Bound | None) -> Window:
    """The window that the traffic measured before asks for.

    Args:
        before: What the live release answered before traffic moved.
        seconds: How long that was counted.
        bound: What is watched of the latency; None where it is not.
    """
    rate = before.requests / seconds if seconds > 0 else 0.0
    part = settings.part if settings.has_canary else 1.0
    tests = [*_errors(settings, before), *(_latency(settings, before, bound) if bound is not None else [])]
    compared = float(before.requests) if not settings.has_canary else None
    requests = _fewest(lambda total: all(test(total, part, compared) for test in tests))
    sample = ceil(requests * part) if requests < inf else 0
    needed = requests / rate if rate > 0 and requests < inf else None
    if settings.window is not None:
        return Window(settings.window, settings.window, sample, needed, rate, settings.effect)
    wanted = settings.longest if needed is None else min(max(needed, settings.shortest), settings.longest)
    return Window(wanted, settings.longest, sample, needed, rate, settings.effect)


def spoken(seconds: float) -> str:
    """A time as people say it."""
    for size, name in ((86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.0f} seconds"


_Test = Callable[[float, float, float | None], bool]


def _errors(settings: WatchSettings, before: Totals) -> list[_Test]:
    counts = Counts(before.requests, before.errors)
    rate = guessed_rate(counts)
    worse = min(rate + settings.effect, 0.999)
    return [
        _shows(settings, counts, rate, worse, Claim(), settings.false_alarm),
        _shows(settings, counts, rate, worse, Claim(plus=settings.margin), settings.doubt),
    ]


def _latency(settings: WatchSettings, before: Totals, bound: Bound) -> list[_Test]:
    worse = slower_by_guess(before, bound.effect).rate
    counts = [
        (slower_by_guess(before, bound.seconds), settings.false_alarm),
        (allowed(before, bound), settings.doubt),
    ]
    return [_shows(settings, one, one.rate, worse, Claim(), chance) for one, chance in counts]


def _shows(settings: WatchSettings, before: Counts, rate: float, worse: float, claim: Claim, chance: float) -> _Test:
    """Whether so many requests show that the candidate's rate is `worse`, even in an unlucky case."""
    unlucky, prior, wanted = NormalDist().inv_cdf(settings.power), prior_from(before), threshold(chance)

    def test(total: float, part: float, compared: float | None) -> bool:
        trials, own = (total * (1 - part), total * part) if compared is None else (compared, total)
        if trials <= 0:
            return False
        spread, own_spread = rate * (1 - rate) / trials, worse * (1 - worse) / own
        both = unlucky / sqrt(max(spread + own_spread, 1e-18))
        live = Counts(trials, min((rate + both * spread) * trials, trials))
        candidate = Counts(own, max((worse - both * own_spread) * own, 0.0))
        return candidate.rate > live.rate and log_evidence(live, candidate, claim, prior) >= wanted

    return test


def _fewest(enough: Callable[[float], bool]) -> float:
    """The fewest requests that are enough; infinite where none are."""
    low, high = 1.0, 64.0
    while not enough(high):
        low, high = high, high * 2
        if high > 1e12:
            return inf
    while high - low > max(1.0, high / 200):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
