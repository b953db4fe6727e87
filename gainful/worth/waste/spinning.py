"""Schedules that turn without anybody: clock-driven runs whose output is the same again, or that nobody opens."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from gainful.worth.finding import Remedy
from gainful.worth.record import Use
from gainful.worth.waste.detector import Flag, Gathering, Told

_UNREAD = 10
"""Runs in a row that nobody read. A nightly check that is read when it finds something is read now and then."""


class Spinning(Gathering):
    """Scheduled runs of no item, from the tenth in a row on that nobody has read."""

    kind = "idle-schedule"
    least = _UNREAD

    def __init__(self) -> None:
        super().__init__()
        self._row: defaultdict[str, list[Use]] = defaultdict(list)
        self._same: defaultdict[str, int] = defaultdict(int)

    def loose(self, use: Use) -> None:
        """Count the row; a reader ends it."""
        if use.run.trigger != "schedule":
            return
        row = self._row[use.run.agent]
        if use.reads:
            row.clear()
            return
        if row and use.run.output_hash and row[-1].run.output_hash == use.run.output_hash:
            self._same[use.run.agent] += 1
        row.append(use)
        if len(row) == _UNREAD:
            for one in row:
                self.flag(one)
        elif len(row) > _UNREAD:
            self.flag(use)

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """Whoever runs unread for so long can wait for a change."""
        proof = f"{len(flags)} scheduled runs in a row put out what nobody opened"
        same = self._same[agent]
        proof += f"; {same} of them put out the same as the run before." if same else "."
        return Told(proof, Remedy.ON_CHANGE, 0.97)
