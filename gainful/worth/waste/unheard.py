"""Work that nobody acts on: claims that nobody ever answers, and one idle run a week."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from gainful.worth.engagement import monday
from gainful.worth.finding import Remedy
from gainful.worth.record import Case, Use
from gainful.worth.settling import Settled, State
from gainful.worth.waste.detector import Flag, Gathering, Told, share

_SHARE = 0.25


class Unheard(Gathering):
    """Claims that expired without a verdict, and whose result nobody opened."""

    kind = "unread-output"
    least = 8

    def __init__(self) -> None:
        super().__init__()
        self._claimed: defaultdict[str, int] = defaultdict(int)
        self._expired: defaultdict[str, int] = defaultdict(int)

    def case(self, case: Case, settled: Settled) -> None:
        """Flag it where nobody took notice."""
        if settled.state is State.EXPECTED:
            return
        self._claimed[settled.agent] += 1
        read = any(use.reads for use in case.uses) or any(one.what == "read" for one in case.evidence)
        if settled.state is State.EXPIRED and not read:
            self._expired[settled.agent] += 1
            self.flag_case(settled.agent, case, case.claims[0].at)

    def loose(self, use: Use) -> None:
        """What a run of no item puts out is looked at elsewhere."""

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """A good part of what it claims."""
        del flags
        expired, claimed = self._expired[agent], self._claimed[agent]
        if expired < self.least or share(expired, claimed) < _SHARE:
            return None
        proof = f"Nobody answered or opened {expired} of {claimed} claimed results before they expired."
        return Told(proof, Remedy.PAUSE, 0.95)


_WEEKS = 6
_A_WEEK = 1.5


class Ping(Gathering):
    """About one run a week of no item, week after week, and nothing else: use for the sake of being counted."""

    kind = "weekly-ping"
    least = _WEEKS

    def __init__(self) -> None:
        super().__init__()
        self._weeks: defaultdict[str, set[date]] = defaultdict(set)
        self._items: defaultdict[str, int] = defaultdict(int)

    def case(self, case: Case, settled: Settled) -> None:
        """Whoever works on items is no such user."""
        super().case(case, settled)
        self._items[settled.agent] += 1

    def loose(self, use: Use) -> None:
        """Flag it."""
        super().loose(use)
        if not use.reads and not use.run.exploration and use.run.trigger != "agent":
            self._weeks[use.run.agent].add(monday(use.run.at))
            self.flag(use)

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """Regular, rare, and all that there is."""
        weeks = len(self._weeks[agent])
        if weeks < _WEEKS or len(flags) > _A_WEEK * weeks or self._items[agent] > weeks / _WEEKS:
            return None
        proof = f"In {weeks} weeks there were {len(flags)} runs, of no work item; nobody opened what they put out."
        return Told(proof, Remedy.DECLARE, 0.9)
