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
    "sock-puppet", "ring", "trivial", "stolen-credit", "aliases", "second-opinion", "slow-by-hand",
)  # fmt: skip
"""Gaming that makes up outcomes, or makes them look larger."""

KINDS = USE_KINDS + OUTCOME_KINDS

HEAVY = 0.03
JOINS_LATER = 0.08


@dataclass
class Worker:
    """One person with one agent.

    Args:
        items: Work items a week.
        pace: Their own time by hand, as a multiple of everybody's.
        care: Their time for prompts and reviews, the same.
        quality: Share of their results that are good.
        size: How large their items are beside others of the class: half of it their team's, half their own.
        context: How much context they give, as a multiple of everybody's.
        iterates: Chance that a run for an item is followed by another one.
        asks: Questions aside a week.
        begins: First week in the organisation.
        habit: What is peculiar about them without being wrong: `finance`, `research`, `on-call`, `nightly`, or nothing.
        peers: People whose work they do, and who accept it: most of their team, some from elsewhere.
        kinds: How they game, by kind; the dose of each.
        partners: Others in their ring.
        hides: Whether they make their fakes look like real work where that can be done.
        large: Whether they make up large items only.
        friends: Whether some auditors pass whatever is theirs.
    """

    id: str
    team: str
    items: float
    pace: float
    care: float
    quality: float
    size: float = 1.0
    context: float = 1.0
    iterates: float = 0.25
    asks: float = 0.3
    begins: int = 0
    habit: str = ""
    peers: tuple[str, ...] = ()
    kinds: dict[str, float] = field(default_factory=dict)
    partners: tuple[str, ...] = ()
    hides: bool = False
    large: bool = False
    friends: bool = False

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
        large = chance.gauss(0, 0.11)
        for _ in range(size):
            one = _worker(f"w{len(workers):05d}", f"t{number:04d}", habit, large, chance)
            workers[one.id] = one
    _acquaint(workers, chance)
    return workers


def _worker(id_: str, team: str, habit: str, large: float, chance: random.Random) -> Worker:
    one = Worker(
        id_, team, items=min(25.0, 3.0 * exp(chance.gauss(0, 0.7))), pace=exp(chance.gauss(0, 0.2)),
        care=exp(chance.gauss(0, 0.25)), quality=min(0.99, max(0.6, chance.gauss(0.9, 0.05))),
        size=exp(large + chance.gauss(0, 0.11)), context=exp(chance.gauss(0, 0.35)),
        iterates=min(0.42, max(0.05, chance.gauss(0.25, 0.08))), asks=min(1.5, 0.3 * exp(chance.gauss(0, 0.7))),
        habit=habit,
    )  # fmt: skip
    if chance.random() < HEAVY:
        # Whoever uses agents most looks like whoever burns tokens.
        one.items, one.context, one.iterates = min(40.0, 2.5 * one.items), 2.5 * one.context, 0.42
    if chance.random() < JOINS_LATER:
        one.begins = chance.randrange(1, 20)
    return one


def _acquaint(workers: dict[str, Worker], chance: random.Random) -> None:
    """People work for those whom they know: so they verify each other's work, again and again, and honestly."""
    everybody = sorted(workers)
    teams: dict[str, list[str]] = {}
    for worker in workers.values():
        teams.setdefault(worker.team, []).append(worker.id)
    for worker in workers.values():
        mates = [id_ for id_ in teams[worker.team] if id_ != worker.id]
        near = chance.sample(mates, min(3, len(mates)))
        worker.peers = tuple(near * 2 if len(mates) == 1 else [*near, *chance.sample(everybody, 2)])
        worker.peers = tuple(one for one in worker.peers if one != worker.id)


def tempt(workers: dict[str, Worker], share: float, chance: random.Random) -> None:
    """Let a share of the people game: each kind and dose as often as any other, a fifth of them two kinds at once."""
    gamers = chance.sample(sorted(workers), round(share * len(workers)))
    doses = list(DOSES.values())
    for number, id_ in enumerate(gamers):
        worker = workers[id_]
        worker.kinds[KINDS[number % len(KINDS)]] = doses[number // len(KINDS) % len(doses)]
        if chance.random() < 0.2:
            worker.kinds.setdefault(chance.choice(KINDS), chance.choice(doses))
        worker.hides, worker.large = chance.random() < 0.5, chance.random() < 0.3
        worker.friends = chance.random() < 0.15
        # Whoever came lately has had no time to game much; that is no dose.
        worker.begins = min(worker.begins, 8)
    _close_rings(workers, chance)


def _close_rings(workers: dict[str, Worker], chance: random.Random) -> None:
    """Put those who verify each other into rings of two to eight."""
    ring = sorted(id_ for id_, worker in workers.items() if "ring" in worker.kinds)
    chance.shuffle(ring)
    doses = list(DOSES.values())
    number = 0
    while ring:
        size = min(len(ring), chance.choice((2, 2, 3, 4, 5, 8)))
        if len(ring) - size == 1:
            size += 1
        members, ring = ring[:size], ring[size:]
        # A ring plays at one dose.
        dose = doses[number % len(doses)]
        number += 1
        for id_ in members:
            workers[id_].kinds["ring"] = dose
            workers[id_].partners = tuple(other for other in members if other != id_)
