"""Which version of an agent stands is what the audit log says, or none does."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gainful.storage.agents.agent_store import AgentDamaged, AgentNotEnabled, AgentStore
from gainful.storage.database import transaction
from gainful.storage.gate.audit_store import AuditStore

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture
def audit(database: Engine, tmp_path: Path) -> AuditStore:
    return AuditStore(database, tmp_path / "audit.key", tmp_path / "audit" / "checkpoints.jsonl", lambda: NOON)


@pytest.fixture
def store(database: Engine, audit: AuditStore) -> AgentStore:
    return AgentStore(database, audit, lambda: NOON)


def enable(store: AgentStore, digest: str = "aa11", agent: str = "handbook", by: str = "ada") -> int:
    return store.enable(agent, digest, f"text of {digest}", {"tickets": "cc"}, "ada", by).number


def test_a_version_stands_from_when_it_is_enabled(store: AgentStore) -> None:
    assert store.current("handbook") is None
    assert enable(store) == 1
    standing = store.current("handbook")
    assert standing is not None
    assert (standing.enabled, standing.by, standing.at) == (True, "ada", NOON)
    version = standing.version
    assert (version.number, version.digest, version.text) == (1, "aa11", "text of aa11")
    assert (version.owner, version.by, dict(version.pins)) == ("ada", "ada", {"tickets": "cc"})
    assert store.names() == ["handbook"]
    assert [one.version.agent for one in store.all()] == ["handbook"]


def test_the_same_content_is_the_same_version(store: AgentStore, audit: AuditStore) -> None:
    assert [enable(store), enable(store), enable(store, "bb22"), enable(store, "aa11")] == [1, 1, 2, 1]
    assert [version.digest for version in store.history("handbook")] == ["aa11", "bb22"]
    # Enabling what stands already is no event.
    assert [entry.effect for entry in audit.rows()] == ["aa11", "bb22", "aa11"]


def test_a_version_is_found_by_the_beginning_of_its_digest(store: AgentStore) -> None:
    enable(store, "aa11")
    enable(store, "aa22")
    found = store.version("handbook", "AA2")
    assert found is not None
    assert found.digest == "aa22"
    assert store.version("handbook", "aa") is None
    assert store.version("handbook", "ab") is None
    assert store.version("other", "aa11") is None
    assert store.version("handbook", "%") is None
    assert store.version("handbook", "") is None


def test_disabling_keeps_the_version(store: AgentStore, audit: AuditStore) -> None:
    with pytest.raises(AgentNotEnabled):
        store.disable("handbook", "ada")
    enable(store)
    assert store.disable("handbook", "bo")
    assert not store.disable("handbook", "bo")
    standing = store.current("handbook")
    assert standing is not None
    assert (standing.enabled, standing.by, standing.version.digest) == (False, "bo", "aa11")
    enable(store)
    told = [(entry.kind, entry.tool, entry.actor, entry.verdict) for entry in audit.rows()]
    assert told == [
        ("manifest", "agent", "ada", "enabled"),
        ("manifest", "agent", "bo", "disabled"),
        ("manifest", "agent", "ada", "enabled"),
    ]


@pytest.mark.parametrize(
    "edit",
    [
        "UPDATE agents SET enabled = true WHERE name = 'off'",
        "UPDATE agents SET digest = 'bb22' WHERE name = 'handbook'",
        "DELETE FROM agents WHERE name = 'handbook'",
        "DELETE FROM agent_versions WHERE agent = 'handbook'",
        "INSERT INTO agents (name, digest, enabled, by, at) VALUES ('new', 'aa11', true, 'eve', '2026-11-28')",
        "UPDATE audit_entries SET effect = 'bb22' WHERE agent = 'handbook'",
    ],
)
def test_an_edited_database_lets_nothing_run(store: AgentStore, database: Engine, edit: str) -> None:
    enable(store, "aa11")
    enable(store, "bb22")
    enable(store, "aa11")
    enable(store, "aa11", "off")
    store.disable("off", "ada")
    with transaction(database) as connection:
        connection.exec_driver_sql(edit)
    damaged = 0
    for name in ("handbook", "off", "new"):
        try:
            store.current(name)
        except AgentDamaged as error:
            damaged += 1
            assert name in error.what
    assert damaged == 1
    with pytest.raises(AgentDamaged):
        for name in ("handbook", "off", "new"):
            enable(store, "aa11", name)
