"""Runs behind which nobody's work is known: no item, no declared exploration, and nobody who read what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gainful.worth.finding import Remedy
from gainful.worth.record import Case
from gainful.worth.settling import Settled, State
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, share

_COST = 0.2
_A_RESULT = 0.5


class Orphans(Gathering):
    """Agents that spend on runs of no item, far more than what they bring about explains."""

    kind = "orphan-runs"
    least = 12

    def __init__(self) -> None:
        super().__init__()
        self._results: Counter[str] = Counter()

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Count its results."""
        del case, ran
        if settled.state in (State.ACCEPTED, State.VERIFIED):
            self._results[settled.agent] += 1

    def loose(self, ran: Ran) -> None:
        """Flag it where nobody read it."""
        if not ran.read and ran.run.trigger in ("person", "event"):
            self.flags[ran.run.agent].append(ran.flag)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """Everybody asks something aside now and then; few spend a good part on it, and it comes with results."""
        cost = share(sum(one.cost for one in flags), period.totals.cost[agent])
        if cost < _COST or len(flags) < _A_RESULT * self._results[agent]:
            return None
        proof = (
            f"{len(flags)} of {period.totals.runs[agent]} runs belong to no work item and no declared exploration, and "
            f"nobody opened what they put out: {cost:.0%} of what was spent, beside {self._results[agent]} accepted "
            "results."
        )
        return Told(proof, Remedy.DECLARE, 0.95)
