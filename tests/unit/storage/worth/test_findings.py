"""Findings of a time and of some agents, as the database answers, on either database."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, select, text

from gainful.core.money import Money
from gainful.storage.database import reading, transaction
from gainful.storage.migrations.versions import sixteenth
from gainful.storage.schema import waste_findings
from gainful.storage.worth.assessment_store import AssessmentStore, Wanted
from gainful.worth.assessment import Assessment, AuditPlan
from gainful.worth.finding import Fix, Remedy, WasteFinding
from gainful.worth.unit import Unit

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
COUNT = 1500
"""More than a page reads of them."""


def finding(number: int, chance: random.Random) -> WasteFinding:
    since = BEGIN + timedelta(hours=chance.randrange(24 * 150))
    agent = f"agent{chance.randrange(40)}" if chance.random() < 0.9 else ""
    return WasteFinding(
        kind="orphan-runs",
        agent=agent,
        team="shop",
        # The dearest ones are the oldest: whoever reads only some of them does not come to the last months.
        cost=Money(Decimal(100_000 - number)),
        confidence=0.8,
        proof="Runs for no known work.",
        fix=Fix(Remedy.LOOK, agent),
        since=since,
        until=since + timedelta(hours=chance.randrange(1, 400)),
        runs=(f"r{number}",),
    )


def findings() -> list[WasteFinding]:
    chance = random.Random(7)
    return sorted((finding(n, chance) for n in range(COUNT)), key=lambda one: -one.cost.amount)


def told(found: list[WasteFinding]) -> Assessment:
    nothing = Unit().standing("organisation", "", "", {})
    plan = AuditPlan(0.1, 0.9, 0.0, 0.0)
    return Assessment(
        BEGIN, BEGIN + timedelta(days=180), nothing, {}, {}, {}, {}, (), plan, tuple(found), Money(0)
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_the_database_answers_as_looking_at_each_of_them_would(database: Engine, seed: int) -> None:
    all_, store = findings(), AssessmentStore(database)
    number = store.save(told(all_), "head", BEGIN).id
    chance = random.Random(seed)
    for _ in range(12):
        since = BEGIN + timedelta(days=chance.randrange(160))
        until = since + timedelta(days=chance.randrange(1, 40))
        agents = frozenset(f"agent{chance.randrange(40)}" for _ in range(chance.randrange(5)))
        of = Wanted(since, until, agents if chance.random() < 0.5 else None)
        expected = [
            one
            for one in all_
            if one.since < until and one.until > since and (of.agents is None or one.agent in of.agents)
        ]
        assert store.findings(number, 1_000_000, of) == expected
        assert store.findings(number, 3, of) == expected[:3]
        assert store.finding_count(number, of) == len(expected)


def test_a_finding_that_ends_when_a_time_begins_does_not_lie_in_it(database: Engine) -> None:
    store, one = AssessmentStore(database), findings()[0]
    number = store.save(told([one]), "head", BEGIN).id
    moment = timedelta(microseconds=1)
    ends = {
        (one.until, one.until + moment): 0,
        (one.until - moment, one.until): 1,
        (one.since - moment, one.since): 0,
        (one.since, one.since + moment): 1,
    }
    assert {ends: store.finding_count(number, Wanted(*ends)) for ends in ends} == ends
    assert store.findings(number, of=Wanted(agents=frozenset())) == []
    assert store.agents_found(number) == ({one.agent} if one.agent else set())


def test_findings_that_were_there_before_say_their_time_and_agent(database: Engine) -> None:
    all_, store = findings()[:30], AssessmentStore(database)
    number = store.save(told(all_), "head", BEGIN).id
    columns = (waste_findings.c.id, waste_findings.c.agent, waste_findings.c.since, waste_findings.c.until)
    with reading(database) as connection:
        known = connection.execute(select(*columns).order_by(waste_findings.c.id)).all()
    with transaction(database) as connection:
        for name in ("waste_findings_by_time", "waste_findings_by_agent", "published_weeks_by_month"):
            connection.execute(text(f"DROP INDEX {name}"))
        for table in ("published_weeks", "published_people"):
            connection.execute(text(f"DROP TABLE {table}"))
        for name in ("agent", "since", "until"):
            connection.execute(text(f"ALTER TABLE waste_findings DROP COLUMN {name}"))
        with Operations.context(MigrationContext.configure(connection)):
            sixteenth.upgrade()
    with reading(database) as connection:
        assert connection.execute(select(*columns).order_by(waste_findings.c.id)).all() == known
    assert len(store.findings(number)) == 30


def test_what_a_process_of_the_version_before_finds_lies_in_every_time(database: Engine) -> None:
    """While a team upgrades: rather shown in a month too many than in none."""
    store, one = AssessmentStore(database), findings()[0]
    number = store.save(told([]), "head", BEGIN).id
    body = json.dumps({**json.loads(_body(one)), "id": "old"})
    with transaction(database) as connection:
        connection.execute(
            text(
                "INSERT INTO waste_findings (assessment, id, kind, nano_usd, body) VALUES (:of, 'old', 'x', 1, :body)"
            ),
            {"of": number, "body": body},
        )
    assert len(store.findings(number, of=Wanted(BEGIN, BEGIN + timedelta(days=1)))) == 1


def _body(one: WasteFinding) -> str:
    from gainful.worth.json import finding_json

    return json.dumps(finding_json(one))
