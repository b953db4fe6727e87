"""Padded context: calls that are given many times what others are given for the same work, and get no further."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, log10
from statistics import median

from gainful.worth.finding import Remedy, WasteFinding
from gainful.worth.record import Case
from gainful.worth.settling import Settled, State
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, class_of, share

_TIMES = 4.0
_ALL_LARGE = 8.0
"""The same for an agent whose shorter prompts are large too: its work may be like that, such as a large code base."""
_LARGE = 2.0
"""Times the usual lower quartile, from which on shorter prompts are large."""
_PEERS = 5
_BETTER = 0.1
"""So much more often accepted than others' results: then more context pays."""
_ENOUGH = 10
"""Prompts of an agent without which it is not compared."""
_SEEN_FIRST = 200
_WORTH_KEEPING = 1.5
"""Times the median of a class so far: a run with less is not padded, whatever comes, and need not be remembered."""
_ENDED = (State.VERIFIED, State.ACCEPTED, State.REJECTED, State.REVERSED)
_GOOD = (State.VERIFIED, State.ACCEPTED)


@dataclass
class _Results:
    ended: int = 0
    good: int = 0


@dataclass
class _Class:
    """One class of work.

    Args:
        prompts: How many prompts of which length each agent has had; lengths to two digits, so that there are few.
        runs: The longest prompt of each run that may be padded, and what stands for the run.
        line: In tokens; a run whose longest prompt has less is not kept.
    """

    prompts: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    results: defaultdict[str, _Results] = field(default_factory=lambda: defaultdict(_Results))
    runs: defaultdict[str, list[tuple[int, Flag]]] = field(default_factory=lambda: defaultdict(list))
    together: Counter[int] = field(default_factory=Counter)
    count: int = 0
    line: float = 0.0

    def see(self, ran: Ran) -> None:
        """Take note of one run's prompts."""
        lengths = [two_digits(call.tokens.prompt) for call in ran.calls if call.model]
        if not lengths:
            return
        self.prompts[ran.run.agent].update(lengths)
        self.together.update(lengths)
        before, self.count = self.count, self.count + len(lengths)
        # The line is drawn anew as the class doubles.
        if self.count >= _SEEN_FIRST and before.bit_length() != self.count.bit_length():
            self.line = _WORTH_KEEPING * _at(self.together, 0.5)
        if max(lengths) >= self.line:
            self.runs[ran.run.agent].append((max(lengths), ran.flag))


class Padded(Gathering):
    """Agents whose longer prompts are many times those of other agents at the same class of work."""

    kind = "padded-context"

    def __init__(self) -> None:
        super().__init__()
        self._classes: defaultdict[str, _Class] = defaultdict(_Class)
        self._told: dict[str, Told] = {}

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Take note of how much its calls were given."""
        if case.item is None:
            return
        of_class = self._classes[class_of(case)]
        if settled.state in _ENDED:
            of_class.results[settled.agent].ended += 1
            of_class.results[settled.agent].good += settled.state in _GOOD
        for one in ran:
            of_class.see(one)

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """Compare each agent with the others."""
        for name, of_class in sorted(self._classes.items()):
            compared = {agent: one for agent, one in of_class.prompts.items() if one.total() >= _ENOUGH}
            # A habit shows in the upper quartile although other prompts are as usual.
            uppers = {agent: _at(lengths, 0.75) for agent, lengths in compared.items()}
            if len(uppers) <= _PEERS:
                continue
            usual = max(median(uppers.values()), 1.0)
            large = _LARGE * median(_at(lengths, 0.25) for lengths in compared.values())
            good = _accepted(of_class.results.values())
            for agent, own in sorted(uppers.items()):
                mine = _accepted([of_class.results[agent]])
                times = _ALL_LARGE if _at(compared[agent], 0.25) >= large else _TIMES
                if own >= times * usual and mine <= good + _BETTER:
                    self._told[agent] = _proof(name, own, usual, len(uppers) - 1)
                    self.flags[agent] += _excess(of_class.runs[agent], usual, own)
        yield from super().findings(period, taken)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """As it was compared."""
        del flags, period
        return self._told.get(agent)


def two_digits(length: int) -> int:
    """A length to two digits: 84,312 is 84,000."""
    if length < 100:
        return length
    step: int = 10 ** (floor(log10(length)) - 1)
    return length // step * step


def _at(lengths: Mapping[int, int], part: float) -> float:
    """The length that this part of all lengths is not above."""
    left = part * sum(lengths.values())
    for length in sorted(lengths):
        left -= lengths[length]
        if left < 0:
            return float(length)
    return float(max(lengths, default=0))


def _accepted(results: Iterable[_Results]) -> float:
    """Share of the results that were accepted."""
    found = list(results)
    return share(sum(one.good for one in found), sum(one.ended for one in found))


def _excess(runs: Sequence[tuple[int, Flag]], usual: float, own: float) -> Iterator[Flag]:
    """The part of each run's cost that others do without; runs that were given as much as others' are left out."""
    for longest, one in runs:
        if longest >= _TIMES * usual / 2:
            yield one._replace(cost=round(one.cost * (1 - usual / own)))


def _proof(work_class: str, own: float, usual: float, peers: int) -> Told:
    proof = (
        f"A quarter of the prompts for {work_class} have {own:,.0f} tokens or more, {own / usual:.0f} times as many as "
        f"those of {peers} other agents, and results are accepted no more often."
    )
    return Told(proof, Remedy.SHORTEN, 0.95)
