"""Work that nobody acts on: claims that nobody ever answers, and one idle run a week."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date

from gainful.worth.engagement import monday
from gainful.worth.finding import Remedy
from gainful.worth.record import Case
from gainful.worth.settling import Settled, State
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, class_of
from gainful.worth.waste.peers import Rates

_SHARE = 0.25


class Unheard(Gathering):
    """Claims that expired without a verdict, and whose result nobody opened, far more often than others'."""

    kind = "unread-output"
    least = 8

    def __init__(self) -> None:
        super().__init__()
        self._expired = Rates(unknown=0.1, floor=0.05)

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Flag it where nobody took notice."""
        if settled.state is State.EXPECTED:
            return
        read = any(one.read for one in ran) or any(one.what == "read" for one in case.evidence)
        unheard = settled.state is State.EXPIRED and not read
        self._expired.add(class_of(case), settled, unheard)
        if unheard:
            self.flag_case(settled.agent, case, ran, case.claims[0].at)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """A good part of what it claims; where nobody answers anybody, that says nothing about an agent."""
        del flags, period
        seen = self._expired.seen(agent)
        if seen.hits < self.least or seen.share < _SHARE or not seen.beyond_chance:
            return None
        proof = f"Nobody answered or opened {seen.hits} of {seen.of} claimed results before they expired."
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
        self._items: Counter[str] = Counter()

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Whoever works on items is no such user."""
        del case, ran
        self._items[settled.agent] += 1

    def loose(self, ran: Ran) -> None:
        """Flag it."""
        if not ran.read and ran.run.trigger != "agent":
            self._weeks[ran.run.agent].add(monday(ran.run.at))
            self.flags[ran.run.agent].append(ran.flag)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """Regular, rare, and all that there is."""
        del period
        weeks = len(self._weeks[agent])
        if weeks < _WEEKS or len(flags) > _A_WEEK * weeks or self._items[agent] > weeks / _WEEKS:
            return None
        proof = f"In {weeks} weeks there were {len(flags)} runs, of no work item; nobody opened what they put out."
        return Told(proof, Remedy.DECLARE, 0.9)
