"""Simulated releases under watch: how often is a good one rolled back, and how soon a bad one?

Each second brings requests, a tenth of them to the candidate; each fails, or is slow, by chance. The product's own
watch looks each second until it has a verdict. Before traffic moves, a minute is counted.

- **A/A**: both releases are the same. Three rates of traffic, three rates of errors, one of which comes in bursts that
  hit both; latency is watched too. Every rollback is a false one. Beside it stands the rule that people write first:
  compare at each look, and stop at p < 0.05.
- **Power**: the candidate fails more often, or is slower. How many are found within the window that the planner chose,
  and after how long?
- **Steep**: times that end at a sharp edge, uniform from half to one and a half of the median, where a little more time
  is slow for many more people. The same releases, and slower ones.
- **The margin**: the candidate is worse by exactly the margin; the promise is that at most one in ten is rolled back.

    python -m bench.deploy_simulated [--quick] [--seed N] --json FILE
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf, log, sqrt
from statistics import NormalDist

from bench.report import options, percentile, publish
from gainful.jobs.deploy.watching import Verdict, Watch, WatchSettings, begin_watch
from gainful.sdk.metrics import NOTHING, Totals

RATES = (20, 100, 400)
ERRORS = (0.01, 0.02, 0.05)
HEALTHY = 0.001
BEFORE_SECONDS = 60
MEDIAN, WIDTH = 0.022, 0.5
PROMETHEUS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""The bounds that Prometheus' own clients have where nobody chooses."""

TENTHS = tuple(0.001 * 1.1**step for step in range(80))
COIN = 0.05


@dataclass(frozen=True)
class Service:
    """How a release behaves.

    Args:
        burst: Rate of errors for three seconds in each minute.
        median: Of the time that an answer takes, log-normal, in seconds.
        steep: The times are uniform from half to one and a half of the median instead.
        bounds: Of the buckets that it counts its times in; none: it counts none.
    """

    errors: float = HEALTHY
    burst: float = 0.0
    median: float = MEDIAN
    bounds: tuple[float, ...] = ()
    steep: bool = False

    def within(self, bound: float) -> float:
        """Share of its answers that take no longer than this."""
        if self.steep:
            return min(max(bound / self.median - 0.5, 0.0), 1.0)
        return NormalDist().cdf(log(bound / self.median) / WIDTH)

    def second(self, number: int, requests: int, chance: random.Random) -> Totals:
        """What it counts in one second."""
        rate = self.burst if self.burst and number % 60 < 3 else self.errors
        failed = binomial(requests, rate, chance)
        if not self.bounds:
            return Totals(requests, failed)
        counts, left, below = [], requests, 0.0
        for bound in self.bounds:
            within = self.within(bound)
            if left and within > below:
                left -= binomial(left, min(1.0, (within - below) / (1 - below)), chance)
            below = max(below, min(within, 1 - 1e-12))
            counts.append((bound, requests - left))
        return Totals(requests, failed, (*counts, (inf, requests)))


def binomial(trials: int, rate: float, chance: random.Random) -> int:
    """How many of so many trials succeed, by steps from one success to the next."""
    if rate <= 0 or trials == 0:
        return 0
    if rate >= 1:
        return trials
    if rate > 0.5:
        return trials - binomial(trials, 1 - rate, chance)
    scale, place, hits = log(1 - rate), 0, 0
    while True:
        place += int(log(1.0 - chance.random()) / scale) + 1
        if place > trials:
            return hits
        hits += 1


def arrivals(rate: float, chance: random.Random) -> int:
    """Requests of one second, about Poisson."""
    return max(0, round(chance.gauss(rate, sqrt(rate))))


def plus(one: Totals, other: Totals) -> Totals:
    """Both together."""
    counts = dict(one.buckets)
    buckets = tuple((bound, counts.get(bound, 0) + count) for bound, count in other.buckets)
    return Totals(one.requests + other.requests, one.errors + other.errors, buckets or one.buckets)


def begun(service: Service, rate: float, settings: WatchSettings, chance: random.Random) -> Watch:
    """The watch after a minute of the service before traffic moves."""
    total = NOTHING
    for second in range(BEFORE_SECONDS):
        total = plus(total, service.second(second, arrivals(rate, chance), chance))
    return begin_watch(settings, total, BEFORE_SECONDS)


def seconds(
    live: Service, candidate: Service, rate: float, watch: Watch, chance: random.Random
) -> Iterator[tuple[int, Totals, Totals]]:
    """What both have counted, after each second."""
    bounds = needed(watch, live.bounds)
    live, candidate = (replace(one, bounds=bounds) for one in (live, candidate))
    mine, theirs, second = NOTHING, NOTHING, 0
    while True:
        second += 1
        requests = arrivals(rate, chance)
        own = int(requests * watch.settings.part + chance.random())
        theirs = plus(theirs, live.second(second, requests - own, chance))
        mine = plus(mine, candidate.second(second, own, chance))
        yield second, theirs, mine


def needed(watch: Watch, bounds: tuple[float, ...]) -> tuple[float, ...]:
    """The bounds that the watch will ask for, and those about the limit of the margin: counting few is quicker."""
    if watch.bound is None:
        return ()
    limit = watch.bound.limit
    under, over = [one for one in bounds if one <= limit * 1.001], [one for one in bounds if one > limit * 1.001]
    return tuple(sorted({*under[-1:], *over[:1], watch.bound.seconds}))


@dataclass
class End:
    """How one release ended.

    Args:
        after: Seconds after traffic moved.
        coin: When the rule p < 0.05 would have stopped it; infinite where it would not.
    """

    verdict: Verdict
    after: int
    coin: float = inf


