"""What an organisation's systems report of half a year, and what was really worth something in it.

    world = World(people=10_000, weeks=26, seed=1)
    for work in world.work():
        work.facts      # as systems would report them
        work.truth      # what only the generator knows

Nothing here, nor in what it imports, knows how worth is told. It uses the kinds of facts, money and the standard
library, and nothing else.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bench.gaming.cheats import Cheats
from bench.gaming.making import HOLD_OUT, Work
from bench.gaming.people import Worker, hire, tempt
from gainful.core.fact import Account, Agent, Exploration, Fact, Person, Team

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
AWAY = 0.06
"""Weeks of holiday or sickness."""
FLAKY_WEEKS = (7, 19)
"""In which the provider has trouble, and calls fail for everybody."""


class World(Cheats):
    """An organisation.

    Args:
        gaming: Share of people who game.
    """

    def __init__(self, people: int, weeks: int, seed: int, gaming: float = 0.13) -> None:
        chance = random.Random(seed)
        workers = hire(people, chance)
        if gaming:
            tempt(workers, gaming, chance)
        super().__init__(workers, chance)
        self.weeks = weeks
        self.since = BEGIN
        self.until = BEGIN + timedelta(weeks=weeks)

    def directory(self) -> Iterator[Fact]:
        """People, teams, agents, accounts and explorations."""
        for team in sorted({worker.team for worker in self.workers.values()}):
            yield Team(at=self.since, id=team)
        for worker in self.workers.values():
            yield Person(at=self.since, id=worker.id, team=worker.team, on_board=True)
            yield Agent(at=self.since, id=worker.agent, owner=worker.id, team=worker.team)
            if "own-word" in worker.kinds:
                yield Account(at=self.since, id=f"svc-{worker.id}", owner=worker.id)
            if worker.habit == "research":
                yield Exploration(
                    at=self.since, id=f"x-{worker.id}", team=worker.team, budget=Decimal(500), ends_at=self.until
                )

    def work(self) -> Iterator[Work]:
        """All work, week by week."""
        for week in range(self.weeks):
            monday = self.since + timedelta(weeks=week)
            self.flaky = 0.12 if week in FLAKY_WEEKS else 0.02
            for worker in self.workers.values():
                if week < worker.begins:
                    continue
                if "ping" not in worker.kinds and self.chance.random() > AWAY:
                    yield from self._honest(worker, week, monday)
                yield from self.habits(worker, week, monday)
                for kind, dose in worker.kinds.items():
                    yield from self.gaming(kind, dose, worker, week, monday)

    def _honest(self, worker: Worker, week: int, monday: datetime) -> Iterator[Work]:
        chance, count = self.chance, self.poisson(worker.items)
        storm = worker.habit == "on-call" and week % 7 == 2
        if worker.habit == "finance":
            # As much work as others have, most of it at the end of the month.
            count = self.poisson(worker.items * (2.5 if week % 4 == 3 else 0.5))
        elif storm:
            count += self.poisson(4 * worker.items)
        fails = 0.9 * worker.kinds.get("failing-default", 0.0)
        for _ in range(count):
            at = self.moment(monday)
            if chance.random() < HOLD_OUT:
                yield self.by_hand(worker, self.kind(), at)
            elif fails and chance.random() < fails:
                yield self.failing(worker, at)
            else:
                yield self.real(worker, self.kind(), at, storm=storm)
