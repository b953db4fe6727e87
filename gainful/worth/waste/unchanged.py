"""Work that changed nothing: the system of record shows the same before and after, as when it was deployed before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from gainful.worth.finding import Remedy
from gainful.worth.record import Case
from gainful.worth.settling import Settled
from gainful.worth.waste.detector import Flag, Gathering, Told, share

_SHARE = 0.1
"""Restarts and renewed secrets change nothing either; they are a small part of what an agent does."""


class Unchanged(Gathering):
    """Items without an effect."""

    kind = "no-effect"
    least = 4

    def __init__(self) -> None:
        super().__init__()
        self._with_effect: defaultdict[str, int] = defaultdict(int)
        self._without: defaultdict[str, int] = defaultdict(int)

    def case(self, case: Case, settled: Settled) -> None:
        """Flag it where nothing changed."""
        if not case.claims or not any(one.what == "effect" for one in case.evidence):
            return
        self._with_effect[settled.agent] += 1
        if settled.unchanged:
            self._without[settled.agent] += 1
            self.flag_case(settled.agent, case, case.claims[0].at)

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """Enough of them, and not the odd restart."""
        del flags
        of, without = self._with_effect[agent], self._without[agent]
        if without < self.least or share(without, of) < _SHARE:
            return None
        proof = f"{without} of {of} claimed items changed nothing: the digests before and after agree."
        return Told(proof, Remedy.ON_CHANGE, 0.99)