def release(
    live: Service,
    candidate: Service,
    rate: float,
    chance: random.Random,
    *,
    settings: WatchSettings,
    coin: bool = False,
) -> tuple[Watch, End]:
    """One release, from the minute before to its verdict."""
    watch = begun(live, rate, settings, chance)
    stopped = inf
    for second, theirs, mine in seconds(live, candidate, rate, watch, chance):
        look = watch.look(theirs, mine, second)
        if coin and stopped == inf and stops(theirs, mine):
            stopped = second
        held_to_the_end = look.verdict is Verdict.HOLD and second >= watch.window.longest
        if look.verdict in (Verdict.GOOD, Verdict.BAD, Verdict.NOT_ENOUGH) or held_to_the_end:
            return watch, End(look.verdict, second, stopped)
    raise AssertionError


def stops(live: Totals, candidate: Totals) -> bool:
    """The rule that people write first: more errors, at p < 0.05, two-sided with Yates' correction."""
    if not live.requests or not candidate.requests:
        return False
    both = live.requests + candidate.requests
    rate = (live.errors + candidate.errors) / both
    spread = sqrt(rate * (1 - rate) * (1 / live.requests + 1 / candidate.requests))
    if spread == 0:
        return False
    gap = candidate.errors / candidate.requests - live.errors / live.requests
    gap -= 0.5 * (1 / live.requests + 1 / candidate.requests)
    return 2 * (1 - NormalDist().cdf(gap / spread)) < COIN


def same(count: int, seed: int) -> dict[str, float]:
    """A/A: figures of releases that are no worse."""
    services = (Service(0.001, 0, MEDIAN, PROMETHEUS), Service(0.02, 0, MEDIAN, PROMETHEUS), Service(0.001, 0.05))
    cells = [(rate, service) for rate in RATES for service in services]
    ends, chance = [], random.Random(seed)
    for number in range(count):
        rate, service = cells[number % len(cells)]
        ends.append(release(service, service, rate, chance, settings=WatchSettings(), coin=True)[1])
    of = len(ends)
    return {
        "releases": of,
        "false_rollback_share": sum(end.verdict is Verdict.BAD for end in ends) / of,
        "good_share": sum(end.verdict is Verdict.GOOD for end in ends) / of,
        "hold_share": sum(end.verdict is Verdict.HOLD for end in ends) / of,
        "coin_false_share": sum(end.coin < inf for end in ends) / of,
        "coin_false_first_minute_share": sum(end.coin <= 60 for end in ends) / of,
    }


def found(name: str, live: Service, candidate: Service, rate: float, count: int, seed: int) -> dict[str, float]:
    """How many of releases like this are rolled back, how soon, and in which window."""
    chance, ends, windows, in_time = random.Random(f"{seed} {name}"), [], [], 0
    for _ in range(count):
        watch, end = release(live, candidate, rate, chance, settings=WatchSettings())
        windows.append(watch.window.seconds)
        ends.append(end)
        in_time += end.verdict is Verdict.BAD and end.after <= watch.window.seconds
    times = [float(end.after) for end in ends if end.verdict is Verdict.BAD]
    return {
        f"{name}_share": len(times) / count,
        f"{name}_in_window_share": in_time / count,
        f"{name}_passed_share": sum(end.verdict is Verdict.GOOD for end in ends) / count,
        f"{name}_p50_s": percentile(times, 0.5) if times else -1.0,
        f"{name}_p90_s": percentile(times, 0.9) if times else -1.0,
        f"{name}_window_s": round(percentile(windows, 0.5)),
    }


def main() -> int:
    """Simulate and publish; 1 when good releases are rolled back too often."""
    parser = options("deploy_simulated", "Watch simulated releases.")
    parser.add_argument("--seed", type=int, default=1, help="of all chances")
    given = parser.parse_args()
    releases, runs, began = (90, 20, time.time()) if given.quick else (1000, 200, time.time())
    figures = same(releases, given.seed)
    for rate in RATES:
        for errors in ERRORS:
            name = f"errors_{rate}_per_s_{errors * 100:g}_percent"
            figures |= found(name, Service(), Service(errors), rate, runs, given.seed)
    figures |= found("effect_100_per_s", Service(), Service(HEALTHY + 0.01), 100, runs, given.seed)
    figures |= found("margin_100_per_s", Service(), Service(HEALTHY + 0.005), 100, runs, given.seed)
    for buckets, bounds in (("usual", PROMETHEUS), ("tenths", TENTHS)):
        for rate in RATES:
            timed = Service(bounds=bounds)
            slow = Service(median=MEDIAN * 1.2, bounds=bounds)
            figures |= found(f"slow_{buckets}_{rate}_per_s", timed, slow, rate, runs // 2, given.seed)
        slight = Service(median=MEDIAN * 1.1, bounds=bounds)
        figures |= found(f"slow_margin_{buckets}_100_per_s", Service(bounds=bounds), slight, 100, runs // 2, given.seed)
    for rate in RATES:
        timed = Service(bounds=TENTHS, steep=True)
        figures |= found(f"steep_same_{rate}_per_s", timed, timed, rate, runs // 2, given.seed)
        figures |= found(
            f"steep_slow_{rate}_per_s", timed, replace(timed, median=MEDIAN * 1.2), rate, runs // 2, given.seed
        )
    publish("deploy_simulated", {"seed": given.seed, "seconds": round(time.time() - began)}, figures, given.json)
    return int(figures["false_rollback_share"] > 0.005)


if __name__ == "__main__":
    raise SystemExit(main())
