"""Facts in SQL: each once, chained, under pseudonyms, and read back by work item."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Engine, text

from gainful.core.fact import (
    Account,
    Agent,
    Audit,
    Call,
    Claim,
    Evidence,
    Fact,
    HoldOut,
    HumanTime,
    Person,
    Read,
    Reversal,
    Run,
    Team,
    Verdict,
    WorkItem,
)
from gainful.core.money import Tokens
from gainful.storage.database import transaction
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import Appended, FactStore
from gainful.storage.facts.usage_store import RunSpent, UsageStore, merged
from gainful.storage.migrations.versions import fifteenth

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SINCE, UNTIL = NOW - timedelta(days=30), NOW + timedelta(days=30)


def hour(number: float) -> datetime:
    return NOW + timedelta(hours=number)


def store(database: Engine) -> FactStore:
    directory, usage = DirectoryStore(database), UsageStore(database)
    return FactStore(
        database, directory, usage, lambda call: None if call.model == "odd" else Decimal("0.5"), lambda: NOW
    )


FACTS: list[Fact] = [
    Team(at=NOW, id="shop"),
    Person(at=NOW, id="ann", team="desk", identities=("ann@example.org",)),
    Person(at=NOW, id="bo", team="shop"),
    Agent(at=NOW, id="helper", owner="bo", team="shop"),
    Account(at=NOW, id="svc-1", owner="bo"),
    WorkItem(at=NOW, id="T-1", work_class="ticket", requester="ann@example.org"),
    HoldOut(at=NOW, work_item="T-1", arm="agent", share=0.1),
    Run(at=hour(1), id="r1", agent="helper", person="bo", work_item="T-1"),
    Call(at=hour(1), id="c1", run="r1", provider="p", model="m", tokens=Tokens(10, 0, 0, 2)),
    Call(at=hour(2), id="c2", run="r1", provider="p", model="odd", failed=True),
    Call(at=hour(2), id="c3", run="r1", name="search"),
    HumanTime(at=hour(2), work_item="T-1", person="bo", what="review", seconds=Decimal(90)),
    Claim(at=hour(3), work_item="T-1", claimant="helper"),
    Verdict(at=hour(4), work_item="T-1", by="ANN@example.org", accepted=True),
    Evidence(at=hour(4), work_item="T-1", system="system:desk", what="effect", before="open", after="closed"),
    Reversal(at=hour(9), work_item="T-1", by="system:desk", why="opened again"),
    Audit(at=hour(10), work_item="T-1", auditor="cy", passed=True, minutes=Decimal(20)),
    Run(at=hour(5), id="r2", agent="helper", person="bo", trigger="schedule"),
    Call(at=hour(5), id="c4", run="r2", provider="p", model="m", cost=Decimal("0.25")),
    Read(at=hour(6), run="r2", by="ann"),
    Call(at=hour(6), id="c5", agent="helper", person="bo", provider="p", model="m"),
]


def test_what_was_reported_is_read_back_by_item(database: Engine) -> None:
    facts = store(database)
    assert facts.append(FACTS, "test") == Appended(len(FACTS), 0)
    record = facts.record(SINCE, UNTIL)
    (case,) = record.cases()
    who = record.organisation()
    ann = next(id_ for id_, person in who.people.items() if person.team == "desk")
    bo = who.agents["helper"].owner
    assert case.item is not None
    # Whatever name she is reported under, it is the same person.
    assert case.item.requester == case.verdicts[0].by == ann
    assert (who.behind("helper"), who.team_of("helper"), who.people[bo].team) == (bo, "shop", "shop")
    assert [call.cost for call in case.uses[0].calls] == [Decimal("0.5"), None, Decimal(0)]
    assert case.uses[0].cost == Decimal("0.5")
    assert [len(part) for part in (case.times, case.claims, case.evidence, case.reversals, case.audits)] == [1] * 5
    loose = list(record.loose())
    assert [(use.run.id, use.cost, len(use.reads)) for use in loose] == [
        ("r2", Decimal("0.25"), 1),
        ("call::c5", Decimal("0.5"), 0),
    ]
    assert facts.case("T-1")[1] == case


def test_no_name_stands_in_what_is_kept(database: Engine) -> None:
    store(database).append(FACTS, "test")
    with database.connect() as connection:
        kept = [*connection.execute(text("SELECT body FROM facts")).scalars()]
        kept += [str(row) for row in connection.execute(text("SELECT * FROM reported_calls")).all()]
        kept += [str(row) for row in connection.execute(text("SELECT * FROM reported_runs")).all()]
    assert not [row for row in kept if "ann" in row or '"bo"' in row or "'bo'" in row]


def test_the_same_again_changes_nothing(database: Engine) -> None:
    facts = store(database)
    facts.append(FACTS, "test")
    before = list(facts.record(SINCE, UNTIL).cases()), facts.head()
    assert facts.append(FACTS, "again") == Appended(0, len(FACTS))
    assert (list(facts.record(SINCE, UNTIL).cases()), facts.head()) == before


@pytest.mark.parametrize("seed", range(12))
def test_order_doubles_and_batches_do_not_matter(database: Engine, seed: int) -> None:
    chance, facts = random.Random(seed), store(database)
    mixed = FACTS + chance.sample(FACTS, 8)
    chance.shuffle(mixed)
    while mixed:
        size = chance.randint(1, 6)
        facts.append(mixed[:size], "test")
        mixed = mixed[size:]
    record = facts.record(SINCE, UNTIL)
    (case,) = record.cases()
    assert [type(one).__name__ for one in (*case.claims, *case.verdicts)] == ["Claim", "Verdict"]
    assert case.uses[0].cost == Decimal("0.5")
    # A claim that came before its agent was known is the agent's all the same.
    assert record.organisation().behind(case.claims[0].claimant) == record.organisation().agents["helper"].owner
    assert facts.verify() == ""
    assert {
        one.name: one.calls for one in UsageStore(database).spent("model", date(2026, 11, 1), date(2026, 12, 1))
    } == {
        "p:m": 3,
        "p:odd": 1,
        "": 1,
    }


def test_the_chain_names_a_batch_that_was_changed(database: Engine) -> None:
    facts = store(database)
    for fact in FACTS:
        facts.append([fact], "test")
    assert facts.verify() == ""
    with database.begin() as connection:
        connection.execute(text("UPDATE facts SET body = replace(body, '90', '91') WHERE kind = 'human_time'"))
    assert facts.verify() == "Batch 12, from test, was changed after it was booked."
    with database.begin() as connection:
        connection.execute(text("DELETE FROM batches WHERE seq = 3"))
    assert facts.verify().startswith("Batch 3 is missing")


def test_sums_are_what_the_rows_add_up_to(database: Engine) -> None:
    chance, facts, usage = random.Random(5), store(database), UsageStore(database)
    people = [f"p{number}" for number in range(6)]
    facts.append([Person(at=SINCE, id=one, team=f"t{number % 3}") for number, one in enumerate(people)], "test")
    calls = [
        Call(
            at=SINCE + timedelta(minutes=chance.randrange(80_000)),
            id=str(number),
            person=chance.choice(people),
            agent=f"a{number % 7}",
            provider="p",
            model=chance.choice(["m", "n", "odd"]),
            tokens=Tokens(chance.randrange(99), chance.randrange(99), 0, chance.randrange(99)),
            cost=None if chance.random() < 0.2 else Decimal(chance.randrange(10**6)) / 10**6,
        )
        for number in range(400)
    ]
    for start in range(0, 400, 37):
        facts.append(calls[start : start + 37], "test")
    first, last = date(2026, 10, 9), date(2026, 11, 17)
    chosen = [call for call in calls if first <= call.at.date() < last]
    for by in ("model", "team", "tool"):
        found = usage.spent(by, first, last)
        assert sum(one.calls for one in found) == len(chosen)
        priced = [
            call.cost if call.cost is not None else Decimal("0.5")
            for call in chosen
            if call.model != "odd" or call.cost
        ]
        assert sum((one.cost.amount for one in found), Decimal(0)) == sum(priced, Decimal(0))
        assert sum(one.tokens.prompt for one in found) == sum(call.tokens.prompt for call in chosen)
        assert found == sorted(found, key=lambda one: (-one.cost.amount, one.name))
    assert {one.name for one in usage.spent("team", first, last)} == {"t0", "t1", "t2"}
    assert sum(one.unpriced for one in usage.spent("model", first, last)) == sum(
        call.model == "odd" and call.cost is None for call in chosen
    )
    assert sum(one.calls for one in usage.by_day(first, last)) == len(chosen)
    assert sum(one.calls for one in usage.spent("agent", date(2026, 10, 1), date(2026, 12, 31))) == 400


@pytest.mark.parametrize("seed", range(4))
def test_what_runs_cost_is_what_their_calls_add_up_to_whatever_is_told_first(database: Engine, seed: int) -> None:
    chance, facts, usage = random.Random(seed), store(database), UsageStore(database)
    first, last = date(2026, 10, 20), date(2026, 10, 24)
    told: list[Fact] = [
        Run(at=SINCE, id=f"r{number}", agent=f"a{number % 3}", person=f"p{number % 4}", work_item=f"T-{number}")
        for number in range(12)
    ]
    calls = [
        Call(
            at=datetime(2026, 10, 19, tzinfo=UTC) + timedelta(minutes=chance.randrange(6 * 1440)),
            id=str(number),
            # Half of them say whose they are; of the others that is learnt from their run, or never.
            run=f"r{number % 14}" if number % 9 else "",
            agent=f"a{number % 14 % 3}" if number % 2 else "",
            person=f"p{number % 14 % 4}" if number % 2 else "",
            provider="p",
            model="m",
            cost=Decimal(chance.randrange(10**6)) / 10**6,
        )
        for number in range(300)
    ]
    whose = {f"r{number}": f"a{number % 3}" for number in range(12)}
    told += calls
    chance.shuffle(told)
    facts.append([Person(at=SINCE, id=f"p{number}", team=f"t{number % 2}") for number in range(4)], "test")
    for start in range(0, len(told), 29):
        facts.append(told[start : start + 29], "test")

    for agent in (None, "a0", "a1"):
        expected: dict[str, Decimal] = {}
        for call in calls:
            if first <= call.at.date() < last and agent in (None, call.agent or whose.get(call.run, "")):
                expected[call.run] = expected.get(call.run, Decimal(0)) + (call.cost or 0)
        found = usage.runs(first, last, 100, "agent" if agent else None, agent or "")
        assert {one.run: one.cost.amount for one in found} == expected
        assert found == sorted(found, key=lambda one: (-one.cost.amount, one.run))
    assert {one.run: one.work_item for one in found if one.run} == {
        one.run: f"T-{one.run[1:]}" if one.run in whose else "" for one in found if one.run
    }
    teams = [usage.runs(first, last, 100, "team", team) for team in ("t0", "t1", "")]
    assert sum(one.calls for rows in teams for one in rows) == sum(first <= call.at.date() < last for call in calls)
    assert usage.runs(first, last, 1) == usage.runs(first, last, 100)[:1]


def test_what_runs_cost_is_summed_up_for_databases_that_were_there_before(database: Engine) -> None:
    facts, usage = store(database), UsageStore(database)
    facts.append(FACTS, "test")
    days = (date(2026, 11, 1), date(2026, 12, 1))

    def found() -> list[list[RunSpent]]:
        return [usage.runs(*days, 50), usage.runs(*days, 50, "agent", "helper"), usage.runs(*days, 50, "team", "shop")]

    known = found()
    assert [len(rows) for rows in known] == [3, 3, 3]
    with transaction(database) as connection:
        connection.execute(text("DROP TABLE run_spending"))
        with Operations.context(MigrationContext.configure(connection)):
            fifteenth.upgrade()
    assert known == [
        usage.runs(*days, 50),
        usage.runs(*days, 50, "agent", "helper"),
        usage.runs(*days, 50, "team", "shop"),
    ]


def test_facts_about_a_run_join_in_any_order() -> None:
    begun = Run(at=NOW, id="r", agent="helper", person="bo", trigger="schedule", input_hash="x")
    ended = Run(at=hour(1), id="r", agent="helper", ended_at=hour(2), status="failed", output_hash="y")
    assert (
        merged(begun, ended)
        == merged(ended, begun)
        == replace(begun, ended_at=hour(2), status="failed", output_hash="y")
    )
    assert merged(merged(begun, ended), begun) == merged(begun, ended)


def test_one_person_behind_two_names_is_one(database: Engine) -> None:
    facts, directory = store(database), DirectoryStore(database)
    facts.append(
        [Run(at=NOW, id="r1", agent="a", person="e7"), Run(at=NOW, id="r2", agent="a", person="ann@x.org")], "t"
    )
    assert len({use.run.person for use in facts.record(SINCE, UNTIL).loose()}) == 2
    facts.append([Person(at=NOW, id="e7", identities=("ann@x.org",))], "t")
    assert {use.run.person for use in facts.record(SINCE, UNTIL).loose()} == {directory.pseudonym("ANN@X.org")}
    assert directory.identities(directory.pseudonym("e7")) == ["ann@x.org", "e7"]
    assert directory.names([directory.pseudonym("e7")]) == {directory.pseudonym("e7"): "e7"}


def test_agents_are_found_by_the_names_and_the_pseudonyms_they_go_by(database: Engine) -> None:
    facts, directory = store(database), DirectoryStore(database)
    # Claimed by an agent that nobody has told of yet, which looks like a person.
    facts.append([Claim(at=NOW, work_item="T-1", claimant="late")], "test")
    told = [Agent(at=NOW, id=name, owner="bo", tool="codex") for name in ("late", "up", "other")]
    facts.append([*told, Agent(at=hour(1), id="up", owner="bo", tool="gainful")], "test")
    veiled = directory.pseudonym("late")
    found = facts.record(SINCE, UNTIL).agents(["up", "nobody", veiled, 'q"uote'])
    assert {name: (one.id, one.tool) for name, one in found.items()} == {
        "up": ("up", "gainful"),
        veiled: ("late", "codex"),
    }
    assert facts.record(SINCE, UNTIL).agents([]) == {}
    whole = facts.record(SINCE, UNTIL).organisation().agents
    assert {name: whole[name] for name in found} == found


def test_whoever_is_forgotten_leaves_work_that_is_nobodys(database: Engine) -> None:
    facts, directory = store(database), DirectoryStore(database)
    facts.append(FACTS, "test")
    before = directory.pseudonym("ann")
    with transaction(database) as connection:
        assert directory.forget_in(connection, before) == ["ann", "ann@example.org"]
    assert (directory.pseudonym("ann"), directory.names([before])) == ("", {})
    assert facts.verify() == ""
    (case,) = facts.record(SINCE, UNTIL).cases()
    assert case.item is not None and case.item.requester == before


def test_a_batch_is_booked_whole_or_not_at_all(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = store(database)
    monkeypatch.setattr(UsageStore, "write_in", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        facts.append(FACTS, "test")
    monkeypatch.undo()
    assert facts.span() is None
    assert UsageStore(database).spent("model", date(2026, 11, 1), date(2026, 12, 1)) == []
    with transaction(database) as connection:
        assert DirectoryStore(database).teams_in(connection, ["p-1"]) == {}


def test_whoever_moves_was_there_before(database: Engine) -> None:
    facts = store(database)
    facts.append([Person(at=hour(0), id="ann", team="desk"), Person(at=hour(9), id="ann", team="shop")], "test")
    (ann,) = facts.record(SINCE, UNTIL).organisation().people.values()
    assert (ann.at, ann.team) == (hour(0), "shop")


def test_what_another_name_spends_is_the_teams(database: Engine) -> None:
    facts, usage = store(database), UsageStore(database)
    # The login is seen first, and turns out to be somebody's later.
    facts.append([Call(at=NOW, id="1", person="login7", provider="p", model="m")], "test")
    facts.append([Person(at=NOW, id="e7", team="shop", identities=("login7",))], "test")
    facts.append([Call(at=NOW, id="2", person="login7", provider="p", model="m")], "test")
    spent = usage.spent("team", date(2026, 11, 1), date(2026, 12, 1))
    assert {one.name: one.calls for one in spent} == {"": 1, "shop": 1}
    assert facts.append([Call(at=NOW, id="2", person="login7", provider="p", model="m")], "test").new == 0
