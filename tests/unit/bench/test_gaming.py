"""The gamed organisation is made by who does not know how worth is told, and is the same for the same seed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bench.gaming.people import KINDS
from bench.gaming.world import World
from gainful.core.fact import Claim, Run

ROOM = Path(__file__).resolve().parents[3] / "bench" / "gaming"


def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return found


@pytest.mark.parametrize("name", ["world", "making", "honest", "cheats", "people"])
def test_the_generator_knows_nothing_of_how_worth_is_told(name: str) -> None:
    assert not [one for one in imported(ROOM / f"{name}.py") if one.startswith("gainful.worth")]


def test_the_same_seed_makes_the_same_organisation() -> None:
    one, other = ([work.facts for work in World(60, 6, 3).work()] for _ in range(2))
    assert one == other
    assert one != [work.facts for work in World(60, 6, 4).work()]


def test_everybody_works_and_some_game_in_every_way() -> None:
    world = World(3000, 1, 1)
    kinds = {kind for worker in world.workers.values() for kind in worker.kinds}
    assert kinds == set(KINDS)
    gaming = sum(worker.games for worker in world.workers.values()) / 3000
    assert 0.08 < gaming < 0.2
    facts = [fact for work in world.work() for fact in work.facts]
    assert any(isinstance(fact, Run) for fact in facts)
    assert any(isinstance(fact, Claim) for fact in facts)


def test_honest_people_gain_by_honest_work() -> None:
    world = World(200, 8, 5, gaming=0.0)
    net: dict[str, float] = {}
    for work in world.work():
        net[work.truth.person] = net.get(work.truth.person, 0.0) + work.truth.net
    assert sum(value > 0 for value in net.values()) > 0.8 * len(net)
