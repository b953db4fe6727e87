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
        self.flags = defaultdict(list, {agent: list(self._excess(agent, flags)) for agent, flags in self.flags.items()})
        yield from super().findings(period, taken)

    def _excess(self, agent: str, flags: Sequence[Flag]) -> Iterator[Flag]:
        """The part of each run's cost that others do without."""
        for work_class, prompts in self._prompts.items():
            mine = prompts.get(agent, [])
            peers = [_upper(found) for other, found in prompts.items() if other != agent and found]
            if len(mine) < self.least or len(peers) < _PEERS:
                continue
            usual, own = median(peers), _upper(mine)
            if own < _TIMES * max(usual, 1) or self._better(work_class, agent):
                continue
            self._told[agent] = Told(
                f"A quarter of the prompts for {work_class} have {own:,.0f} tokens or more, "
                f"{own / max(usual, 1):.0f} times as many as those of {len(peers)} other agents, and results are accepted "
                "no more often.",
                Remedy.SHORTEN,
                0.95,
            )
            part = Decimal(round(1 - usual / own, 4))
            for one in flags:
                # Those that were given as much as others are show no habit.
                if self._run[one.run][0] == work_class and self._run[one.run][1] >= _TIMES * usual / 2:
                    yield Flag(one.run, one.item, one.cost * part, one.at)

    def _better(self, work_class: str, agent: str) -> bool:
        """Whether more context goes with more accepted results."""
        mine = share(self._good[work_class, agent], self._ended[work_class, agent])
        others = [place for place in self._ended if place[0] == work_class and place[1] != agent]
        theirs = share(sum(self._good[one] for one in others), sum(self._ended[one] for one in others))
        return mine > theirs + 0.1

    def tell(self, agent: str, flags: Sequence[Flag]) -> Told | None:
        """As it was compared."""
        del flags
        return self._told.get(agent)


def _upper(prompts: Sequence[int]) -> float:
    """The upper quartile: a habit shows in it although other prompts are as usual."""
    return sorted(prompts)[3 * len(prompts) // 4]
