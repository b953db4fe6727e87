"""What somebody does is seen by the owner alone until its month is published: every route of the books is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from gainful.app import Gainful
from gainful.app.console import Scope
from gainful.core.fact import (
    Agent,
    Audit,
    Call,
    Claim,
    Evidence,
    Fact,
    HoldOut,
    HumanTime,
    Person,
    Run,
    Team,
    Verdict,
    WorkItem,
)
from gainful.storage.settings.config import Home
from gainful.web.api import api
from gainful.web.console.pages import PAGES
from tests.unit.web.console_site import AUDITOR, EMPLOYEE, LEAD, OWNER, Site

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
PUBLISHED = datetime(2026, 12, 20, tzinfo=UTC)
"""When November is."""

SIZES = {"sales": 8, "desk": 7, "lab": 2}
ACTOR = "desk3"
"""Whose work is looked for. They asked to be shown, so that they stand on boards by name too."""

VIEWERS = (EMPLOYEE, LEAD, AUDITOR)
ASKED = {
    "unit": ("team", "agent", "person"),
    "by": ("model", "team", "tool", "agent", "day"),
    "name": ("desk", f"{ACTOR}-agent", ""),
    "day": ("2026-11-19", "2026-10-12"),
    "finding": ("zz",),
    "item": ("T-new", "T-1"),
    "run": ("new", "late"),
    "agent": (f"{ACTOR}-agent",),
}
"""What is put into addresses. A route that takes something else fails the test until somebody says what."""

QUERIES = ("", "?from=2026-10&to=2026-10", "?from=2026-09&to=2026-11", "?from=2026-11&to=2026-11", "?since=2026-11-19")
FORBIDDEN = 403


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    """A console, and a clock that can be put forward."""

    site: Site
    clock: Clock

    def add(self, *facts: Fact) -> None:
        """Let these come, and tell worth anew."""
        self.site.app.facts.append(facts, "test")
        # A program of the owner's tells worth; the clock goes on, as it does.
        self.clock.now += timedelta(minutes=20)
        assert self.site.app.worth.tell().fresh


def people() -> Iterator[Fact]:
    begun = NOW - timedelta(days=300)
    for team, size in SIZES.items():
        yield Team(at=begun, id=team)
        for number in range(size):
            name = f"{team}{number}"
            yield Person(at=begun, id=name, team=team, on_board=name == ACTOR)
            yield Agent(at=begun, id=f"{name}-agent", owner=name, team=team)
    for viewer in VIEWERS:
        yield Person(at=begun, id=viewer, team="sales")
        yield Agent(at=begun, id=f"agent-of-{viewer}", owner=viewer, team="sales")


def worked(person: str, agent: str, at: datetime, run: str, item: str = "", dollars: str = "1") -> list[Fact]:
    """A run; with an item, one that somebody else asked for, accepted and measured by hand once."""
    found: list[Fact] = [
        Run(at=at, id=run, agent=agent, person=person, work_item=item),
        Call(at=at, id=run, run=run, agent=agent, person=person, provider="local", model="m", cost=Decimal(dollars)),
    ]
    if item:
        found += [
            WorkItem(at=at, id=item, work_class="ticket", requester="sales0"),
            Claim(at=at, work_item=item, claimant=person),
            Verdict(at=at + timedelta(hours=1), work_item=item, by="sales0", accepted=True),
            Evidence(
                at=at + timedelta(hours=2),
                work_item=item,
                system="system:tickets",
                what="effect",
                before="a",
                after="b",
            ),
        ]
    return found


def by_hand(number: int, person: str, at: datetime) -> list[Fact]:
    """A measurement of what a ticket takes, which moves the baseline of everybody."""
    item = f"hand-{person}-{number}"
    return [
        WorkItem(at=at, id=item, work_class="ticket", requester="sales0"),
        HoldOut(at=at, work_item=item, arm="hand", share=0.1),
        HumanTime(at=at, work_item=item, person=person, what="hand", seconds=Decimal(1200 + 60 * number)),
        Verdict(at=at, work_item=item, by="sales0", accepted=True),
    ]


def history() -> Iterator[Fact]:
    names = [f"{team}{number}" for team, size in SIZES.items() for number in range(size)]
    for month in (8, 9, 10, 11):
        for place, name in enumerate(names):
            at = datetime(2026, month, 9, 8, place, tzinfo=UTC)
            yield from worked(name, f"{name}-agent", at, f"{name}-{month}", f"T-{name}-{month}")
        for viewer in VIEWERS:
            at = datetime(2026, month, 9, 9, tzinfo=UTC)
            yield from worked(viewer, f"agent-of-{viewer}", at, f"{viewer}-{month}")
        for number in range(8):
            yield from by_hand(number + 10 * month, "sales1", datetime(2026, month, 10, 9, tzinfo=UTC))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    home = Home(tmp_path / "home")
    home.prepare()
    home.config.write_text(f'[owner]\nname = "{OWNER}"\n', encoding="utf-8")
    clock = Clock()
    with Gainful.open(home, clock) as app:
        app.facts.append([*people(), *history()], "test")
        app.worth.tell()
        made = Site(app)
        made.people()
        with made.server:
            yield World(made, clock)


def filled(path: str) -> Iterator[str]:
    """A route's path with everything that is asked in the place of its parameters."""
    parts = [part.strip("{}").partition(":")[0] if part.startswith("{") else "" for part in path.split("/")]
    for values in product(*(ASKED[name] for name in parts if name)):
        given = iter(values)
        yield "/".join(next(given) if name else part for name, part in zip(parts, path.split("/"), strict=True))


