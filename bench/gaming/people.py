"""Who works in the made-up organisation, what they are good at, and who games the books, how and how much.

Nothing here knows how worth is told.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from math import exp

DOSES = {"full": 1.0, "half": 0.5, "low": 0.3}

USE_KINDS = (
    "agents-talking", "unrelated-tasks", "prototypes", "re-runs", "many-prompts", "binge", "padding", "cron", "ping",
)  # fmt: skip
"""Gaming that burns tokens to look busy."""

OUTCOME_KINDS = (
    "pointless-deployments", "documented", "failing-default", "auto-replies", "careless-merges", "split", "own-word",
    "sock-puppet", "ring", "trivial", "stolen-credit", "slow-by-hand",
)  # fmt: skip
"""Gaming that makes up outcomes, or makes them look larger."""

KINDS = USE_KINDS + OUTCOME_KINDS


@dataclass
class Worker:
    """One person with one agent.

    Args:
        items: Work items a week.
        pace: Their own time by hand, as a multiple of everybody's.
        care: Their time for prompts and reviews, the same.
        quality: Share of their results that are good.
        habit: What is peculiar about them without being wrong: `finance`, `research`, `on-call`, `nightly`, or nothing.
        kinds: How they game, by kind; the dose of each.
        partners: Others in their ring.
        hides: Whether they make their fakes look like real work where that can be done.
    """

    id: str
    team: str
    items: float
    pace: float
    care: float
    quality: float
    habit: str = ""
    kinds: dict[str, float] = field(default_factory=dict)
    partners: tuple[str, ...] = ()
    hides: bool = False

    @property
    def agent(self) -> str:
        """Their agent."""
        return f"a-{self.id}"

    @property
    def games(self) -> bool:
        """Whether they game at all."""
        return bool(self.kinds)


def hire(count: int, chance: random.Random) -> dict[str, Worker]:
    """So many people in teams of 1 to 30; one team in eight is of two, who verify each other's work and are honest."""
    workers: dict[str, Worker] = {}
    number = 0
    while len(workers) < count:
        number += 1
        size = min(count - len(workers), chance.choice((2, 1, 4, 5, 6, 7, 8, 9, 10, 12, 15, 18, 22, 30, 8, 2)))
        habit = {0: "finance", 1: "research", 2: "on-call", 3: "nightly"}.get(chance.randrange(24), "")
        for _ in range(size):
            id_ = f"w{len(workers):05d}"
            workers[id_] = Worker(
                id_, f"t{number:04d}", items=min(25.0, 3.0 * exp(chance.gauss(0, 0.7))), pace=exp(chance.gauss(0, 0.2)),
                care=exp(chance.gauss(0, 0.25)), quality=min(0.99, max(0.6, chance.gauss(0.9, 0.05))), habit=habit,
            )  # fmt: skip
    return workers


def tempt(workers: dict[str, Worker], share: float, chance: random.Random) -> None:
    """Let a share of the people game: each kind and dose as often as any other, a fifth of them two kinds at once."""
    gamers = chance.sample(sorted(workers), round(share * len(workers)))
    doses = list(DOSES.values())
    for number, id_ in enumerate(gamers):
        kind, dose = KINDS[number % len(KINDS)], doses[number // len(KINDS) % len(doses)]
        workers[id_].kinds[kind] = dose
        if chance.random() < 0.2:
            workers[id_].kinds.setdefault(chance.choice(KINDS), chance.choice(doses))
    _close_rings(workers, chance)


def _close_rings(workers: dict[str, Worker], chance: random.Random) -> None:
    """Put those who verify each other into rings of two to five."""
    ring = sorted(id_ for id_, worker in workers.items() if "ring" in worker.kinds)
    chance.shuffle(ring)
    doses = list(DOSES.values())
    number = 0
    while ring:
        size = min(len(ring), chance.choice((2, 2, 3, 4, 5)))
        if len(ring) - size == 1:
            size += 1
        members, ring = ring[:size], ring[size:]
        # A ring plays at one dose.
        dose = doses[number % len(doses)]
        number += 1
        for id_ in members:
            workers[id_].kinds["ring"] = dose
            workers[id_].partners = tuple(other for other in members if other != id_)
