"""Can anybody's own numbers be worked out from what is shown of groups?

A random organisation, in which most teams are small, is shown as an employee sees it: the board of teams, and useful
weeks by team. The attacker asks for everything, subtracts answers from each other, and knows who is in which team.

- `cells_recovered`: how often a figure about fewer than k people could be worked out. First by pairs: the difference of
  any two answers, of 10,000 random pairs. Then with all answers at once: a set of fewer than k people is recovered
  where its sum is a combination of what was answered (Gaussian elimination over the people).

    python -m bench.privacy [--quick] --json FILE
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from bench.report import options, publish
from gainful.worth.privacy import groups_of

K = 5
PAIRS = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A figure that was shown: the sum over these people, of one week or of all time.

    Args:
        week: The week's number; −1: all time.
    """

    people: frozenset[int]
    week: int


def organisation(chance: random.Random) -> dict[str, list[int]]:
    """Teams of 1 to 12 people, most of them small."""
    teams: dict[str, list[int]] = {}
    number = 0
    for team in range(chance.randint(1, 9)):
        size = chance.choice((1, 2, 2, 3, 4, 5, 6, 8, 12))
        teams[f"t{team}"] = list(range(number, number + size))
        number += size
    return teams


def answers(teams: dict[str, list[int]], weeks: int) -> list[Answer]:
    """Everything that an employee is shown."""
    groups = groups_of({team: len(members) for team, members in teams.items()}, K)
    together: dict[str, set[int]] = {}
    for team, members in teams.items():
        name = groups.group_of(team)
        if name:
            together.setdefault(name, set()).update(members)
            together.setdefault("", set()).update(members)
    return [Answer(frozenset(members), week) for members in together.values() for week in range(-1, weeks)]


def recovered(chance: random.Random, queries: int) -> int:
    """Sets of fewer than k people that can be worked out in one organisation."""
    teams = organisation(chance)
    shown = answers(teams, weeks=4)
    found = sum(len(one.people) < K for one in shown)
    for _ in range(queries if len(shown) > 1 else 0):
        one, other = chance.sample(shown, 2)
        if one.week == other.week and 0 < len(one.people ^ other.people) < K and one.people != other.people:
            found += 1
    return found + _by_elimination([one.people for one in shown if one.week == -1], teams)


def _by_elimination(shown: Sequence[frozenset[int]], teams: dict[str, list[int]]) -> int:
    """Small sets whose sum is a combination of all answers together."""
    people = sorted({one for members in teams.values() for one in members})
    basis = _basis([[Fraction(one in members) for one in people] for members in shown])
    small: set[frozenset[int]] = {frozenset([one]) for one in people}
    small |= {frozenset(members) for members in teams.values() if len(members) < K}
    for members in teams.values():
        for size in (2, 3, 4):
            small |= {frozenset(some) for some in combinations(members[:8], size)}
    return sum(_spans(basis, [Fraction(one in members) for one in people]) for members in small)


def _basis(rows: Iterable[list[Fraction]]) -> list[tuple[int, list[Fraction]]]:
    basis: list[tuple[int, list[Fraction]]] = []
    for row in rows:
        left = _reduced(basis, row)
        lead = next((place for place, value in enumerate(left) if value), None)
        if lead is not None:
            basis.append((lead, [value / left[lead] for value in left]))
    return basis


def _reduced(basis: Sequence[tuple[int, list[Fraction]]], row: Sequence[Fraction]) -> list[Fraction]:
    left = list(row)
    for lead, one in basis:
        if left[lead]:
            factor = left[lead]
            left = [value - factor * other for value, other in zip(left, one, strict=True)]
    return left


def _spans(basis: Sequence[tuple[int, list[Fraction]]], row: Sequence[Fraction]) -> bool:
    return bool(basis) and not any(_reduced(basis, row))


def main() -> int:
    """Attack and publish; 1 where anything was recovered."""
    given = options("privacy", "Can anybody's own numbers be worked out from what is shown?").parse_args()
    worlds = 20 if given.quick else 400
    chance = random.Random(1)
    cells = sum(recovered(chance, PAIRS // worlds) for _ in range(worlds))
    publish("privacy", {"k": K, "organisations": worlds}, {"cells_recovered": cells, "pairs": PAIRS}, given.json)
    return int(cells > 0)


if __name__ == "__main__":
    raise SystemExit(main())
