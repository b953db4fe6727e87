"""Deployments in the database: each event once, an end that stays, one holder of a lock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from gainful.core.deploy_event import DeployLock, Deployment, Event, EventKind, State, Wish
from gainful.core.deployment import Intent
from gainful.storage.runs.deployment_store import DeploymentStore

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ONE = Deployment("d1", "shop", "main", Intent.CHANGE, "ada", "hand", State.PLANNED, AT)


def _kept(store: DeploymentStore) -> Deployment:
    found = store.find("d1")
    assert found is not None
    return found


@pytest.fixture
def store(database: Engine) -> DeploymentStore:
    return DeploymentStore(database)


def event(key: str, kind: EventKind = EventKind.LOOKED) -> Event:
    return Event(key, kind, AT, "So it is.", {"number": 1})


def test_what_is_kept_is_what_was_written(store: DeploymentStore) -> None:
    full = replace(ONE, plan={"a": [1]}, plan_hash="h", reason="r", forced=True, approved_by="bo", begun_at=AT)
    assert store.begin(full) == full
    assert store.find("d1") == full
    assert store.begin(replace(full, author="eve")) == full


def test_an_event_stands_there_once(store: DeploymentStore) -> None:
    store.begin(ONE)
    assert store.record(replace(ONE, state=State.STAGING), event("begun"))
    assert not store.record(replace(ONE, state=State.FAILED), event("begun"))
    assert _kept(store).state is State.STAGING
    assert store.events("d1") == [event("begun")]


def test_what_has_ended_changes_no_more(store: DeploymentStore) -> None:
    store.begin(ONE)
    store.record(replace(ONE, state=State.PROMOTED), event("ended", EventKind.PROMOTED))
    assert store.record(replace(ONE, state=State.WATCHING), event("late"))
    assert _kept(store).state is State.PROMOTED
    assert not store.ask_for("d1", Wish("rollback", "bo"))
    assert store.under_way() == []


def test_a_wish_reaches_who_is_under_way(store: DeploymentStore) -> None:
    store.begin(ONE)
    assert store.wish("d1") is None
    assert store.ask_for("d1", Wish("rollback", "bo"))
    store.record(replace(ONE, state=State.WATCHING), event("shifted"))
    assert store.wish("d1") == Wish("rollback", "bo")


def test_the_newest_come_first(store: DeploymentStore) -> None:
    for number in range(3):
        store.begin(replace(ONE, id=f"d{number}", asked_at=AT + timedelta(hours=number)))
    store.begin(replace(ONE, id="other", service="till"))
    assert [one.id for one in store.of_service("shop", 2)] == ["d2", "d1"]
    assert [one.id for one in store.since(AT + timedelta(hours=1))] == ["d2", "d1"]


def test_a_lock_has_one_holder(store: DeploymentStore) -> None:
    first, second = DeployLock("shop", "d1", "ada", AT), DeployLock("shop", "d2", "bo", AT)
    assert store.take_lock(first) is None
    assert store.take_lock(first) is None
    assert store.take_lock(second) == first
    assert store.lock("shop") == first
    assert store.take_lock(second, steal=True) == first
    assert not store.leave_lock("shop", "d1")
    assert store.leave_lock("shop", "d2")
    assert store.lock("shop") is None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["take", "steal", "leave"]), st.sampled_from("abc")), max_size=12))
def test_whatever_is_done_the_lock_is_the_last_takers(store: DeploymentStore, moves: list[tuple[str, str]]) -> None:
    held = store.lock("shop")
    holder = held.deployment if held is not None else ""
    for move, who in moves:
        if move == "leave":
            assert store.leave_lock("shop", who) == (holder == who)
            holder = "" if holder == who else holder
        else:
            store.take_lock(DeployLock("shop", who, who, AT), steal=move == "steal")
            holder = who if move == "steal" or not holder else holder
        now = store.lock("shop")
        assert (now.deployment if now is not None else "") == holder
