"""Months as files: what stands in them, which are written again, and that no name gets into them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.core.errors import Invalid
from gainful.core.fact import (
    Account,
    Agent,
    Call,
    Claim,
    Evidence,
    Exploration,
    Fact,
    HoldOut,
    HumanTime,
    Person,
    Reversal,
    Run,
    Verdict,
    WorkItem,
)
from gainful.core.money import Tokens
from gainful.storage.cold.cold_months import ColdMonths, Exported, cold_answer, files_in
from gainful.storage.cold.cold_rows import TABLES, month_of
from gainful.storage.cold.parquet import ColdFolderInvalid
from gainful.storage.database import open_database
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.facts.retention_store import RetentionStore
from gainful.storage.facts.usage_store import UsageStore

SEPTEMBER, OCTOBER = datetime(2026, 9, 30, 23, 59, 59, 999999, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
ANN, BO = "ann@example.org", "bo@example.org"
COST = Decimal("0.123456789")
FACTS: list[Fact] = [
    Person(at=SEPTEMBER, id=BO, team="shop", identities=("bo-the-other",)),
    Account(at=SEPTEMBER, id="bo-bot", owner=BO),
    Agent(at=SEPTEMBER, id="fixer", owner=BO),
    Exploration(at=OCTOBER, id="x1", team="shop", budget=Decimal("12.5"), ends_at=OCTOBER + timedelta(days=30)),
    WorkItem(at=SEPTEMBER, key=f"item:{ANN}", id="T-1", work_class="ticket", requester=ANN),
    HoldOut(at=SEPTEMBER, work_item="T-1", arm="agent", share=0.05),
    Run(at=SEPTEMBER, id="r1", agent="fixer", person=BO, work_item="T-1", trigger="event"),
    Call(at=SEPTEMBER, id="c1", run="r1", provider="p", model="m", tokens=Tokens(10, 20, 30, 4), cost=COST),
    Call(at=OCTOBER, id="c2", person=BO, tool="codex", provider="p", model="m", tokens=Tokens(1, 0, 0, 2), failed=True),
    HumanTime(at=OCTOBER, work_item="T-1", person=BO, what="review", seconds=Decimal("90.5")),
    Claim(at=OCTOBER, work_item="T-1", claimant=BO, run="r1", minutes=Decimal(30)),
    Verdict(at=OCTOBER, key=f"verdict:{ANN}:T-1", work_item="T-1", by=ANN, accepted=True),
    Evidence(at=OCTOBER, work_item="T-1", system="system:desk", what="effect", before="open", after="closed", by=ANN),
    Reversal(at=OCTOBER, work_item="T-1", by=ANN, why=f"{ANN} wanted it otherwise.", cost=Decimal(3)),
]  # fmt: skip
NAMES = ("ann", "bo@", "bo-bot", "bo-the-other", "example.org", "wanted")


@pytest.fixture
def store(database: Engine) -> FactStore:
    usage = UsageStore(database)
    found = FactStore(database, DirectoryStore(database), usage, lambda _: None, lambda: OCTOBER)
    found.append(FACTS, "test")
    return found


@pytest.fixture
def export(database: Engine, tmp_path: Path) -> Callable[..., Exported]:
    def call(until: str = "2026-10", folder: Path = tmp_path / "cold") -> Exported:
        return ColdMonths(database, DirectoryStore(database)).export(folder, until)

    return call


@pytest.fixture
def ask(tmp_path: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    def call(question: str) -> list[tuple[Any, ...]]:
        with cold_answer(tmp_path / "cold", question) as answer:
            return list(answer.rows)

    return call


def written(done: Exported) -> set[tuple[str, str]]:
    return {(one.table, one.month) for one in done.written}


# --- what stands in them ---


def test_each_month_has_its_own_rows(store: FactStore, export: Any, ask: Any) -> None:
    done = export()
    assert {(one.table, one.month): one.rows for one in done.written} == {
        ("calls", "2026-09"): 1,
        ("calls", "2026-10"): 1,
        ("runs", "2026-09"): 1,
        ("facts", "2026-09"): 5,
        ("facts", "2026-10"): 6,
    }
    assert ask("SELECT month, id FROM calls ORDER BY 1") == [("2026-09", "c1"), ("2026-10", "c2")]


def test_a_call_stands_as_it_was_reported(store: FactStore, export: Any, ask: Any, database: Engine) -> None:
    export()
    bo = DirectoryStore(database).pseudonym(BO)
    columns = (
        "happened_at, run, person, agent, team, input_tokens, cache_read_input_tokens, cache_creation_input_tokens, "
        "output_tokens, cost_usd, failed"
    )
    assert ask(f"SELECT {columns} FROM calls ORDER BY happened_at") == [
        (SEPTEMBER.replace(tzinfo=None), "r1", bo, "fixer", "shop", 60, 20, 30, 4, Decimal("0.123456789"), False),
        (OCTOBER.replace(tzinfo=None), "", bo, "", "shop", 1, 0, 0, 2, None, True),
    ]


def test_facts_have_a_column_for_each_of_their_fields(store: FactStore, export: Any, ask: Any) -> None:
    export()
    assert ask("SELECT arm, share FROM facts WHERE kind = 'hold_out'") == [("agent", 0.05)]
    assert ask("SELECT what, seconds, measured FROM facts WHERE kind = 'human_time'") == [
        ("review", Decimal("90.5"), True)
    ]
    assert ask("SELECT budget, ends_at FROM facts WHERE kind = 'exploration'") == [
        (Decimal("12.5"), datetime(2026, 10, 31))  # noqa: DTZ001 - as the library gives it
    ]
    assert ask("SELECT accepted, cost, minutes FROM facts WHERE kind = 'verdict'") == [(True, None, None)]
    ((joined,),) = ask(
        "SELECT count(*) FROM facts AS item JOIN facts AS word ON word.work_item = item.id "
        "WHERE item.kind = 'work_item' AND word.given_by = item.requester"
    )
    assert joined == 3


def test_every_column_can_be_named_as_it_is(store: FactStore, export: Any, ask: Any) -> None:
    export()
    for table, kind in TABLES.items():
        for column in kind.columns:
            assert len(ask(f"SELECT {column} FROM {table} ORDER BY {column} LIMIT 1")) == 1, column


def test_no_name_gets_into_a_file(store: FactStore, export: Any, ask: Any) -> None:
    export()
    for table in TABLES:
        shown = repr(ask(f"SELECT * FROM {table}"))
        assert "p-" in shown
        assert not [name for name in NAMES if name in shown]


def test_a_pseudonym_that_turned_out_to_be_somebody_stands_as_them(store: FactStore, export: Any, ask: Any) -> None:
    store.append([Call(at=OCTOBER, id="c3", person="b.login", provider="p", model="m")], "test")
    export()
    assert ask("SELECT count(DISTINCT person) FROM calls") == [(2,)]
    store.append([Person(at=OCTOBER, id=BO, team="shop", identities=("b.login",))], "test")
    assert ("calls", "2026-10") in written(export())
    assert ask("SELECT count(DISTINCT person) FROM calls") == [(1,)]


# --- which are written again ---


def test_what_has_not_changed_is_not_written_again(store: FactStore, export: Any, tmp_path: Path) -> None:
    export()
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "cold").rglob("*.parquet")}
    done = export()
    assert (done.written, done.kept, done.removed) == ((), 5, 0)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


LATE = OCTOBER + timedelta(days=3)


@pytest.mark.parametrize(
    ("facts", "changed"),
    [
        ([Call(at=LATE, id="c9", provider="p", model="m")], {("calls", "2026-10")}),
        ([Verdict(at=SEPTEMBER, work_item="T-1", by="cy", accepted=False)], {("facts", "2026-09")}),
        # What completes a run comes in another month and belongs to that of its beginning.
        ([Run(at=LATE, id="r1", agent="fixer", status="failed", ended_at=LATE)], {("runs", "2026-09")}),
        # A run that is heard of later says whose calls these are, and so where they are summed.
        (
            [Call(at=LATE, id="c9", run="r9", provider="p", model="m"), Run(at=LATE, id="r9", agent="a", person=BO)],
            {("calls", "2026-10"), ("runs", "2026-10")},
        ),
        ([Call(at=SEPTEMBER, id="c1", run="r1", provider="p", model="m")], set()),
    ],
)
def test_only_months_that_changed_are_written_again(
    facts: list[Fact], changed: set[tuple[str, str]], store: FactStore, export: Any
) -> None:
    export()
    for fact in facts:
        store.append([fact], "test")
    assert written(export()) == changed
    assert written(export()) == set()


def test_a_call_that_changes_its_team_is_written_again(store: FactStore, export: Any, ask: Any) -> None:
    store.append([Call(at=OCTOBER, id="c9", run="r9", provider="p", model="m")], "test")
    export()
    assert ask("SELECT team FROM calls WHERE id = 'c9'") == [("",)]
    store.append([Run(at=LATE, id="r9", agent="a", person=BO)], "test")
    assert written(export()) == {("calls", "2026-10"), ("runs", "2026-10")}
    assert ask("SELECT team FROM calls WHERE id = 'c9'") == [("shop",)]


def test_a_damaged_file_is_written_again(store: FactStore, export: Any, ask: Any, tmp_path: Path) -> None:
    export()
    (file,) = (tmp_path / "cold" / "runs").rglob("*.parquet")
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ColdFolderInvalid):
        ask("SELECT * FROM runs")
    assert written(export()) == {("runs", "2026-09")}
    assert ask("SELECT id FROM runs") == [("r1",)]


def test_what_is_deleted_is_gone_from_the_files_too(store: FactStore, export: Any, ask: Any, database: Engine) -> None:
    store.append([Call(at=SEPTEMBER - timedelta(days=60), id="old", provider="p", model="m")], "test")
    assert ("calls", "2026-08") in written(export())
    RetentionStore(database).forget("call", SEPTEMBER - timedelta(days=10))
    done = export()
    assert (done.written, done.removed) == ((), 1)
    assert ask("SELECT min(month) FROM calls") == [("2026-09",)]


def test_only_months_up_to_the_last_one_are_written(store: FactStore, export: Any) -> None:
    assert {one.month for one in export("2026-09").written} == {"2026-09"}
    assert {one.month for one in export("2026-10").written} == {"2026-10"}
    # Later months stay as they are.
    assert export("2026-09").removed == 0
    assert export("2025-01").written == ()


@pytest.mark.parametrize("until", ["", "2026", "2026-13", "2026-1", "october", "2026-10-01", "0000-01"])
def test_what_is_no_month_is_said(until: str, export: Any) -> None:
    with pytest.raises(Invalid, match="is no month"):
        export(until)


def test_what_a_clock_gone_wrong_dated_is_written_too(store: FactStore, export: Any, ask: Any) -> None:
    store.append([Call(at=datetime(1969, 12, 31, tzinfo=UTC), id="early", provider="p", model="m")], "test")
    export()
    assert ask("SELECT month, id FROM calls ORDER BY happened_at LIMIT 1") == [("1969-12", "early")]


def test_months_are_those_of_the_calendar() -> None:
    assert month_of("2026-12").end == month_of("2027-01").begin
    assert month_of("2028-03").begin - month_of("2028-02").begin == 29 * 86_400 * 1_000_000


def test_nothing_known_is_nothing_written(export: Any) -> None:
    assert export() == Exported((), 0, 0)


# --- whose folder it is ---


def test_another_installations_folder_is_left_alone(store: FactStore, export: Any, tmp_path: Path) -> None:
    export()
    before = {path: path.read_bytes() for path in (tmp_path / "cold").rglob("*.parquet")}
    engine = open_database(tmp_path / "other.sqlite")
    directory = DirectoryStore(engine)
    other = FactStore(engine, directory, UsageStore(engine), lambda _: None, lambda: OCTOBER)
    other.append([Call(at=OCTOBER, id="theirs", provider="p", model="m")], "test")
    with pytest.raises(ColdFolderInvalid, match="another installation's"):
        ColdMonths(engine, directory).export(tmp_path / "cold", "2026-10")
    engine.dispose()
    assert {path: path.read_bytes() for path in before} == before


def test_links_lead_nowhere(store: FactStore, export: Any, ask: Any, tmp_path: Path) -> None:
    export()
    (file,) = (tmp_path / "cold" / "runs").rglob("*.parquet")
    outside = tmp_path / "outside.parquet"
    file.rename(outside)
    file.symlink_to(outside)
    assert files_in(tmp_path / "cold", "runs") == {}
    assert ask("SELECT * FROM runs") == []


def test_a_folder_without_months_says_so(ask: Any) -> None:
    with pytest.raises(ColdFolderInvalid, match="holds no exported months"):
        ask("SELECT 1")
