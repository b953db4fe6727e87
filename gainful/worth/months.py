"""Worth over a chosen time: whole calendar months, UTC, each of which is shown once and never otherwise.

An item counts in the month in which it was first claimed, or else begun; a run of no item in that in which it ran. So
months add up: every dollar of cost and of worth lies in one of them, and a chosen time is a sum of months.

Why a chosen time tells nobody's own numbers. Whoever is not the platform's owner sees sums of *published cells* alone.
A cell is one group of one month: each team of which k people or more took part in that month, and the other teams
together, as `gainful.worth.privacy` groups them, anew for each month. A month is published once, when its items have
had their time, and is never told otherwise afterwards, whatever is reported or undone later.

1. A figure that is shown is a sum of cells. Whatever can be added or subtracted from figures is a combination of cells.
2. Cells of one month are disjoint groups, each of k people or more who took part. Cells of two months are about other
   work. So the sum over a set of people in a set of months can be worked out only where, month by month, the set is a
   union of whole cells: never one of fewer than k people who took part.
3. Time passes and nothing moves: the same question tomorrow has the same answer, so two answers tell nothing either.
4. Useful weeks are those of everybody together, k people or more who could have had one, published with the month in
   which they begin. Baselines, the rate of second looks and what the hold-out cost are no sums of cells and move with
   one measurement: they are the owner's.
5. Somebody who asked to be shown stands there by name with their published months. Where all who asked are taken from
   their group, nobody or k people are left; otherwise none of that group is shown that month. A person counts for the
   team that is theirs: work through an agent of another team lies in that one's cell, and is not taken into account.

This is why no day can be chosen. From "until the 14th" and "until the 15th" a subtraction gives one day, in which a
team of twenty may have had one person at work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

from gainful.core.money import Money
from gainful.worth.assessment import Interval, Standing, Standings, UsefulWeek
from gainful.worth.privacy import OTHERS, groups_of

Kind = Literal["organisation", "team", "agent", "person"]


def month_of(at: datetime) -> str:
    """The month of a moment, UTC: `2026-11`."""
    return f"{at.astimezone(UTC):%Y-%m}"


def begin_of(month: str) -> datetime:
    """Its first moment."""
    return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)


def end_of(month: str) -> datetime:
    """The first moment after it."""
    begin = begin_of(month)
    return begin.replace(year=begin.year + begin.month // 12, month=begin.month % 12 + 1)


def months_between(first: date, last: date) -> list[str]:
    """The months in which these days lie and those between, in order; none where the last is before the first."""
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    places = range(first.month - 1, first.month - 1 + count)
    return [f"{first.year + place // 12:04}-{place % 12 + 1:02}" for place in places]


@dataclass(frozen=True, slots=True)
class Published:
    """One month as everybody sees it.

    Args:
        cells: Its groups.
        weeks: Useful weeks of everybody together that begin in it.
        people: Those who asked to be shown, as far as they may be.
    """

    cells: tuple[Standing, ...]
    weeks: tuple[UsefulWeek, ...] = ()
    people: tuple[Standing, ...] = ()


def publication(
    month: str, told: Standings, weeks: Iterable[UsefulWeek], asked: Mapping[str, str], k: int
) -> Published:
    """What everybody sees of a month.

    Args:
        weeks: By team.
        asked: The teams of people who asked to be shown.
    """
    cells = published(told.teams, k)
    together = _weeks_together(one for one in weeks if one.week[:7] == month)
    return Published(tuple(cells), tuple(one for one in together if one.eligible >= k), tuple(_by_name(told, asked, k)))


def _weeks_together(weeks: Iterable[UsefulWeek]) -> list[UsefulWeek]:
    counts: dict[str, tuple[int, int]] = {}
    for one in weeks:
        eligible, useful = counts.get(one.week, (0, 0))
        counts[one.week] = (eligible + one.eligible, useful + one.useful)
    return [UsefulWeek(week, "", *both) for week, both in sorted(counts.items())]


def _by_name(told: Standings, asked: Mapping[str, str], k: int) -> Iterator[Standing]:
    """Who asked to be shown, but for those of a group whose others would be fewer than k.

    Whoever takes from a group's figures all who stand beside it by name has what is left of it.
    """
    people = {team: one.people for team, one in told.teams.items()}
    groups = groups_of(people, k)
    shown = {name: groups.group_of(team) for name, team in asked.items() if name in told.people}
    named = Counter(shown.values())
    sizes = Counter[str]()
    for team, count in people.items():
        sizes[groups.group_of(team)] += count
    for name, group in sorted(shown.items()):
        left = sizes[group] - named[group]
        if left <= 0 or left >= k:
            yield told.people[name]


def published(teams: Mapping[str, Standing], k: int) -> list[Standing]:
    """The cells of one month: teams as everybody may see them; none where fewer than k people took part."""
    groups = groups_of({name: one.people for name, one in teams.items()}, k)
    if groups.nothing:
        return []
    others = [one for name, one in sorted(teams.items()) if name in groups.others]
    shown = [one for name, one in teams.items() if name in groups.shown]
    if others:
        shown.append(together(others, "team", OTHERS, people=sum(one.people for one in others)))
    return sorted(shown, key=lambda one: (-one.net.low, one.unit))


def over_months(rows: Sequence[Standing], kind: Kind, unit: str) -> Standing:
    """One unit's months as one. So many people took part as in the month of most: nobody counts them over months."""
    return together(rows, kind, unit, people=max((one.people for one in rows), default=0))


def together(rows: Sequence[Standing], kind: Kind, unit: str, *, people: int) -> Standing:
    """Several standings as one. The interval adds up as if all were wrong together, which is wider than it need be."""

    def added(pick: str) -> Interval:
        parts = [getattr(one, pick) for one in rows]
        return Interval(*(sum((getattr(part, end) for part in parts), Decimal(0)) for end in ("low", "middle", "high")))

    def money(pick: str) -> Money:
        return Money(sum((getattr(one, pick).amount for one in rows), Decimal(0)))

    items: dict[str, int] = {}
    for one in rows:
        for state, count in one.items.items():
            items[state] = items.get(state, 0) + count
    return Standing(
        kind=kind,
        unit=unit,
        team=next((one.team for one in reversed(rows)), ""),
        people=people,
        net=added("net"),
        worth=added("worth"),
        cost=money("cost"),
        review=money("review"),
        waste=money("waste"),
        exploration=money("exploration"),
        pending=money("pending"),
        unpriced=sum(one.unpriced for one in rows),
        items=items,
        unknown=sum(one.unknown for one in rows),
        trust=min((one.trust for one in rows), default=1.0),
    )
