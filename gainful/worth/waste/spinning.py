"""Schedules that turn without anybody: clock-driven runs that nobody opens, whether or not their output changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from gainful.worth.finding import SCHEDULE, Remedy, WasteFinding
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told

_UNREAD = 10
"""Runs in a row that nobody read. A nightly check that is read when it finds something is read now and then."""
_WATCHED = 30
"""The same where changes are read: a month of nights in which nothing happens is no waste yet."""


class Spinning(Gathering):
    """Scheduled runs of no item, in rows that nobody has read any of."""

    kind = "idle-schedule"
    least = _UNREAD

    def __init__(self) -> None:
        super().__init__()
        self._agent = ""
        self._output = ""
        self._row: list[Flag] = []
        self._rows: defaultdict[str, list[list[Flag]]] = defaultdict(list)
        self._same: Counter[str] = Counter()
        self._changes: Counter[str] = Counter()
        self._noticed: Counter[str] = Counter()

    def loose(self, ran: Ran) -> None:
        """Count the row; a reader ends it."""
        run = ran.run
        if run.trigger != "schedule":
            return
        if run.agent != self._agent:
            self._close()
            self._agent, self._output = run.agent, ""
        if run.output_hash and run.output_hash != self._output:
            self._changes[run.agent] += 1
            self._noticed[run.agent] += ran.read
        elif run.output_hash and not ran.read:
            self._same[run.agent] += 1
        self._output = run.output_hash
        if ran.read:
            self._close()
        else:
            self._row.append(ran.flag)

    def _close(self) -> None:
        if len(self._row) >= _UNREAD:
            self._rows[self._agent].append(self._row)
        self._row = []

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """Take the rows that are too long for how attentive its readers are."""
        self._close()
        for agent, rows in self._rows.items():
            watched = self._changes[agent] >= 2 and 2 * self._noticed[agent] >= self._changes[agent]
            wanted = [row for row in rows if len(row) >= (_WATCHED if watched else _UNREAD)]
            self.flags[agent] = [flag for row in wanted for flag in row]
        yield from super().findings(period, taken)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """Whoever runs unread for so long can wait for a change."""
        del period
        proof = f"{len(flags)} scheduled runs, in rows of {_UNREAD} or more, put out what nobody opened"
        same = self._same[agent]
        proof += f"; {same} runs that nobody opened put out the same as the one before." if same else "."
        return Told(proof, Remedy.ON_CHANGE, 0.97, SCHEDULE)
