"""What is usual: how often something comes of an agent's items, beside what others of the same class of work show.

Hard work fails more often than easy work, and where nobody ever answers claims, an unanswered one says nothing about an
agent. So an agent is held against the others that do the same class of work. For a class that enough of them do, what
is usual is the median of the teams' shares and one standard deviation more, told from the median distance to it (MAD),
which a few who waste cannot move. Each team has one voice, with the medians of its agents' shares and of their
distances: a large one that wastes together does not make that usual.

What a record proves by itself, such as equal digests, needs no peers; see `Rates` without them.

Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation" (1993), for 1.4826.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from gainful.worth.settling import Settled
from gainful.worth.trust import by_chance

CHANCE = 1 / 2000
"""Below it, chance does not explain what was seen. With thousands of agents looked at, a few are at it by luck."""

_PEERS = 6
_TEAMS = 3
"""Agents of a class, and teams that they are from, without which nothing is known of what is usual there."""
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
        unknown: What counts as usual where too few others do the same.
        floor: The least that counts as usual, however rare it is with others; None: others make no difference.
    """

    def __init__(self, unknown: float, floor: float | None = None) -> None:
        self._floor = floor
        self._unknown = unknown
        self._counts: defaultdict[str, dict[str, list[int]]] = defaultdict(dict)
        self._teams: dict[str, str] = {}
        self._usual: dict[str, float] = {}

    def add(self, work_class: str, settled: Settled, hit: bool) -> None:
        """Take note of one item."""
        self.add_many(work_class, settled.agent, settled.team, 1, int(hit))

    def add_many(self, work_class: str, agent: str, team: str, of: int, hits: int) -> None:
        """Take note of so many items, and how often it came of them."""
        self._teams[agent] = team
        count = self._counts[agent].setdefault(work_class, [0, 0])
        count[0] += of
        count[1] += hits

    def seen(self, agent: str, *, only_hit: bool = False) -> Seen:
        """What was seen of an agent; ask after all items are counted.

        Args:
            only_hit: Of those classes alone in which it was seen at all.
        """
        if not self._usual and self._floor is not None:
            self._usual = self._by_class(self._floor)
        counts = {name: one for name, one in self._counts.get(agent, {}).items() if one[1] or not only_hit}
        of = sum(one[0] for one in counts.values())
        expected = sum(one[0] * self._usual.get(name, self._unknown) for name, one in counts.items())
        return Seen(of, sum(one[1] for one in counts.values()), expected / of if of else self._unknown)

    def _by_class(self, floor: float) -> dict[str, float]:
        shares: defaultdict[str, defaultdict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for agent, counts in self._counts.items():
            for name, (of, hits) in counts.items():
                if of >= _EACH:
                    shares[name][self._teams[agent]].append(hits / of)
        return {
            name: max(floor, _usual_of(list(teams.values())))
            for name, teams in shares.items()
            if len(teams) >= _TEAMS and sum(map(len, teams.values())) >= _PEERS
        }


def _usual_of(teams: Sequence[Sequence[float]]) -> float:
    middle = median(median(shares) for shares in teams)
    distances = [median(abs(one - middle) for one in shares) for shares in teams]
    return min(0.95, middle + _SIGMA * median(distances))
