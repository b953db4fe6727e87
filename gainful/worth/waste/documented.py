"""An agent where a document answers: the system that looks after documents says that one did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from gainful.worth.finding import Remedy
from gainful.worth.record import Case, Use
from gainful.worth.settling import Settled
from gainful.worth.waste.detector import Flag, Gathering, Told, share

_SHARE = 0.1


class Documented(Gathering):
    """Items that a document had answered."""

    kind = "document-answers"

    def __init__(self) -> None:
        super().__init__()
        self._items: defaultdict[str, int] = defaultdict(int)
        self._answered: defaultdict[str, int] = defaultdict(int)

    def case(self, case: Case, settled: Settled) -> None:
        """Flag it where a document answers."""
        self._items[settled.agent] += 1
        if settled.documented:
            self._answered[settled.agent] += 1
            self.flag_case(settled.agent, case, min(one.at for one in case.evidence))

    def loose(self, use: Use) -> None:
        """No evidence is about a run of no item."""

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """A habit."""
        del flags
        answered, items = self._answered[agent], self._items[agent]
        if answered < self.least or share(answered, items) < _SHARE:
            return None
        return Told(f"A document had answered {answered} of {items} items.", Remedy.DOCUMENT, 0.95)
