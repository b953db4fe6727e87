"""Reproducers of what the hold-out, work by hand and cold months can fail with."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from gainful.core.fact import Claim, WorkItem
from gainful.storage.cold import parquet
from gainful.storage.cold.cold_months import cold_answer
from gainful.storage.cold.parquet import Table, asked, write_parquet
from tests.errors.registry import Place, reproduces

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@reproduces("item-begun")
def _an_item_that_an_agent_has_begun(place: Place) -> None:
    with place.app() as app:
        opened = WorkItem(at=NOW, id="T-1", work_class="ticket", requester="ann")
        app.facts.append([opened, Claim(at=NOW, work_item="T-1", claimant="helper")], "test")
        app.hold_outs.deal("T-1", "ticket", "ann")


@reproduces("other-class")
def _an_item_of_another_class(place: Place) -> None:
    with place.app() as app:
        app.hold_outs.deal("T-1", "ticket", "ann")
        app.hold_outs.deal("T-1", "pull-request", "ann")


@reproduces("not-measuring")
def _the_end_of_what_nobody_began(place: Place) -> None:
    with place.app() as app:
        app.by_hand.done("T-1", "bo")


@reproduces("measuring-already")
def _the_same_work_begun_twice(place: Place) -> None:
    with place.app() as app:
        app.hold_outs.deal("T-1", "ticket", "ann")
        app.by_hand.start("T-1", "bo")
        app.by_hand.start("T-1", "bo")


def _table(place: Place) -> dict[str, Table]:
    file = place.path / "month=2026-10" / "calls.parquet"
    write_parquet(file, {"id": "VARCHAR"}, [("c1",)], {})
    return {"calls": Table({"id": "VARCHAR"}, {"2026-10": file})}


@reproduces("parquet-missing")
def _months_without_the_library(place: Place) -> None:
    place.patch.setitem(sys.modules, "duckdb", None)
    write_parquet(place.path / "calls.parquet", {"id": "VARCHAR"}, [], {})


@reproduces("cold-folder-invalid")
def _a_folder_without_months(place: Place) -> None:
    with cold_answer(place.path, "SELECT 1"):
        pass


@reproduces("question-invalid")
def _a_column_that_is_not_there(place: Place) -> None:
    with asked("SELECT nope FROM calls", _table(place)):
        pass


@reproduces("question-refused")
def _a_question_that_opens_a_file(place: Place) -> None:
    with asked("SELECT * FROM read_text('/etc/hostname')", _table(place)):
        pass


@reproduces("question-too-large")
def _a_question_without_an_end(place: Place) -> None:
    place.patch.setitem(parquet._CONFIG, "memory_limit", "50MB")
    with asked("SELECT list(a) FROM range(100000000) t(a)", _table(place)):
        pass
