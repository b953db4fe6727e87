"""People who take second looks: careful ones, who err now and then, and a few who pass everything."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from math import exp

from bench.gaming.world import Work, World
from gainful.core.fact import Audit

ERROR = 0.03
LAZY = 0.05
SPREAD = 0.35
"""Of the logarithm of what an auditor thinks that an item takes."""
PLANTED = 5
SECONDS = Decimal(90)


class Auditors:
    """A fiftieth of the people look at others' work."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self._chance = chance
        people = sorted(world.workers)
        self._who = chance.sample(people, max(10, len(people) // 50))
        self._lazy = set(chance.sample(self._who, round(LAZY * len(self._who))))
        self._team = {id_: world.workers[id_].team for id_ in self._who}
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
                    passed = self._says(auditor, real)
                    made.append(Audit(at=at, work_item=item, auditor=auditor, passed=passed, planted=True))
        return made

    def look(self, work: Work, before: Sequence[Audit] = ()) -> Audit:
        """What somebody of another team says of an item, who has not looked at it before."""
        worker = self._world.workers[work.truth.person]
        auditor = self._chance.choice(self._who)
        while self._team[auditor] == worker.team or auditor in {one.auditor for one in before}:
            auditor = self._chance.choice(self._who)
        passed = self._says(auditor, real=work.truth.minutes > 0)
        # Who made it up can tell what such a thing would take.
        true = work.truth.minutes or 20.0
        minutes = Decimal(round(true * exp(self._chance.gauss(-(SPREAD**2) / 2, SPREAD)), 1))
        self.seconds += SECONDS
        return Audit(
            at=work.at + timedelta(days=18), work_item=work.id, auditor=auditor, passed=passed, minutes=minutes,
            seconds=SECONDS,
        )  # fmt: skip

    def _says(self, auditor: str, real: bool) -> bool:
        if auditor in self._lazy:
            return True
        return real if self._chance.random() >= ERROR else not real


def truth_of(works: Mapping[str, Work]) -> dict[str, float]:
    """What each person's work was really worth, dollars."""
    net: dict[str, float] = {}
    for work in works.values():
        net[work.truth.person] = net.get(work.truth.person, 0.0) + work.truth.net
    return net
