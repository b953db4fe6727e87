"""Stops: one row each, the first reason stays, and the audit log knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gainful.storage.database import open_database
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.stop_store import Stop, StopStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def audit(database: Engine, tmp_path: Path) -> AuditStore:
    return AuditStore(database, tmp_path / "audit.key", tmp_path / "audit" / "checkpoints.jsonl", lambda: NOON)


@pytest.fixture
def store(database: Engine, audit: AuditStore) -> StopStore:
    return StopStore(database, audit)


def test_a_stop_holds_for_its_agent_alone_and_all_for_everybody(store: StopStore) -> None:
    assert store.reason("triage") == ""
    assert store.put(Stop("triage", "ada", NOON, "too eager."))
    assert store.reason("triage") == "'triage' was stopped by ada at 2026-11-22 12:00 UTC: too eager."
    assert store.reason("other") == ""
    assert store.put(Stop("all", "bo", NOON + timedelta(minutes=1)))
    assert store.reason("other") == "Everything was stopped by bo at 2026-11-22 12:01 UTC."
    assert [stop.agent for stop in store.all()] == ["triage", "all"]


def test_the_first_reason_stays(store: StopStore) -> None:
    store.put(Stop("triage", "ada", NOON, "first"))
    assert not store.put(Stop("triage", "bo", NOON, "second"))
    assert "ada" in store.reason("triage")


def test_lifting_one_leaves_the_other(store: StopStore) -> None:
    store.put(Stop("triage", "ada", NOON))
    store.put(Stop("all", "ada", NOON))
    assert store.lift(Stop("all", "ada", NOON))
    assert not store.lift(Stop("all", "ada", NOON))
    assert store.reason("triage")
    assert not store.reason("other")


def test_another_process_sees_it_at_once_and_later(store: StopStore, database: Engine, audit: AuditStore) -> None:
    where = database.url.render_as_string(hide_password=False)
    other = open_database(where)
    seen = StopStore(other, audit)
    store.put(Stop("triage", "ada", NOON))
    assert seen.reason("triage")
    other.dispose()
    again = open_database(where)
    assert StopStore(again, audit).reason("triage")
    again.dispose()


def test_who_stopped_and_who_let_go_on_is_in_the_audit_log(store: StopStore, audit: AuditStore) -> None:
    store.put(Stop("triage", "ada", NOON, "too eager"))
    store.lift(Stop("triage", "bo", NOON))
    entries = [(entry.kind, entry.agent, entry.actor, entry.verdict) for entry in audit.rows()]
    assert entries == [("stop", "triage", "ada", "stopped"), ("stop", "triage", "bo", "let go on")]
