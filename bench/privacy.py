"""Can anybody's own numbers be worked out from what is shown of groups?

A random organisation, in which most teams are small, is shown as an employee sees it: the board of teams, and useful
weeks by team. The attacker asks for everything, subtracts answers from each other, and knows who is in which team.

- `cells_recovered`: how often a figure about fewer than k people could be worked out. First by pairs: the difference of
  any two answers, of 10,000 random pairs. Then with all answers at once: a set of fewer than k people is recovered
  where its sum is a combination of what was answered (Gaussian elimination over the people).

- `dates_recovered`: the same where a time can be chosen. Each month other people are at work; the attacker asks for
  every time there is, and subtracts. `dates_recovered_if_free` is what the same attack finds where times are answered
  as they are asked, each with its small teams put together: the attack works, and published months stop it.

    python -m bench.privacy [--quick] --json FILE
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from bench.report import options, publish
from gainful.worth.assessment import Standing
from gainful.worth.months import published, together
from gainful.worth.privacy import OTHERS, groups_of

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


# --- a chosen time ----------------------------------------------------------------------------------------------------

MONTHS = 4
Cell = tuple[int, int]
"""Somebody's work in one month: the person's number, and the month's."""


def at_work(teams: dict[str, list[int]], chance: random.Random) -> list[dict[str, set[int]]]:
    """Who of each team took part, month by month: often all of them, at times one or two."""
    return [
        {
            team: {one for one in members if chance.random() < chance.choice((1.0, 0.9, 0.3))}
            for team, members in teams.items()
        }
        for _ in range(MONTHS)
    ]


def times() -> list[range]:
    """Every time of whole months."""
    return [range(first, last) for first in range(MONTHS) for last in range(first + 1, MONTHS + 1)]


def by_months(worked: Sequence[dict[str, set[int]]]) -> list[frozenset[Cell]]:
    """What is answered for every time: sums of published cells, as `gainful.worth.months` makes them."""
    cells = [_published(month, there) for month, there in enumerate(worked)]
    found = []
    for time in times():
        added: dict[str, set[Cell]] = {}
        for month in time:
            for group, members in cells[month].items():
                added.setdefault(group, set()).update(members)
                added.setdefault("", set()).update(members)
        found += [frozenset(one) for one in added.values()]
    return found


def _published(month: int, there: dict[str, set[int]]) -> dict[str, set[Cell]]:
    """The cells of one month, with whose work is in each."""
    teams = {team: _standing(team, len(members)) for team, members in there.items() if members}
    shown = {one.unit for one in published(teams, K)}
    cells: dict[str, set[Cell]] = {}
    for team, members in there.items():
        group = team if team in shown else OTHERS
        if group in shown:
            cells.setdefault(group, set()).update((one, month) for one in members)
    return cells


def by_free_dates(worked: Sequence[dict[str, set[int]]]) -> list[frozenset[Cell]]:
    """What would be answered if each time were told as it is asked for, with the small teams of that time together."""
    found = []
    for time in times():
        took_part = {team: {one for month in time for one in worked[month][team]} for team in worked[0]}
        groups = groups_of({team: len(members) for team, members in took_part.items() if members}, K)
        added: dict[str, set[Cell]] = {}
        for team, members in took_part.items():
            if members and (group := groups.group_of(team)):
                added.setdefault(group, set()).update((one, month) for month in time for one in worked[month][team])
        found += [frozenset(one) for one in added.values()]
    return found


def recovered_by_dates(shown: Sequence[frozenset[Cell]], worked: Sequence[dict[str, set[int]]]) -> int:
    """Sums over one to four people who took part in one month, of one team, that all answers together give away."""
    cells = sorted({cell for one in shown for cell in one})
    basis = _basis([[Fraction(cell in one) for cell in cells] for one in shown])
    small: set[frozenset[Cell]] = set()
    for month, there in enumerate(worked):
        for members in there.values():
            some = [(one, month) for one in sorted(members)[:6]]
            for size in range(1, K):
                small |= {frozenset(few) for few in combinations(some, size)}
            if 0 < len(members) < K:
                small.add(frozenset((one, month) for one in members))
    known = set(cells)
    return sum(few <= known and _spans(basis, [Fraction(cell in few) for cell in cells]) for few in small)


def _standing(team: str, people: int) -> Standing:
    return together([], "team", team, people=people)


# --- the attacker's arithmetic ----------------------------------------------------------------------------------------


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
    dates, free = 0, 0
    for _ in range(worlds // 4):
        worked = at_work(organisation(chance), chance)
        dates += recovered_by_dates(by_months(worked), worked)
        free += recovered_by_dates(by_free_dates(worked), worked)
    found = {
        "cells_recovered": cells,
        "pairs": PAIRS,
        "dates_recovered": dates,
        "dates_recovered_if_free": free,
        "organisations_with_dates": worlds // 4,
    }
    publish("privacy", {"k": K, "organisations": worlds}, found, given.json)
    return int(cells + dates > 0)


if __name__ == "__main__":
    raise SystemExit(main())
