"""The best response: what does somebody gain on the board who knows the whole model and games it as cheaply as can be?

In a world of honest people, some begin to game. Everything else stays as it was: the same people do the same honest
work in both worlds, and gaming comes on top. The gain is the low end of the gamer's net on the board, less

- what it is in the honest world,
- what the added work was really worth, where it was worth anything: some kinds of gaming come with real work,
- what making things up costs them unseen: their own time, at `UNSEEN` minutes an item.

For each kind a grid of doses is searched, with and without hiding (verdicts as late, and reviews as long, as those of
real work). The best cell of each kind is then played anew with other chances, so that the winner's luck is not counted.
Runs of no item change no look, so kinds made of them alone are compared without looks, whose luck would only add noise.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from math import sqrt
from statistics import fmean, stdev

from bench.gaming.books import Books
from bench.gaming.making import Work
from bench.gaming.people import OUTCOME_KINDS, USE_KINDS
from bench.gaming.world import World
from gainful.worth.assessment import Assessment

ADDED = tuple(kind for kind in (*USE_KINDS, *OUTCOME_KINDS) if kind not in ("failing-default", "slow-by-hand", "ping"))
"""Kinds that add to honest work; the others spoil it, and only lose."""

LOOSE = ("agents-talking", "unrelated-tasks", "prototypes", "re-runs", "binge", "cron")
"""Kinds made of runs of no item."""

DOSES = (0.1, 0.25, 0.5, 1.0)
UNSEEN = 2.0
"""Minutes that making up one item takes beside what is recorded."""

ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Cell:
    """One way to game."""

    kind: str
    dose: float
    hides: bool


def cells() -> list[Cell]:
    """All ways that are searched."""
    hiding = ("ring", "sock-puppet")
    return [
        Cell(kind, dose, hides)
        for kind in ADDED
        for dose in DOSES
        for hides in ((False, True) if kind in hiding else (False,))
    ]


def best_responses(seed: int, budget: float, *, quick: bool) -> dict[str, float]:
    """The figures: the largest mean gain of any kind at its best dose, and those of each kind."""
    people, weeks, worlds = (500, 12, 1) if quick else (1500, 20, 3)
    ways = cells()
    searched = _played(ways, people, weeks, [1000 + seed + number for number in range(worlds)], budget)
    best = {
        kind: max((way for way in ways if way.kind == kind), key=lambda way: fmean(searched[way])) for kind in ADDED
    }
    again = _played(list(best.values()), people, weeks, [2000 + seed + number for number in range(worlds)], budget)
    print("\nbest responses:          dose  hides   mean gain (USD)   ± error   of")
    for kind, way in best.items():
        played = again[way]
        hides, mean = "yes" if way.hides else "no", fmean(played)
        print(f"  {kind:22} {way.dose:5}  {hides:5} {mean:14.1f} {_error(played):9.1f} {len(played):7}")
    gains = {kind: fmean(again[way]) for kind, way in best.items()}
    return {
        "best_response_gain_max": max(gains.values()),
        "best_response_gaining_kinds": sum(fmean(again[way]) > 2 * _error(again[way]) for way in best.values()),
        **{f"gain_{kind.replace('-', '_')}": gain for kind, gain in gains.items()},
    }


def _played(ways: list[Cell], people: int, weeks: int, seeds: list[int], budget: float) -> dict[Cell, list[float]]:
    """The gains of everybody who plays each way, in each world."""
    gains: defaultdict[Cell, list[float]] = defaultdict(list)
    for seed in seeds:
        world = World(people, weeks, seed, gaming=0.0)
        honest = {work.id: work for work in world.work()}
        books = Books(world, seed, budget, ROUNDS, honest)
        before = (books.unaudited(), books.assessed())
        playing = _begin(world, ways)
        made_up = _extra(world, playing)
        books = Books(world, seed, budget, ROUNDS, {**honest, **{work.id: work for work in made_up}})
        after = (books.unaudited(), books.assessed())
        apart: defaultdict[str, float] = defaultdict(float)
        for work in made_up:
            apart[work.truth.person] += max(0.0, work.truth.net) + (UNSEEN if work.item else 0.0)
        for person, way in playing.items():
            agent = world.workers[person].agent
            looked = way.kind not in LOOSE
            gain = _low(after[looked], agent) - _low(before[looked], agent)
            gains[way].append(gain - apart[person])
    return gains


def _low(found: Assessment, agent: str) -> float:
    """What an agent's work was surely worth; nothing where it did none."""
    standing = found.agents.get(agent)
    return float(standing.net.low) if standing is not None else 0.0


def _begin(world: World, ways: list[Cell]) -> dict[str, Cell]:
    """Let a third of the people game, each way as often as any other. Partners in rings are honest otherwise."""
    known = [worker for worker in world.workers.values() if worker.items > 1]
    chosen = world.chance.sample(known, min(len(known), len(world.workers) // 3))
    playing: dict[str, Cell] = {}
    for number, worker in enumerate(chosen):
        way = ways[number % len(ways)]
        playing[worker.id] = way
        worker.hides = way.hides
        if way.kind == "own-word":
            worker.kinds["own-word"] = way.dose
        others = [one.id for one in world.workers.values() if one.team != worker.team]
        worker.partners = tuple(world.chance.sample(others, 2))
    return playing


def _extra(world: World, playing: dict[str, Cell]) -> list[Work]:
    return [
        work
        for week in range(world.weeks)
        for person, way in playing.items()
        for work in world.gaming(way.kind, way.dose, world.workers[person], week, world.since + timedelta(weeks=week))
    ]


def _error(values: list[float]) -> float:
    """Standard error of their mean."""
    return stdev(values) / sqrt(len(values)) if len(values) > 1 else 0.0
