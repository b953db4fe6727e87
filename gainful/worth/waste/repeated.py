"""The same again: runs given an input that was answered before, by the same agent or by another."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from gainful.core.fact import Run
from gainful.worth.finding import Remedy
from gainful.worth.record import Case
from gainful.worth.settling import Settled
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, share

_WINDOW = timedelta(days=14)
_MINUTES = _WINDOW // timedelta(minutes=1)
_SHARE = 0.1
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def _answers(run: Run) -> bool:
    """Whether it answered an input that somebody chose. A schedule looks at the same thing by its nature."""
    return bool(run.input_hash) and run.trigger != "schedule" and run.status == "ok"


def _minute(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(minutes=1)


class _Answer(NamedTuple):
    at: datetime
    output: str


class Repeated(Gathering):
    """Runs with an input that the same agent had answered within a fortnight.

    On an item: for the same item, where nobody has refused what came of it in between. Two items may well hold the
    same words, and two people may wait for two answers. Runs of no item: whatever the input was answered for. A read
    one whose output is another one than before is left alone: somebody asks again because the answer changes.
    """

    kind = "repeated-work"

    def __init__(self) -> None:
        super().__init__()
        # Items do not come by agent, so all of their inputs are kept: two numbers a run. What `hash` makes of a text
        # stays the same as long as this search lasts.
        self._for_items: defaultdict[str, tuple[array[int], array[int]]] = defaultdict(
            lambda: (array("q"), array("q"))
        )  # fmt: skip
        self._agent = ""
        self._items: dict[int, list[int]] = {}
        self._before: dict[str, _Answer] = {}

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Look at the runs of an item."""
        del settled
        before: dict[tuple[str, str], datetime] = {}
        for one in ran:
            run = one.run
            if not _answers(run):
                continue
            inputs, minutes = self._for_items[run.agent]
            inputs.append(hash(run.input_hash))
            minutes.append(_minute(run.at))
            last = before.get((run.agent, run.input_hash))
            before[run.agent, run.input_hash] = run.at
            refused = last is not None and any(not one.accepted and last < one.at < run.at for one in case.verdicts)
            if last is not None and not refused and run.at - last <= _WINDOW:
                self.flags[run.agent].append(one.flag)

    def loose(self, ran: Ran) -> None:
        """Look at a run of none."""
        run = ran.run
        if run.agent != self._agent:
            self._agent, self._before, self._items = run.agent, {}, self._items_of(run.agent)
        if not _answers(run):
            return
        before = self._before.get(run.input_hash)
        again = before is not None and run.at - before.at <= _WINDOW
        changed = ran.read and before is not None and before.output != run.output_hash
        if (again or self._served(run)) and not changed:
            self.flags[run.agent].append(ran.flag)
        self._before[run.input_hash] = _Answer(run.at, run.output_hash)

    def _items_of(self, agent: str) -> dict[int, list[int]]:
        """When each input was answered for items of this agent."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        inputs, minutes = self._for_items.pop(agent, ((), ()))
        for given, minute in zip(inputs, minutes, strict=True):
            found[given].append(minute)
        return dict(found)

    def _served(self, run: Run) -> bool:
        """Whether its input had been answered for an item."""
        now = _minute(run.at)
        return any(0 <= now - minute <= _MINUTES for minute in self._items.get(hash(run.input_hash), ()))

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """A tenth of what it does."""
        runs = period.totals.runs[agent]
        if share(len(flags), runs) < _SHARE:
            return None
        proof = f"{len(flags)} of {runs} runs were given what a run of the fortnight before had answered."
        return Told(proof, Remedy.ON_CHANGE, 0.98)


class Duplicated(Gathering):
    """Unread runs of no item with an input that another agent had answered within a fortnight of them.

    Whatever everybody gets, such as a letter to all, everybody's agent may answer once; so it takes a good part of what
    an agent does. Of two agents that do the same, one is named.
    """

    kind = "duplicated-work"
    least = 12

    _PART = 0.3

    def __init__(self) -> None:
        super().__init__()
        self._first: dict[int, tuple[int, int]] = {}
        self._agents: dict[str, int] = {}
        self._others: defaultdict[str, set[int]] = defaultdict(set)

    def loose(self, ran: Ran) -> None:
        """Look whether another agent was given the same."""
        run = ran.run
        if ran.read or not _answers(run):
            return
        number, now, given = (
            self._agents.setdefault(run.agent, len(self._agents)),
            _minute(run.at),
            hash(run.input_hash),
        )
        other, minute = self._first.setdefault(given, (number, now))
        if other != number and abs(now - minute) <= _MINUTES:
            self.flags[run.agent].append(ran.flag)
            self._others[run.agent].add(other)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """A good part of what it does."""
        runs = period.totals.runs[agent]
        if share(len(flags), runs) < self._PART:
            return None
        proof = (
            f"{len(flags)} of {runs} runs were given what {len(self._others[agent])} other agents were given within a "
            "fortnight of them, for no work item, and nobody opened what they put out."
        )
        return Told(proof, Remedy.ON_CHANGE, 0.95)
