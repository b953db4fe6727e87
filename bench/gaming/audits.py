"""People who take second looks: careful ones, who err now and then; a few who pass everything; and friends of some."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from math import exp

from bench.gaming.making import BY_NAME, Work
from bench.gaming.world import World
from gainful.core.fact import Audit, WorkItem

ERROR = (0.01, 0.05)
"""Part of the items that an auditor gets wrong, from the best to the worst."""
LAZY = 0.05
FRIENDS = 0.1
"""Part of the auditors who pass whatever is of somebody who has friends among them."""
SPREAD = 0.35
"""Of the logarithm of what an auditor thinks that an item takes."""
BIAS = 0.15
"""The same, of what one auditor always thinks too much or too little."""
ANCHOR = 0.25
"""How far what is usual for the class draws what they think, 0 to 1."""
PLANTED = 5
SECONDS = Decimal(90)


class Auditors:
    """A fiftieth of the people look at others' work."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self._chance = chance
        people = sorted(world.workers)
        self._who = chance.sample(people, max(10, len(people) // 50))
        self._lazy = set(chance.sample(self._who, round(LAZY * len(self._who))))
        self._errs = {id_: chance.uniform(*ERROR) for id_ in self._who}
        self._bias = {id_: chance.gauss(0, BIAS) for id_ in self._who}
        count = max(1, round(FRIENDS * len(self._who)))
        self._friends = {
            worker.id: frozenset(chance.sample(self._who, count)) for worker in world.workers.values() if worker.friends
        }
        self._world = world
        self.seconds = Decimal(0)

    def planted(self) -> list[Audit]:
        """Everybody answers some known cases, half of which are made up."""
        made: list[Audit] = []
        for number in range(2 * PLANTED):
            real, item, at = number % 2 == 0, f"planted-{number}", self._world.since
            made.append(Audit(at=at, work_item=item, auditor="system:key", passed=real, planted=True))
            for auditor in self._who:
                if self._chance.random() < 0.5:
                    passed = self._says(auditor, real=real)
                    made.append(Audit(at=at, work_item=item, auditor=auditor, passed=passed, planted=True))
        return made

    def look(self, work: Work, before: Sequence[Audit] = ()) -> Audit:
        """What somebody of another team says of an item, who has not looked at it before."""
        return self.look_by(self._somebody(work, {one.auditor for one in before}), work)

    def look_by(self, auditor: str, work: Work) -> Audit:
        """What this auditor says of an item."""
        real = work.truth.minutes > 0 or not work.truth.shows
        passed = auditor in self._friends.get(work.truth.person, ()) or self._says(auditor, real=real)
        self.seconds += SECONDS
        return Audit(
            at=work.at + timedelta(days=18), work_item=work.id, auditor=auditor, passed=passed,
            minutes=self._minutes(auditor, work), seconds=SECONDS,
        )  # fmt: skip

    def _somebody(self, work: Work, seen: set[str]) -> str:
        team = self._world.workers[work.truth.person].team
        while True:
            auditor = self._chance.choice(self._who)
            if self._world.workers[auditor].team != team and auditor not in seen:
                return auditor

    def _minutes(self, auditor: str, work: Work) -> Decimal:
        """What they think that it would take; of what was made up, that such a thing takes what it usually does."""
        (item,) = (fact for fact in work.facts if isinstance(fact, WorkItem))
        usual = BY_NAME[item.work_class].minutes
        true = work.truth.minutes or usual
        drawn = true ** (1 - ANCHOR) * usual**ANCHOR
        thinks = self._bias[auditor] + self._chance.gauss(-(SPREAD**2) / 2, SPREAD)
        return Decimal(str(round(max(0.1, drawn * exp(thinks)), 1)))

    def _says(self, auditor: str, *, real: bool) -> bool:
        if auditor in self._lazy:
            return True
        return real if self._chance.random() >= self._errs[auditor] else not real


def truth_of(works: Mapping[str, Work]) -> dict[str, float]:
    """What each person's work was really worth, dollars."""
    net: dict[str, float] = {}
    for work in works.values():
        net[work.truth.person] = net.get(work.truth.person, 0.0) + work.truth.net
    return net
