"""Work that changed nothing: the system of record shows the same before and after, as when it was deployed before."""

from __future__ import annotations

from collections.abc import Sequence

from gainful.worth.finding import Remedy
from gainful.worth.record import Case
from gainful.worth.settling import Settled
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, class_of
from gainful.worth.waste.peers import Rates

_SHARE = 0.1
"""Restarts and renewed secrets change nothing either; they are a small part of what an agent does."""


class Unchanged(Gathering):
    """Items without an effect."""

    kind = "no-effect"
    least = 4

    def __init__(self) -> None:
        super().__init__()
        self._without = Rates(unknown=0.05)

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Flag it where nothing changed."""
        if not case.claims or not any(one.what == "effect" for one in case.evidence):
            return
        self._without.add(class_of(case), settled, settled.unchanged)
        if settled.unchanged:
            self.flag_case(settled.agent, case, ran, case.claims[0].at)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """Enough of them, and not the odd restart."""
        del flags, period
        seen = self._without.seen(agent, only_hit=True)
        # Against a fixed share, and not others': where everybody deploys what is deployed, it is waste all the same.
        if seen.hits < self.least or seen.share < _SHARE or not seen.beyond_chance:
            return None
        proof = f"{seen.hits} of {seen.of} claimed items changed nothing: the digests before and after agree."
        return Told(proof, Remedy.ON_CHANGE, 0.99)
