"""Sums by run that a process from before them has left out: found, and right again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, select, text

from gainful.core.fact import Call, Fact, Person, Run
from gainful.storage.database import reading, transaction
from gainful.storage.facts import spending_sums
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.facts.retention_store import RetentionStore
from gainful.storage.facts.sums_repair import SumsRepair
from gainful.storage.facts.usage_store import UsageStore
from gainful.storage.schema import reported_runs, run_spending

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def store(engine: Engine) -> FactStore:
    return FactStore(engine, DirectoryStore(engine), UsageStore(engine), lambda _call: None, lambda: NOW)


def call(number: int, day: int, agent: str = "helper", run: str = "", person: str = "bo") -> Call:
    at = NOW.replace(day=day) + timedelta(minutes=number)
    cost = Decimal(number + 1)
    return Call(at=at, id=f"c{number}", run=run, agent=agent, person=person, provider="local", model="m", cost=cost)


def rows(engine: Engine) -> list[tuple[Any, ...]]:
    """Sums by run that count something."""
    query = select(run_spending).where(run_spending.c.calls != 0).order_by(*run_spending.c)
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(query)]


def booked_before(engine: Engine, facts: Sequence[Fact], monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process books that does not know the sums by run."""
    with monkeypatch.context() as old:
        old.setattr(spending_sums._RunSums, "write", lambda _self, _connection: None)
        store(engine).append(facts, "before")


def test_nothing_is_wrong_where_every_process_knows_the_sums(database: Engine) -> None:
    store(database).append([Person(at=NOW, id="bo", team="shop"), *(call(n, 1 + n % 9) for n in range(40))], "test")
    before = rows(database)
    assert SumsRepair(database).wrong() == []
    assert SumsRepair(database).mend() == []
    assert rows(database) == before


def test_days_that_an_older_process_booked_are_found_and_summed_up(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = store(database)
    facts.append([Person(at=NOW, id="bo", team="shop"), *(call(n, 3, run=f"r{n}") for n in range(5))], "test")
    booked_before(database, [call(n, 3 + n % 2, run=f"r{n}") for n in range(5, 11)], monkeypatch)
    booked_before(database, [call(11, 9, agent="", run="", person="")], monkeypatch)
    repair = SumsRepair(database)
    assert repair.wrong() == [date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 9)]
    assert repair.mend() == [date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 9)]
    found = UsageStore(database).runs(date(2026, 11, 1), date(2026, 12, 1), 100)
    assert {one.run: int(one.cost.amount) for one in found} == {**{f"r{n}": n + 1 for n in range(11)}, "": 12}
    assert repair.wrong() == []


@pytest.mark.parametrize(("learnt", "days"), [("agent", [3, 5]), ("person", [3])])
def test_what_an_older_process_has_learnt_of_a_run_moves_its_sums(
    database: Engine, monkeypatch: pytest.MonkeyPatch, learnt: str, days: list[int]
) -> None:
    """Days and their sums are right, and whose they are is not. Of agents, all days of the month are looked at."""
    facts = store(database)
    at = NOW.replace(day=3)
    known = {"agent": "helper", "person": "bo"} | {learnt: ""}
    facts.append([Person(at=NOW, id="bo", team="shop"), call(1, 3, run="r1", **known), call(2, 5)], "test")
    booked_before(database, [Run(at=at, id="r1", agent="helper", person="bo")], monkeypatch)
    assert SumsRepair(database).mend() == [date(2026, 11, day) for day in days]
    (one,) = [row for row in rows(database) if row[1] == "r1"]
    assert one[2:4] == ("helper", "shop")
    assert SumsRepair(database).wrong() == []


def test_sums_of_calls_that_are_not_there_are_taken_away(database: Engine) -> None:
    store(database).append([call(1, 3, run="r1")], "test")
    right = rows(database)
    with transaction(database) as connection:
        connection.execute(
            text(
                "INSERT INTO run_spending (day, run, agent, team, at, calls, nano_usd) VALUES (9, 'x', '', '', 0, 3, 9)"
            )
        )
    assert len(SumsRepair(database).mend()) == 1
    assert rows(database) == right


def test_days_of_which_calls_were_deleted_stay_as_they_are(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    store(database).append([call(1, 3, run="r1"), call(2, 10, run="r2"), call(3, 12, run="r3")], "test")
    RetentionStore(database).forget("call", NOW.replace(day=10))
    with transaction(database) as connection:
        connection.execute(delete(run_spending))
        connection.execute(delete(reported_runs))
    assert SumsRepair(database).mend() == [date(2026, 11, 12)]
    assert [row[1] for row in rows(database)] == ["r3"]
    assert SumsRepair(database).wrong() == []


def test_killed_between_two_days_the_rest_is_done_the_next_time(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked_before(database, [call(n, 1 + n, run=f"r{n}") for n in range(4)], monkeypatch)
    repair = SumsRepair(database)
    seen = 0

    def die(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        nonlocal seen
        if statement.startswith("INSERT INTO run_spending"):
            seen += 1
            if seen == 3:
                raise KeyboardInterrupt

    event.listen(database, "before_cursor_execute", die)
    with pytest.raises(KeyboardInterrupt):
        repair.mend()
    event.remove(database, "before_cursor_execute", die)
    assert repair.wrong() == [date(2026, 11, 3), date(2026, 11, 4)], "what was done stays, and no day is half done"
    assert repair.mend() == [date(2026, 11, 3), date(2026, 11, 4)]
    assert len(rows(database)) == 4
