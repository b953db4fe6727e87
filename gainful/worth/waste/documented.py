"""An agent where a document answers: the system that looks after documents says that one did."""

from __future__ import annotations

from collections.abc import Sequence

from gainful.worth.finding import Remedy
from gainful.worth.record import Case
from gainful.worth.settling import Settled
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, class_of
from gainful.worth.waste.peers import Rates

_SHARE = 0.1


class Documented(Gathering):
    """Items that a document had answered."""

    kind = "document-answers"

    def __init__(self) -> None:
        super().__init__()
        self._answered = Rates(unknown=0.05)

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Flag it where a document answers."""
        self._answered.add(class_of(case), settled, settled.documented)
        if settled.documented:
            self.flag_case(settled.agent, case, ran, min(one.at for one in case.evidence))

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """A habit."""
        del flags, period
        seen = self._answered.seen(agent)
        if seen.hits < self.least or seen.share < _SHARE or not seen.beyond_chance:
            return None
        return Told(f"A document had answered {seen.hits} of {seen.of} items.", Remedy.DOCUMENT, 0.95)
