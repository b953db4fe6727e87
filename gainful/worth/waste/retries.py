"""Failing retries: calls tried again and again within a run, and runs tried again and again with the same input."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from statistics import median

from gainful.worth.finding import Remedy, WasteFinding
from gainful.worth.record import Case
from gainful.worth.settling import Settled
from gainful.worth.unit import nano
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, share

_TRIES = 3
_SPENT = 0.1
_TOGETHER = 5
_STORM = 3.0


class Retries(Gathering):
    """Calls that failed or were tried again three times or more, and the third failed run of one input and on.

    When many agents fail on one day, a provider or a network was down. Such days are nobody's habit.
    """

    kind = "failing-retries"
    least = 4

    def __init__(self) -> None:
        super().__init__()
        self._agent = ""
        self._failed: Counter[str] = Counter()
        self._by_day: defaultdict[date, set[str]] = defaultdict(set)

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Look at the runs of one item, and at their calls."""
        del case, settled
        failed: Counter[str] = Counter()
        for one in ran:
            self._see(one, failed)

    def loose(self, ran: Ran) -> None:
        """Look at its calls, and at the runs of the same agent before it."""
        if ran.run.agent != self._agent:
            self._agent, self._failed = ran.run.agent, Counter()
        self._see(ran, self._failed)

    def _see(self, ran: Ran, failed: Counter[str]) -> None:
        run, again = ran.run, False
        if run.status == "failed" and run.input_hash:
            failed[run.input_hash] += 1
            again = failed[run.input_hash] >= _TRIES
            lost = ran.cost
        if not again:
            tried = [call for call in ran.calls if call.failed or call.retry_of]
            again = len(tried) >= _TRIES
            lost = sum(nano(call.cost) for call in tried if call.cost is not None)
        if again:
            self.flags[run.agent].append(ran.flag._replace(cost=lost))
            self._by_day[run.at.date()].add(run.agent)

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """Leave out the days on which many failed."""
        if self._by_day:
            usual = median(len(agents) for agents in self._by_day.values())
            storms = {
                day for day, agents in self._by_day.items() if len(agents) >= max(_TOGETHER, _STORM * usual)
            }  # fmt: skip
            for agent, flags in self.flags.items():
                self.flags[agent] = [one for one in flags if one.at.date() not in storms]
        yield from super().findings(period, taken)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """A tenth of what it spends."""
        lost = share(sum(one.cost for one in flags), period.totals.cost[agent])
        if lost < _SPENT:
            return None
        proof = (
            f"In {len(flags)} of {period.totals.runs[agent]} runs calls failed and were tried again {_TRIES} times or "
            f"more, or the same input had failed twice before: {lost:.0%} of what was spent."
        )
        return Told(proof, Remedy.BUDGET, 0.95)