def addresses(app: Gainful) -> Iterator[str]:
    """Every address of the books that only reads, in the console and in the API, from the tables of their routes."""
    pages = [
        page.path for page in PAGES if page.method == "GET" and (page.path == "/" or page.path.startswith("/books"))
    ]
    programs = [
        f"/api{route.path}"
        for route in api(app, app.access).routes
        if isinstance(route, APIRoute) and "books" in route.tags and "GET" in (route.methods or ())
    ]
    assert len(pages) > 10
    assert len(programs) > 4
    for path in (*pages, *programs):
        yield from filled(path)


class Looking:
    """One person who looks at everything again and again, with one session and one token."""

    def __init__(self, world: World, person: str) -> None:
        self._site = world.site
        self._browser = self._site.browser(person)
        token = self._site.app.access.add_token(f"all-{person}", person, list(Scope), timedelta(days=300), OWNER)
        self._token = {"authorization": f"Bearer {token}"}

    def all(self) -> dict[str, tuple[int, str]]:
        """Every answer."""
        found: dict[str, tuple[int, str]] = {}
        for address in addresses(self._site.app):
            found[address] = self.at(address)
            # A right is of a route, whatever is asked of it.
            more = QUERIES[1:] if found[address][0] != FORBIDDEN else ()
            found |= {f"{address}{query}": self.at(f"{address}{query}") for query in more}
        return found

    def at(self, address: str) -> tuple[int, str]:
        """One answer."""
        by_token = address.startswith("/api")
        got = self._site.request("GET", address, self._token) if by_token else self._browser.get(address)
        return got.status, got.body


def moved(before: dict[str, tuple[int, str]], after: dict[str, tuple[int, str]]) -> list[str]:
    return [address for address in before if before[address] != after[address]]


TOLD = ("/api/v1/worth", "/api/v1/boards/team", "/api/v1/cost/agent")
NEW = NOW - timedelta(days=1)
LATE = datetime(2026, 10, 12, 9, tzinfo=UTC)
ACTS: dict[str, list[Fact]] = {
    "a run of today": worked(ACTOR, f"{ACTOR}-agent", NEW, "new", dollars="50"),
    "a run with an agent of many": worked(ACTOR, "sales0-agent", NEW, "new", dollars="50"),
    "an item of today": worked(ACTOR, f"{ACTOR}-agent", NEW, "new", "T-new", "50"),
    "a run that is told late": worked(ACTOR, f"{ACTOR}-agent", LATE, "late", dollars="50"),
    "an item that is told late": worked(ACTOR, f"{ACTOR}-agent", LATE, "late", "T-1", "50"),
    "measurements by hand": [fact for number in range(9) for fact in by_hand(number, ACTOR, NEW)],
    "a second look": [Audit(at=NEW, work_item=f"T-{ACTOR}-10", auditor=AUDITOR, passed=True, minutes=Decimal(9))],
}


@pytest.mark.parametrize("act", ACTS)
def test_nothing_moves_for_anybody_else_until_the_month_is_published(world: World, act: str) -> None:
    looking = [Looking(world, person) for person in VIEWERS]
    owner = Looking(world, OWNER)
    before, known = [one.all() for one in looking], [owner.at(address) for address in TOLD]
    assert [sum(status == 200 for status, _ in seen.values()) > 10 for seen in before] == [True] * 3
    world.add(*ACTS[act])
    for one, seen, person in zip(looking, before, VIEWERS, strict=True):
        assert moved(seen, one.all()) == [], person
    assert known != [owner.at(address) for address in TOLD], "the owner sees it at once: there was something to see"


@pytest.fixture
def published(world: World) -> World:
    world.add(*ACTS["an item of today"])
    return world


def worth(world: World, person: str) -> dict[str, Any]:
    token = world.site.app.access.add_token(f"t{world.clock.now}", person, [Scope.READ], timedelta(days=9), OWNER)
    got = world.site.request("GET", "/api/v1/worth", {"authorization": f"Bearer {token}"})
    return dict(json.loads(got.body))


def test_it_is_seen_in_the_sums_once_its_month_is_published(published: World) -> None:
    before = worth(published, EMPLOYEE)
    assert "2026-11" not in {one["week"][:7] for one in before["engagement"]["weeks"]}
    published.clock.now = PUBLISHED
    published.site.app.worth.tell()
    after = worth(published, EMPLOYEE)
    assert Decimal(after["organisation"]["cost_usd"]) - Decimal(before["organisation"]["cost_usd"]) == 50 + 17 + 3
    weeks = {one["week"]: one["useful"] for one in after["engagement"]["weeks"]}
    assert weeks["2026-11-16"] == 1, "the actor had a useful week"


def test_useful_weeks_that_were_published_stay_whatever_is_undone(published: World) -> None:
    def weeks() -> list[dict[str, Any]]:
        return list(worth(published, LEAD)["engagement"]["weeks"])

    published.clock.now = PUBLISHED
    published.site.app.worth.tell()
    before = weeks()
    assert before
    published.add(*worked(ACTOR, f"{ACTOR}-agent", datetime(2026, 10, 21, 9, tzinfo=UTC), "r", "T-2"))
    assert weeks() == before
    told = published.site.app.worth.engagement_together(published.site.app.viewer)
    assert {one.week: one.useful for one in told}["2026-10-19"] == 1, "the owner sees what is known"


def test_who_asked_to_be_shown_stands_there_as_published_and_not_once_they_do_not_want_to(world: World) -> None:
    site = world.site
    name = site.app.directory.pseudonym(ACTOR)
    board = site.browser(EMPLOYEE).get("/books/boards/person/csv").body
    assert [line.split(",")[0] for line in board.splitlines()[1:]].count(name) == 1
    world.add(Person(at=NOW, id=ACTOR, team="desk", on_board=False))
    assert name not in site.browser(EMPLOYEE).get("/books/boards/person/csv").body
