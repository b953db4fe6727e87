"""What is deleted when its time is over, and what stays: whole items, the chain and sums; nothing counts twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from gainful.core.fact import DELETABLE, Call, Claim, Fact, HumanTime, Person, Read, Run, Verdict, WorkItem
from gainful.core.money import Tokens
from gainful.storage.database import transaction
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import Appended, FactStore
from gainful.storage.facts.retention_store import RetentionStore
from gainful.storage.facts.usage_store import UsageStore

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
OLD, BEFORE = NOW - timedelta(days=100), NOW - timedelta(days=60)


def store(database: Engine) -> FactStore:
    return FactStore(database, DirectoryStore(database), UsageStore(database), lambda _: Decimal("0.5"), lambda: NOW)


def item(name: str, begun: datetime, ended: datetime) -> list[Fact]:
    """An item with everything that belongs to it."""
    return [
        WorkItem(at=begun, id=name, work_class="ticket", requester="ann"),
        Run(at=begun, id=f"run-{name}", agent="helper", person="bo", work_item=name),
        Call(at=begun, id=f"call-{name}", run=f"run-{name}", provider="p", model="m", tokens=Tokens(10, 0, 0, 2)),
        Read(at=begun, run=f"run-{name}", by="ann"),
        HumanTime(at=begun, work_item=name, person="bo", what="review", seconds=Decimal(60)),
        Claim(at=ended, work_item=name, claimant="helper"),
        Verdict(at=ended, work_item=name, by="ann", accepted=True),
    ]


FACTS = [
    Person(at=OLD, id="bo", team="shop"),
    *item("over", OLD, OLD),
    *item("open", OLD, NOW),
    Call(at=OLD, id="loose", person="bo", provider="p", model="m"),
]


def forget_all(database: Engine) -> dict[str, int]:
    kept = RetentionStore(database)
    expected = {kind: kept.count(kind, BEFORE) for kind in DELETABLE}
    done = {kind: kept.forget(kind, BEFORE) for kind in DELETABLE}
    assert done == expected
    return {kind: count for kind, count in done.items() if count}


def test_items_go_whole_and_those_that_go_on_stay_whole(database: Engine) -> None:
    facts = store(database)
    facts.append(FACTS, "test")
    before = facts.record(OLD, NOW + timedelta(days=1)).case("open")
    assert forget_all(database) == {
        "work_item": 1,
        "run": 1,
        "call": 2,
        "read": 1,
        "human_time": 1,
        "claim": 1,
        "verdict": 1,
    }
    record = facts.record(OLD, NOW + timedelta(days=1))
    assert [case.id for case in record.cases()] == ["open"]
    assert record.case("open") == before
    assert list(record.loose()) == []
    assert len(record.organisation().people) == 1
    assert facts.kept_since() == BEFORE


def test_runs_of_days_that_are_forgotten_are_found_no_more_and_sums_stay(database: Engine) -> None:
    usage = UsageStore(database)
    store(database).append(FACTS, "test")
    days = (OLD.date(), NOW.date())
    assert {one.run for one in usage.runs(*days, 9)} == {"", "run-over", "run-open"}
    spent = usage.spent("model", *days)
    forget_all(database)
    assert [one.run for one in usage.runs(*days, 9)] == ["run-open"]
    assert usage.spent("model", *days) == spent


def test_what_is_deleted_leaves_a_chain_that_misses_nothing_else(database: Engine) -> None:
    facts = store(database)
    for fact in FACTS:
        facts.append([fact], "test")
    facts.append(FACTS[:3], "test")
    forget_all(database)
    assert facts.verify() == ""
    assert facts.append([Claim(at=NOW, work_item="open", claimant="other")], "test") == Appended(1, 0)
    assert facts.verify() == ""
    with database.begin() as connection:
        connection.execute(text("DELETE FROM facts WHERE kind = 'verdict'"))
    assert facts.verify() == "Batch 15, from test, lacks 1 of its rows."


@pytest.mark.of_sqlite
@pytest.mark.parametrize("change", ["zeroblob(32)", "CAST(digests || zeroblob(32) AS BLOB)", "substr(digests, 33)"])
def test_what_is_left_cannot_be_changed_either(database: Engine, change: str) -> None:
    facts = store(database)
    facts.append(FACTS, "test")
    forget_all(database)
    with database.begin() as connection:
        connection.execute(text(f"UPDATE forgotten SET digests = {change}"))
    assert facts.verify().startswith("Batch 1, from test, ")


def test_what_was_deleted_is_not_counted_again(database: Engine) -> None:
    facts, usage = store(database), UsageStore(database)
    facts.append(FACTS, "test")
    first, last = date(2026, 1, 1), date(2027, 1, 1)
    before = usage.spent("model", first, last)
    assert before[0].calls == 3
    forget_all(database)
    assert usage.spent("model", first, last) == before
    assert facts.append(FACTS, "again") == Appended(0, len(FACTS))
    assert usage.spent("model", first, last) == before
    # Nor is a later, shorter time widened by an earlier one.
    RetentionStore(database).forget("call", OLD)
    assert facts.append([FACTS[-1]], "again") == Appended(0, 1)


def test_forgetting_that_was_killed_is_done_again(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = store(database)
    facts.append(FACTS, "test")
    monkeypatch.setattr("gainful.storage.facts.retention_store.CHUNK", 1)
    kept = RetentionStore(database)
    rounds = iter([None, None])

    def killed(engine: Engine) -> object:
        # The mark is set and one call is gone when it dies.
        if next(rounds, "dead") == "dead":
            raise KeyboardInterrupt
        return transaction(engine)

    monkeypatch.setattr("gainful.storage.facts.retention_store.transaction", killed)
    with pytest.raises(KeyboardInterrupt):
        kept.forget("call", BEFORE)
    monkeypatch.setattr("gainful.storage.facts.retention_store.transaction", transaction)
    assert facts.verify() == ""
    assert (kept.forget("call", BEFORE), kept.count("call", BEFORE)) == (1, 0)
    assert facts.verify() == ""
