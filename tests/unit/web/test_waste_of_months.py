"""The page of waste of chosen months, where more was found than anybody reads: nothing of it is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.core.fact import Agent, Call, Person, Run
from gainful.core.money import Money
from gainful.storage.settings.config import Home
from gainful.worth.assess import examine
from gainful.worth.finding import Fix, Remedy, WasteFinding
from tests.unit.web.console_site import EMPLOYEE, LEAD, OWNER, Site

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
OLD, LAST = 1200, 25
"""Dearer findings of September, and those of October, two of which are about an employee's agent."""


def found(number: int, at: datetime, agent: str = "") -> WasteFinding:
    fix = Fix(Remedy.LOOK, agent)
    cost = Money(Decimal(10_000 - number))
    return WasteFinding(
        "orphan-runs",
        agent,
        "shop",
        cost,
        0.8,
        f"Proof {number}.",
        fix,
        at,
        at + timedelta(days=2),
        runs=(f"r{number}",),
    )


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    home = Home(tmp_path / "home")
    home.prepare()
    home.config.write_text(f'[owner]\nname = "{OWNER}"\n', encoding="utf-8")
    with Gainful.open(home, lambda: NOW) as app:
        begun = datetime(2026, 8, 20, tzinfo=UTC)
        facts = [Person(at=begun, id=EMPLOYEE, team="shop"), Agent(at=begun, id="toms", owner=EMPLOYEE, team="shop")]
        for number in range(7):
            person = f"p{number}"
            facts.append(Person(at=begun, id=person, team="shop"))
            for month in (8, 9, 10, 11):
                at, run = datetime(2026, month, 5, tzinfo=UTC), f"{person}-{month}"
                facts.append(Run(at=at, id=run, agent="a", person=person))
                facts.append(Call(at=at, id=run, run=run, agent="a", person=person, cost=Decimal(1)))
        app.facts.append(facts, "test")
        app.worth.tell()
        told, _ = examine(app.facts.record(*app.worth.time()), app.worth.settings)
        old = [found(number, datetime(2026, 9, 10, tzinfo=UTC)) for number in range(OLD)]
        last = [
            found(OLD + number, datetime(2026, 10, 10, tzinfo=UTC), "toms" if number > LAST - 3 else "a")
            for number in range(LAST)
        ]
        app.tellings.save(replace(told, findings=(*old, *last)), app.facts.head(), NOW)
        made = Site(app)
        made.people()
        with made.server:
            yield made


def proofs(body: str) -> list[int]:
    return [int(number) for number in re.findall(r"<p>Proof (\d+)\.</p>", body)]


def test_the_findings_of_a_month_are_all_there_however_many_dearer_ones_came_before(site: Site) -> None:
    body = site.browser().get("/books/waste?from=2026-10&to=2026-10").body
    assert proofs(body) == list(range(OLD, OLD + 20))
    assert "5 more, each of less money" in body
    assert "1205 more, each of less money" in site.browser().get("/books/waste").body


def test_whoever_owns_an_agent_reads_what_is_found_about_it_among_many(site: Site) -> None:
    for query in ("", "?from=2026-10&to=2026-10"):
        assert proofs(site.browser(EMPLOYEE).get(f"/books/waste{query}").body) == [OLD + LAST - 2, OLD + LAST - 1]
    assert proofs(site.browser(EMPLOYEE).get("/books/waste?from=2026-09&to=2026-09").body) == []
    assert proofs(site.browser(LEAD).get("/books/waste").body) == []
