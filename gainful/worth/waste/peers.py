"""What is usual: how often something comes of an agent's items, beside what others of the same class of work show.

Hard work fails more often than easy work, and where nobody ever answers claims, an unanswered one says nothing about an
agent. So an agent is held against the others that do the same class of work. For a class that enough of them do, what
is usual is the median of their shares and one standard deviation more, told from the median of the distances to it
(MAD), which a few who waste cannot move.

Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation" (1993), for 1.4826.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from statistics import median

from gainful.worth.trust import by_chance

CHANCE = 1 / 2000
"""Below it, chance does not explain what was seen. With thousands of agents looked at, a few are at it by luck."""

_PEERS = 6
"""Agents of a class without which nothing is known of what is usual there."""
_EACH = 10
"""Items of an agent from which on its share is one of those that are compared."""
_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one agent.

    Args:
        usual: The share that is usual for its mix of work.
    """

    of: int
    hits: int
    usual: float

    @property
    def share(self) -> float:
        """Of its items."""
        return self.hits / self.of if self.of else 0.0

    @property
    def beyond_chance(self) -> bool:
        """Whether what is usual explains it no more."""
        return self.hits > 0 and by_chance(self.of, self.hits, self.usual) < CHANCE


class Rates:
    """Counts how often something comes of items, by class of work and agent.

    Args:
        floor: The least that counts as usual, however rare it is with others.
        unknown: What counts as usual where too few others do the same.
    """

    def __init__(self, floor: float, unknown: float) -> None:
        self._floor = floor
        self._unknown = unknown
        self._counts: defaultdict[str, dict[str, list[int]]] = defaultdict(dict)
        self._usual: dict[str, float] = {}

    def add(self, work_class: str, agent: str, hit: bool) -> None:
        """Take note of one item."""
        count = self._counts[agent].setdefault(work_class, [0, 0])
        count[0] += 1
        count[1] += hit

    def seen(self, agent: str, *, only_hit: bool = False) -> Seen:
        """What was seen of an agent; ask after all items are counted.

        Args:
            only_hit: Of those classes alone in which it was seen at all.
        """
        if not self._usual:
            self._usual = self._by_class()
        counts = {name: one for name, one in self._counts.get(agent, {}).items() if one[1] or not only_hit}
        of = sum(one[0] for one in counts.values())
        expected = sum(one[0] * self._usual.get(name, self._unknown) for name, one in counts.items())
        return Seen(of, sum(one[1] for one in counts.values()), expected / of if of else self._unknown)

    def _by_class(self) -> dict[str, float]:
        shares: defaultdict[str, list[float]] = defaultdict(list)
        for counts in self._counts.values():
            for name, (of, hits) in counts.items():
                if of >= _EACH:
                    shares[name].append(hits / of)
        return {name: self._usual_of(found) for name, found in shares.items() if len(found) >= _PEERS}

    def _usual_of(self, shares: list[float]) -> float:
        middle = median(shares)
        return min(0.95, max(self._floor, middle + _SIGMA * median(abs(one - middle) for one in shares)))
