"""Spending at the end of a period: a budget that is used up, or a quota that is met, without more coming of it."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from gainful.worth.finding import Remedy
from gainful.worth.record import Use
from gainful.worth.waste.detector import Flag, Gathering, Told, share

_LAST_DAYS = 4
_PART = 0.4
"""Of what is spent on runs of no item; by chance it would be 4 of 30 days."""


class Binge(Gathering):
    """Runs of no item that crowd into the last days of months."""

    kind = "end-of-period"
    least = 8

    def __init__(self) -> None:
        super().__init__()
        self._aside: defaultdict[str, Decimal] = defaultdict(Decimal)
        self._months: defaultdict[str, set[date]] = defaultdict(set)

    def loose(self, use: Use) -> None:
        """Flag it in the last days of a month."""
        if use.run.exploration or use.reads:
            return
        self._aside[use.run.agent] += use.cost
        if last_days(use.run.at):
            self._months[use.run.agent].add(use.run.at.date().replace(day=1))
            self.flag(use)

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """In two months or more, far more than chance puts there."""
        part = share(float(sum(one.cost for one in flags)), float(self._aside[agent]))
        if part < _PART or len(self._months[agent]) < 2:
            return None
        proof = (
            f"{part:.0%} of what was spent on runs of no work item fell on the last {_LAST_DAYS} days of "
            f"{len(self._months[agent])} months."
        )
        return Told(proof, Remedy.BUDGET, 0.9)


def last_days(at: datetime) -> bool:
    """Whether it is one of the last days of a month."""
    return at.day > monthrange(at.year, at.month)[1] - _LAST_DAYS
