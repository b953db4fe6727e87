"""Worth over a chosen time: months that add up, what everybody sees of them, and what never changes afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.worth import Role, Viewer
from gainful.app.worth.months import MonthsUnknown
from gainful.app.worth.viewer import NotYours
from gainful.core.fact import Agent, Call, Fact, Person, Run, Team
from gainful.storage.settings.config import Home
from gainful.worth.privacy import OTHERS

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
EVERYBODY = Viewer("", Role.EMPLOYEE)
TEAMS = {"sales": 7, "desk": 6, "lab": 2, "law": 3}


def people() -> Iterator[Fact]:
    begun = NOW - timedelta(days=300)
    for team, size in TEAMS.items():
        yield Team(at=begun, id=team)
        for number in range(size):
            yield Person(at=begun, id=f"{team}{number}", team=team)
            yield Agent(at=begun, id=f"{team}{number}-agent", owner=f"{team}{number}", team=team)


def worked(person: str, on: str, dollars: str) -> list[Fact]:
    """A run of no work item, which costs this."""
    at, agent = datetime.fromisoformat(on).replace(tzinfo=UTC), f"{person}-agent"
    run = f"{person}-{on}"
    call = Call(
        at=at, id=run, run=run, agent=agent, person=person, provider="local", model="m",
        cost=Decimal(dollars),
    )  # fmt: skip
    return [Run(at=at, id=run, agent=agent, person=person), call]


def everybody_worked(on: str, dollars: str = "1", but: Sequence[str] = ()) -> Iterator[Fact]:
    for team, size in TEAMS.items():
        for number in range(size):
            if team not in but:
                yield from worked(f"{team}{number}", on, dollars)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Iterator[Gainful]:
    home = Home(tmp_path / "home")
    home.prepare()
    with Gainful.open(home, clock) as opened:
        opened.facts.append(list(people()), "test")
        # In October only one of the desk was at work.
        for on, but in (("2026-08-10", ()), ("2026-09-10", ()), ("2026-10-10", ("desk",)), ("2026-11-10", ())):
            opened.facts.append(list(everybody_worked(on, but=but)), "test")
        opened.facts.append(worked("desk0", "2026-10-12", "4"), "test")
        opened.worth.tell()
        yield opened


def costs(app: Gainful, viewer: Viewer, first: date, last: date) -> dict[str, Decimal]:
    months = app.worth.months
    found = months.over(months.chosen(viewer, first, last), "team", viewer)
    return {one.unit: one.cost.amount for one in found.rows}


def test_months_add_up_to_all_that_is_known(app: Gainful) -> None:
    told, months = app.worth.tell().kept, app.worth.months
    known = months.known(app.viewer)
    assert known == ["2026-08", "2026-09", "2026-10", "2026-11"]
    assert months.over(known, "team", app.viewer).whole.cost == told.organisation.cost
    whole = {one.unit: (one.cost, one.waste, one.net.middle) for one in app.worth.board("team", app.viewer)}
    assert {
        one.unit: (one.cost, one.waste, one.net.middle) for one in months.over(known, "team", app.viewer).rows
    } == whole


def test_the_owner_sees_each_unit_of_the_months_that_were_chosen(app: Gainful) -> None:
    assert costs(app, app.viewer, date(2026, 10, 3), date(2026, 10, 4)) == {"sales": 7, "desk": 4, "lab": 2, "law": 3}
    both = costs(app, app.viewer, date(2026, 9, 30), date(2026, 10, 1))
    assert both == {"sales": 14, "desk": 10, "lab": 4, "law": 6}
    found = app.worth.months.over(["2026-10"], "agent", app.viewer)
    assert {one.unit: one.cost.amount for one in found.rows}["desk0-agent"] == 4


def test_everybody_sees_groups_of_those_who_took_part_in_that_very_month(app: Gainful) -> None:
    assert costs(app, EVERYBODY, date(2026, 9, 1), date(2026, 9, 30)) == {"sales": 7, "desk": 6, OTHERS: 5}
    # One of the desk alone was at work: that one is among others.
    assert costs(app, EVERYBODY, date(2026, 10, 1), date(2026, 10, 31)) == {"sales": 7, OTHERS: 9}
    assert costs(app, EVERYBODY, date(2026, 8, 1), date(2026, 10, 31)) == {"sales": 21, "desk": 12, OTHERS: 19}


def test_a_month_is_published_when_its_items_have_had_their_time(app: Gainful, clock: Clock) -> None:
    assert app.worth.months.known(EVERYBODY) == ["2026-08", "2026-09", "2026-10"]
    clock.now = datetime(2026, 12, 14, 23, tzinfo=UTC)
    app.worth.tell()
    assert "2026-11" not in app.worth.months.known(EVERYBODY)
    clock.now = datetime(2026, 12, 16, tzinfo=UTC)
    app.worth.tell()
    assert "2026-11" in app.worth.months.known(EVERYBODY)


def test_what_was_published_is_never_told_otherwise(app: Gainful, clock: Clock) -> None:
    """Asked today and tomorrow, the answers do not differ by what one person has done meanwhile."""
    before = costs(app, EVERYBODY, date(2026, 8, 1), date(2026, 11, 30))
    board = app.worth.board("team", EVERYBODY)
    app.facts.append(worked("desk1", "2026-10-13", "9"), "late")
    clock.now += timedelta(days=1)
    app.worth.tell()
    assert costs(app, EVERYBODY, date(2026, 8, 1), date(2026, 11, 30)) == before
    assert app.worth.board("team", EVERYBODY) == board
    assert costs(app, app.viewer, date(2026, 10, 1), date(2026, 10, 31))["desk"] == 13, "the owner sees what is known"


def test_the_board_of_everybody_is_the_sum_of_published_months(app: Gainful) -> None:
    rows = {one.unit: one.cost.amount for one in app.worth.board("team", EVERYBODY)}
    assert rows == costs(app, EVERYBODY, date(2026, 8, 1), date(2026, 10, 31))


def test_one_sees_ones_own_row_of_the_time_and_nobody_elses(app: Gainful) -> None:
    months = app.worth.months
    viewer = Viewer("desk0", Role.EMPLOYEE)
    own = months.over(["2026-09", "2026-10"], "team", viewer).own
    assert own is not None
    assert own.cost.amount == 5
    for unit in ("agent", "person"):
        with pytest.raises(NotYours):
            months.over(["2026-10"], unit, viewer)
    assert months.over(["2026-10"], "person", app.viewer).rows == (), "nobody asked to be shown"


@pytest.mark.parametrize(("first", "last"), [("2020-01-01", "2020-12-31"), ("2026-10-31", "2026-09-01")])
def test_a_time_of_which_nothing_is_known_is_said(app: Gainful, first: str, last: str) -> None:
    with pytest.raises(MonthsUnknown, match="There are 2026-08 to 2026-10"):
        app.worth.months.chosen(EVERYBODY, date.fromisoformat(first), date.fromisoformat(last))


def test_a_month_that_is_known_in_part_is_not_offered(tmp_path: Path) -> None:
    home = Home(tmp_path / "other")
    home.prepare()
    with Gainful.open(home, lambda: NOW) as app:
        app.facts.append([*people(), *worked("desk0", "2025-06-10", "1"), *worked("desk0", "2026-11-19", "1")], "test")
        app.worth.tell()
        assert app.worth.months.known(app.viewer) == ["2026-11"]
