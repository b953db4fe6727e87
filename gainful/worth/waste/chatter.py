"""Agents that set each other off: chains of runs with no person and nothing from outside in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gainful.worth.finding import Remedy, WasteFinding
from gainful.worth.record import Case, Use
from gainful.worth.settling import Settled
from gainful.worth.waste.detector import Flag, Gathering, Period, Told, finding_of

_DEEP = 3
"""Hops from what set the chain off. An agent that hands work to another, which asks a third, is at two."""
_LEAST = 6


@dataclass(frozen=True, slots=True)
class _Link:
    agent: str
    flag: Flag
    caused_by: str
    read: bool


class Chatter(Gathering):
    """Runs deep in a chain that serves no work item and that nobody reads."""

    kind = "agents-talking"

    def __init__(self) -> None:
        super().__init__()
        self._links: dict[str, _Link] = {}

    def case(self, case: Case, settled: Settled) -> None:
        """Runs for an item serve it."""

    def loose(self, use: Use) -> None:
        """Take note of who set it off."""
        if use.run.trigger == "agent":
            flag = Flag(use.run.id, "", use.cost, use.run.at)
            self._links[use.run.id] = _Link(use.run.agent, flag, use.run.caused_by, bool(use.reads))

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """One finding an agent that is deep in chains again and again."""
        depths: dict[str, int] = {}
        for run in self._links:
            self._depth(run, depths)
        deepest: dict[str, int] = {}
        for run, link in self._links.items():
            # The whole chain is waste, once it is deep; its beginning is seen by what follows it.
            if depths[run] >= _DEEP and not link.read:
                self.flags[link.agent].append(link.flag)
                deepest[link.agent] = max(deepest.get(link.agent, 0), depths[run])
        for agent, flags in sorted(self.flags.items()):
            if len(flags) >= _LEAST:
                taken.update(one.run for one in flags)
                proof = (
                    f"{len(flags)} runs were set off by other agents, up to {deepest[agent]} in a row, with no person, "
                    "no outside event and no work item in between, and nobody read what they put out."
                )
                yield finding_of(self.kind, agent, flags, Told(proof, Remedy.PAUSE, 0.99), period)

    def _depth(self, run: str, depths: dict[str, int]) -> None:
        """How many agents in a row set this run off; a circle is as deep as it is long."""
        path: list[str] = []
        at = run
        while at in self._links and at not in depths and at not in path:
            path.append(at)
            at = self._links[at].caused_by
        depth = depths.get(at, len(path) if at in path else 0)
        for one in reversed(path):
            depth += 1
            depths[one] = depth
