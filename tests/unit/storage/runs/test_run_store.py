"""Runs are found by their ids, listed by their time, and counted where they are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from gainful.storage.runs.run_store import RunStore

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def store(database: Engine) -> RunStore:
    """Four runs of two jobs, one hour after another; the first is still under way, the last of all is not."""
    made = RunStore(database)
    for number, (run_id, job) in enumerate((("abc", "triage"), ("abcd", "deploy"), ("b1", "triage"), ("b2", "triage"))):
        at = NOW + timedelta(hours=number)
        made.start(run_id, job, "work", "you", applied=True, at=at)
        if number:
            made.end(run_id, "done", {}, at + timedelta(minutes=1))
    return made


def test_a_whole_id_is_that_run_and_a_part_of_one_the_newest(store: RunStore) -> None:
    wanted = {"abc": "abc", "ab": "abcd", "ABCD": "abcd", "b": "b2"}
    found = {one: store.find(one) for one in wanted}
    assert {one: run.id if run else "" for one, run in found.items()} == wanted
    assert (store.find("x"), store.find("")) == (None, None)


def test_of_many_ids_those_are_known_that_are_runs(store: RunStore) -> None:
    assert store.known(["abc", "ab", "b2", "x"]) == {"abc", "b2"}
    assert store.known([]) == set()


def test_what_is_under_way_comes_first_however_old(store: RunStore) -> None:
    shown, count = store.overview(NOW + timedelta(hours=1), limit=3)
    assert ([run.id for run in shown], count) == (["abc", "b2", "b1"], 4)
    shown, count = store.overview(NOW + timedelta(hours=1), "deploy")
    assert ([run.id for run in shown], count) == (["abcd"], 1)
    assert store.jobs_since(NOW + timedelta(hours=2)) == ["triage"]
    assert store.states_since(NOW) == {"running": 1, "done": 3}
    assert [run.id for run in store.since(None, NOW, 2)] == ["b2", "b1"]
