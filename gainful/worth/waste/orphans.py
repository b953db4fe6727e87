"""Runs behind which nobody's work is known: no item, no declared exploration, and nobody who read what came out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from gainful.worth.finding import Remedy
from gainful.worth.record import Case, Use
from gainful.worth.settling import Settled, State
from gainful.worth.waste.detector import Flag, Gathering, Told, share

_COST = 0.2
_A_RESULT = 0.5


class Orphans(Gathering):
    """Agents that spend on runs of no item, far more than what they bring about explains."""

    kind = "orphan-runs"
    least = 12

    def __init__(self) -> None:
        super().__init__()
        self._results: defaultdict[str, int] = defaultdict(int)

    def case(self, case: Case, settled: Settled) -> None:
        """Count its results."""
        super().case(case, settled)
        self._results[settled.agent] += settled.state in (State.ACCEPTED, State.VERIFIED)

    def loose(self, use: Use) -> None:
        """Flag it where nobody declared or read it."""
        super().loose(use)
        if use.run.trigger in ("person", "event") and not use.run.exploration and not use.reads:
            self.flag(use)

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """Everybody asks something aside now and then; few spend a good part on it, and it comes with results."""
        cost = share(float(sum(one.cost for one in flags)), float(self.spent[agent]))
        if cost < _COST or len(flags) < _A_RESULT * self._results[agent]:
            return None
        proof = (
            f"{len(flags)} of {self.runs[agent]} runs belong to no work item and no declared exploration, and nobody "
            f"opened what they put out: {cost:.0%} of what was spent, beside {self._results[agent]} accepted results."
        )
        return Told(proof, Remedy.DECLARE, 0.95)
