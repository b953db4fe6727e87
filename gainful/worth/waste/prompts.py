"""One question in many prompts: a sitting on one item that is cut into many runs, far more often than with others.

An incident makes everybody of a team sit long over their items for some days. So a week in which half of a team's other
agents had such sittings too does not count, up to a fifth of the team's weeks; a team that always does it is no storm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from math import floor
from typing import NamedTuple

from gainful.worth.finding import Remedy, WasteFinding
from gainful.worth.record import Case
from gainful.worth.settling import Settled
from gainful.worth.waste.detector import Flag, Gathering, Period, Ran, Told, class_of
from gainful.worth.waste.peers import Rates

_MANY = 4
_TOGETHER = timedelta(hours=3)
_SHARE = 0.1
_STORMS = 0.2
"""Part of a team's weeks that may be storms."""


class _Place(NamedTuple):
    """Where items are counted together."""

    team: str
    agent: str
    work_class: str
    week: int


class Prompts(Gathering):
    """Items on which a person started run after run in one sitting; beyond the first."""

    kind = "one-question-many-prompts"

    def __init__(self) -> None:
        super().__init__()
        self._many = Rates(unknown=0.1, floor=0.03)
        self._counts: defaultdict[_Place, list[int]] = defaultdict(lambda: [0, 0])

    def case(self, case: Case, settled: Settled, ran: Sequence[Ran]) -> None:
        """Look for the sitting."""
        if not ran:
            return
        asked = [one for one in ran if one.run.trigger == "person" and one.run.status == "ok"]
        sitting = _sitting(asked)
        week = ran[0].run.at.toordinal() // 7
        count = self._counts[_Place(settled.team, settled.agent, class_of(case), week)]
        count[0] += 1
        count[1] += bool(sitting)
        self.flags[settled.agent] += [one.flag for one in sitting[1:]]

    def findings(self, period: Period, taken: set[str]) -> Iterator[WasteFinding]:
        """Leave the storms out, then compare each agent with the others."""
        storms = _storms(self._counts)
        for place, (of, hits) in self._counts.items():
            if place.week not in storms[place.team]:
                self._many.add_many(place.work_class, place.agent, place.team, of, hits)
        yield from super().findings(period, taken)

    def tell(self, agent: str, flags: Sequence[Flag], period: Period) -> Told | None:
        """A habit that others with the same work do not have, and not a hard item."""
        del flags, period
        seen = self._many.seen(agent)
        if seen.hits < self.least or seen.share < _SHARE or not seen.beyond_chance:
            return None
        proof = (
            f"On {seen.hits} of {seen.of} items a question was put in {_MANY} or more runs within three hours; usual "
            f"for such work is {seen.usual:.0%}."
        )
        return Told(proof, Remedy.DECLARE, 0.9)


def _storms(counts: Mapping[_Place, Sequence[int]]) -> defaultdict[str, set[int]]:
    """By team, the weeks in which at least half of the agents at work had such sittings; the worst of them."""
    working: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    sitting: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    weeks: defaultdict[str, set[int]] = defaultdict(set)
    hits: defaultdict[tuple[str, int], int] = defaultdict(int)
    for place, (_, number) in counts.items():
        week = (place.team, place.week)
        weeks[place.team].add(place.week)
        working[week].add(place.agent)
        hits[week] += number
        if number:
            sitting[week].add(place.agent)
    storms: defaultdict[str, set[int]] = defaultdict(set)
    for team, known in weeks.items():
        shared = [week for week in known if 2 * len(sitting[team, week]) >= len(working[team, week]) + 1]
        shared.sort(key=lambda week: (-hits[team, week], week))
        storms[team] = set(shared[: floor(_STORMS * len(known))])
    return storms


def _sitting(asked: Sequence[Ran]) -> Sequence[Ran]:
    """The runs of the first sitting that has many; none where no sitting has."""
    for begin in range(len(asked) - _MANY + 1):
        end = asked[begin].run.at + _TOGETHER
        if asked[begin + _MANY - 1].run.at <= end:
            return [one for one in asked[begin:] if one.run.at <= end]
    return []
