"""Agents that set each other off: chains of runs with no person and nothing from outside in between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gainful.worth.finding import Remedy, WasteFinding
from gainful.worth.record import Case
from gainful.worth.settling import Settled
from gainful.worth.waste.detector import Flag, Period, Ran, Told, finding_of

_DEEP = 3
"""Hops from what set the chain off. An agent that hands work to another, which asks a third, is at two."""
_LEAST = 6


class _Link(NamedTuple):
    agent: str
    caused_by: str
    flag: Flag


class Chatter:
    """Runs deep in a chain that serves no work item, and of which nobody reads what comes out."""

    kind = "agents-talking"

    def __init__(self) -> None:
        self._links: dict[str, _Link] = {}
        self._serving: set[str] = set()

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Runs for an item serve it, and so does what set them off."""
        del case, settled
        self._serving.update(one.run.caused_by for one in ran if one.run.trigger == "agent" and one.run.caused_by)

    def loose(self, ran: Ran) -> None:
        """Take note of who set it off."""
        run = ran.run
        if run.trigger == "agent":
            self._links[run.id] = _Link(run.agent, run.caused_by, ran.flag)
            if ran.read:
                self._serving.add(run.id)

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """One finding an agent that is deep in chains again and again."""
        depths: dict[str, int] = {}
        for run in self._links:
            self._depth(run, depths)
        useful = self._useful()
        deep: defaultdict[str, list[Flag]] = defaultdict(list)
        deepest: dict[str, int] = {}
        for run, link in self._links.items():
            # The whole chain is waste, once it is deep; its beginning is seen by what follows it.
            if depths[run] >= _DEEP and run not in useful and run not in taken:
                deep[link.agent].append(link.flag)
                deepest[link.agent] = max(deepest.get(link.agent, 0), depths[run])
        for agent, flags in sorted(deep.items()):
            if len(flags) >= _LEAST:
                taken.update(one.run for one in flags)
                proof = (
                    f"{len(flags)} runs were set off by other agents, up to {deepest[agent]} in a row, with no person, "
                    "no outside event and no work item in between, and nobody read what came of them."
                )
                yield finding_of(self.kind, agent, flags, Told(proof, Remedy.PAUSE, 0.99), period)

    def _useful(self) -> set[str]:
        """The links that led to something read or to an item: what hands a report on need not be read itself."""
        useful: set[str] = set()
        for at in self._serving:
            while at in self._links and at not in useful:
                useful.add(at)
                at = self._links[at].caused_by
        return useful

    def _depth(self, run: str, depths: dict[str, int]) -> None:
        """How many agents in a row set this run off; a circle is as deep as it is long."""
        path: dict[str, None] = {}
        at = run
        while at in self._links and at not in depths and at not in path:
            path[at] = None
            at = self._links[at].caused_by
        depth = depths.get(at, len(path) if at in path else 0)
        for one in reversed(path):
            depth += 1
            depths[one] = depth
