"""Declared explorations: which runs they cover.

A run names the exploration that it belongs to. That alone declares nothing: somebody must have declared it beforehand,
the run must lie in its time, and its budget must not be spent yet.
"""

from __future__ import annotations

from collections import defaultdict

from gainful.core.fact import Run
from gainful.worth.record import Organisation
from gainful.worth.unit import nano


class Explorations:
    """The explorations of one organisation, and what was spent on them so far. Shown each run once."""

    def __init__(self, who: Organisation) -> None:
        self._declared = who.explorations
        self._spent: defaultdict[str, int] = defaultdict(int)

    def covers(self, run: Run, cost: int) -> bool:
        """Whether a run is covered; what it cost is taken from the budget.

        Args:
            cost: In billionths of a dollar.
        """
        exploration = self._declared.get(run.exploration) if run.exploration else None
        if exploration is None or not exploration.at <= run.at < exploration.ends_at:
            return False
        covered = self._spent[run.exploration] + cost <= nano(exploration.budget)
        self._spent[run.exploration] += cost
        return covered
