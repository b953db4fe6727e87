"""Padded context: calls that are given many times what others are given for the same work, and get no further."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median

from gainful.worth.finding import Remedy, WasteFinding
from gainful.worth.record import Case, Use
from gainful.worth.settling import Settled, State
from gainful.worth.waste.detector import Flag, Gathering, Period, Told, share

_TIMES = 4.0
_PEERS = 5
_BETTER = 0.1
"""So much more often accepted than others' results: then more context pays."""
_KEPT = 200
"""Prompts of one agent and class that are kept: a median of so many is good enough."""


class Padded(Gathering):
    """Agents whose longer prompts are many times those of other agents at the same class of work."""

    kind = "padded-context"
    least = 10

    def __init__(self) -> None:
        super().__init__()
        self._prompts: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._ended: Counter[tuple[str, str]] = Counter()
        self._good: Counter[tuple[str, str]] = Counter()
        self._run: dict[str, tuple[str, int]] = {}
        self._told: dict[str, Told] = {}

    def case(self, case: Case, settled: Settled) -> None:
        """Take note of how much its calls were given."""
        if case.item is None:
            return
        place = (case.item.work_class, settled.agent)
        ended = settled.state in (State.VERIFIED, State.ACCEPTED, State.REJECTED, State.REVERSED)
        self._ended[place] += ended
        self._good[place] += ended and settled.state in (State.VERIFIED, State.ACCEPTED)
        for use in case.uses:
            kept = self._prompts[case.item.work_class][use.run.agent]
            kept += [call.tokens.prompt for call in use.calls if call.model][: max(0, _KEPT - len(kept))]
            longest = max((call.tokens.prompt for call in use.calls), default=0)
            self._run[use.run.id] = (case.item.work_class, longest)
            if use.calls:
                self.flag(use, case.id)

    def loose(self, use: Use) -> None:
        """Runs of no item have no peers."""

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """Compare each agent with the others."""
        kept: defaultdict[str, list[Flag]] = defaultdict(list)
        for work_class, prompts in sorted(self._prompts.items()):
            uppers = {agent: _upper(found) for agent, found in prompts.items() if found}
            if len(uppers) <= _PEERS:
                continue
            usual = max(median(uppers.values()), 1)
            ended = sum(count for (name, _), count in self._ended.items() if name == work_class)
            good = sum(count for (name, _), count in self._good.items() if name == work_class)
            for agent, own in uppers.items():
                if own < _TIMES * usual or len(prompts[agent]) < self.least:
                    continue
                mine = share(self._good[work_class, agent], self._ended[work_class, agent])
                if mine > share(good, ended) + _BETTER:
                    continue
                self._told[agent] = _told(work_class, own, usual, len(uppers) - 1)
                kept[agent] += self._excess(self.flags[agent], work_class, usual, own)
        self.flags = kept
        yield from super().findings(period, taken)

    def _excess(self, flags: Sequence[Flag], work_class: str, usual: float, own: float) -> Iterator[Flag]:
        """The part of each run's cost that others do without; runs that were given as much as others' are left out."""
        part = Decimal(round(1 - usual / own, 4))
        for one in flags:
            mine, longest = self._run[one.run]
            if mine == work_class and longest >= _TIMES * usual / 2:
                yield Flag(one.run, one.item, one.cost * part, one.at)

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """As it was compared."""
        del flags
        return self._told.get(agent)


def _upper(prompts: Sequence[int]) -> float:
    """The upper quartile: a habit shows in it although other prompts are as usual."""
    return sorted(prompts)[3 * len(prompts) // 4]


def _told(work_class: str, own: float, usual: float, peers: int) -> Told:
    proof = (
        f"A quarter of the prompts for {work_class} have {own:,.0f} tokens or more, {own / usual:.0f} times as many as "
        f"those of {peers} other agents, and results are accepted no more often."
    )
    return Told(proof, Remedy.SHORTEN, 0.95)
