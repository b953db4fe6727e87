"""Spending at the end of a period: a budget that is used up, or a quota that is met, without more coming of it."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from gainful.worth.finding import Remedy
from gainful.worth.record import Case
from gainful.worth.settling import Settled, State
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, share

_LAST_DAYS = 4
_PART = 0.4
"""Of what is spent on runs of no item; by chance it would be 4 of 30 days."""
_BEYOND = 2.0
"""So much more of it than of the results: people whose work comes at the end of the month ask more then, too."""


class Binge(Gathering):
    """Runs of no item that crowd into the last days of months."""

    kind = "end-of-period"
    least = 8

    def __init__(self) -> None:
        super().__init__()
        self._aside: Counter[str] = Counter()
        self._months: defaultdict[str, set[date]] = defaultdict(set)
        self._results: Counter[str] = Counter()
        self._last: Counter[str] = Counter()

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Take note of when its results come about."""
        del case
        if ran and settled.state in (State.ACCEPTED, State.VERIFIED):
            self._results[settled.agent] += 1
            self._last[settled.agent] += last_days(ran[0].run.at)

    def loose(self, ran: Ran) -> None:
        """Flag it in the last days of a month."""
        if ran.read:
            return
        agent = ran.run.agent
        self._aside[agent] += ran.cost
        if last_days(ran.run.at):
            self._months[agent].add(ran.run.at.date().replace(day=1))
            self.flags[agent].append(ran.flag)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """In two months or more, far more than chance or the work itself puts there."""
        del period
        part = share(sum(one.cost for one in flags), self._aside[agent])
        work = share(self._last[agent], self._results[agent])
        months = len(self._months[agent])
        if part < max(_PART, _BEYOND * work) or months < 2:
            return None
        proof = (
            f"{part:.0%} of what was spent on runs of no work item, and {work:.0%} of the accepted results, fell on "
            f"the last {_LAST_DAYS} days of {months} months."
        )
        return Told(proof, Remedy.BUDGET, 0.9)


def last_days(at: datetime) -> bool:
    """Whether it is one of the last days of a month."""
    return at.day > monthrange(at.year, at.month)[1] - _LAST_DAYS
