"""The same again: runs given the same input although the first one ended well; and one question in many prompts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from gainful.worth.finding import Remedy, WasteFinding
from gainful.worth.record import Case, Use
from gainful.worth.settling import Settled
from gainful.worth.waste.detector import Flag, Gathering, Period, Told, share

_WINDOW = timedelta(days=14)
_SHARE = 0.1


class Repeated(Gathering):
    """Runs by a person's hand or another agent with an input that had been answered within a fortnight."""

    kind = "repeated-work"

    def __init__(self) -> None:
        super().__init__()
        self._answered: dict[tuple[str, str], datetime] = {}
        self._waiting: defaultdict[str, list[Use]] = defaultdict(list)

    def case(self, case: Case, settled: Settled) -> None:
        """Look at the runs of an item."""
        super().case(case, settled)
        for use in case.uses:
            self._see(use)

    def loose(self, use: Use) -> None:
        """Look at a run of none."""
        super().loose(use)
        self._see(use)

    def _see(self, use: Use) -> None:
        run = use.run
        # A schedule looks at the same thing by its nature; that is another finding.
        if run.input_hash and run.trigger != "schedule" and run.status == "ok":
            self._waiting[run.agent].append(use)

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """A tenth of what it does."""
        if share(len(flags), self.runs[agent]) < _SHARE:
            return None
        proof = f"{len(flags)} of {self.runs[agent]} runs were given what a run of the fortnight before had answered."
        return Told(proof, Remedy.ON_CHANGE, 0.98)

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """Find the repeats, in the order of time."""
        for uses in self._waiting.values():
            for use in sorted(uses, key=lambda one: (one.run.at, one.run.id)):
                key = (use.run.agent, use.run.input_hash)
                before = self._answered.get(key)
                if before is not None and use.run.at - before <= _WINDOW:
                    self.flag(use)
                self._answered[key] = use.run.at
        yield from super().findings(period, taken)


_MANY = 4
_TOGETHER = timedelta(hours=3)


class Prompts(Gathering):
    """Items on which a person started run after run in one sitting; beyond the third."""

    kind = "one-question-many-prompts"

    def __init__(self) -> None:
        super().__init__()
        self._items: defaultdict[str, int] = defaultdict(int)
        self._many: defaultdict[str, int] = defaultdict(int)

    def case(self, case: Case, settled: Settled) -> None:
        """Look at the sitting."""
        if not case.uses:
            return
        self._items[settled.agent] += 1
        asked = [use for use in case.uses if use.run.trigger == "person" and use.run.status == "ok"]
        if len(asked) < _MANY or asked[_MANY - 1].run.at - asked[0].run.at > _TOGETHER:
            return
        self._many[settled.agent] += 1
        for use in asked[1:]:
            self.flag(use, case.id)

    def loose(self, use: Use) -> None:
        """A run of no item belongs to no sitting."""

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """A habit, not a hard item."""
        del flags
        many, items = self._many[agent], self._items[agent]
        if many < self.least or share(many, items) < _SHARE:
            return None
        proof = f"On {many} of {items} items a question was put in {_MANY} or more runs within three hours."
        return Told(proof, Remedy.DECLARE, 0.9)
