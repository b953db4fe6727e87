"""Manifests in the database: versions, who said yes, and rows that somebody changed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gainful.core.errors import Broken
from gainful.policy.manifest import Manifest, manifest_from
from gainful.policy.manifest_version import SHIPPED, ManifestDamaged, ManifestState, ManifestUnchanged, NoManifest
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.manifest_store import ManifestStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
State = ManifestState


def manifest(*tools: str, steps: int = 40) -> Manifest:
    return manifest_from({"agent": "helper", "effects": [{"tool": tool} for tool in tools], "limits": {"steps": steps}})


@pytest.fixture
def audit(database: Engine, tmp_path: Path) -> AuditStore:
    return AuditStore(database, tmp_path / "audit.key", tmp_path / "audit" / "checkpoints.jsonl", lambda: NOON)


@pytest.fixture
def store(database: Engine, audit: AuditStore) -> ManifestStore:
    return ManifestStore(database, audit, lambda: NOON)


def told(audit: AuditStore) -> list[tuple[str, str, str]]:
    return [(entry.actor, entry.verdict, entry.effect) for entry in audit.rows() if entry.kind == "manifest"]


def states(store: ManifestStore) -> list[State]:
    return [version.state for version in store.history("helper")]


def test_nothing_is_in_force_before_its_owner_has_approved_it(store: ManifestStore) -> None:
    proposed = store.propose(manifest("mail.send"), "ada")
    assert (store.active("helper"), proposed.number, proposed.owner) == (None, 1, "ada")
    assert store.proposed("helper") == proposed
    after = store.approve("helper", proposed.digest[:12], "ada")
    assert store.active("helper") == after
    assert (after.state, after.approved_by, store.proposed("helper")) == (State.ACTIVE, ("ada",), None)
    assert store.agents() == ["helper"]


def test_every_change_is_in_the_audit_log_with_the_digest(store: ManifestStore, audit: AuditStore) -> None:
    first, second, third = manifest("a"), manifest("a", "b"), manifest("c")
    store.propose(first, "ada")
    store.approve("helper", first.digest, "ada")
    store.propose(second, "bo")
    store.refuse("helper", second.digest, "ada")
    store.propose(third, "bo")
    store.approve("helper", third.digest, "bo", team=("ada", "bo"))
    store.approve("helper", third.digest, "ada", team=("ada", "bo"))
    assert told(audit) == [
        ("ada", "proposed", first.digest),
        ("ada", "active", first.digest),
        ("bo", "proposed", second.digest),
        ("ada", "refused", second.digest),
        ("bo", "proposed", third.digest),
        ("bo", "approved", third.digest),
        ("ada", "active", third.digest),
    ]
    assert states(store) == [State.REPLACED, State.REFUSED, State.ACTIVE]
    assert not audit.verify().findings


def test_the_owner_stays_the_owner(store: ManifestStore) -> None:
    store.adopt(manifest("a"), "ada")
    assert store.propose(manifest("b"), "bo").owner == "ada"


def test_a_new_proposal_takes_the_place_of_one_that_waits(store: ManifestStore) -> None:
    store.propose(manifest("a"), "ada")
    store.propose(manifest("b"), "ada")
    assert states(store) == [State.REPLACED, State.PROPOSED]


def test_what_is_in_force_or_waits_is_not_proposed_again(store: ManifestStore) -> None:
    store.propose(manifest("a"), "ada")
    with pytest.raises(ManifestUnchanged, match="waiting"):
        store.propose(manifest("a"), "bo")
    store.approve("helper", manifest("a").digest, "ada")
    with pytest.raises(ManifestUnchanged, match="in force"):
        store.propose(manifest("a"), "bo")


def test_what_is_not_there_cannot_be_answered(store: ManifestStore) -> None:
    with pytest.raises(NoManifest):
        store.approve("helper", "0" * 64, "ada")
    with pytest.raises(NoManifest):
        store.refuse("helper", "", "ada")


# --- what a version of Gainful brings ---


def test_the_first_one_comes_into_force_with_the_word_of_whoever_runs_the_job(store: ManifestStore) -> None:
    store.adopt(manifest("a", "b"), "ada")
    store.adopt(manifest("a", "b"), "bo")
    (only,) = store.history("helper")
    assert (only.number, only.state, only.owner, only.approved_by) == (1, State.ACTIVE, "ada", ("ada",))


def test_an_upgrade_that_narrows_comes_into_force_by_itself(store: ManifestStore, audit: AuditStore) -> None:
    store.adopt(manifest("a", "b"), "ada")
    store.adopt(manifest("a"), "bo")
    active = store.active("helper")
    assert active is not None
    assert (active.number, active.digest, active.owner, active.proposed_by) == (2, manifest("a").digest, "ada", SHIPPED)
    assert told(audit)[-1] == (SHIPPED, "active", manifest("a").digest)


def test_an_upgrade_that_widens_waits_and_is_asked_about_once(store: ManifestStore) -> None:
    store.adopt(manifest("a"), "ada")
    for _ in range(3):
        store.adopt(manifest("a", "b"), "ada")
    active = store.active("helper")
    assert active is not None
    assert active.digest == manifest("a").digest
    assert states(store) == [State.ACTIVE, State.PROPOSED]
    store.refuse("helper", "", "ada")
    store.adopt(manifest("a", "b"), "ada")
    assert states(store) == [State.ACTIVE, State.REFUSED]


def test_what_the_owner_narrowed_stays_narrow(store: ManifestStore) -> None:
    store.adopt(manifest("a", "b"), "ada")
    store.propose(manifest("a"), "ada")
    store.approve("helper", manifest("a").digest, "ada")
    store.adopt(manifest("a", "b"), "ada")
    active = store.active("helper")
    assert active is not None
    assert active.digest == manifest("a").digest
    assert store.proposed("helper") is None


# --- an edited database ---


def edited(statement: str, *values: object) -> Callable[[Path], None]:
    def edit(file: Path) -> None:
        with sqlite3.connect(file) as database:
            assert database.execute(statement, values).rowcount
        database.close()

    return edit


WIDE = manifest("a", "bank.pay").text
EDITS = {
    "content": edited("UPDATE manifests SET content = ? WHERE state = 'active'", WIDE),
    "content and digest": edited(
        "UPDATE manifests SET content = ?, digest = ? WHERE state = 'active'",
        WIDE,
        hashlib.sha256(WIDE.encode()).hexdigest(),
    ),
    "an older version in force again": edited(
        "UPDATE manifests SET state = CASE version WHEN 1 THEN 'active' ELSE 'replaced' END"
    ),
    "two in force": edited("UPDATE manifests SET state = 'active'"),
    "none in force": edited("UPDATE manifests SET state = 'replaced'"),
    "all gone": edited("DELETE FROM manifests"),
    "of another agent": edited("UPDATE manifests SET agent = 'other' WHERE state = 'active'"),
    "the audit entry": edited("UPDATE audit_entries SET effect = 'f' || substr(effect, 2) WHERE verdict = 'active'"),
    "no text": edited("UPDATE manifests SET content = x'ff' WHERE state = 'active'"),
    "no list": edited("UPDATE manifests SET approved_by = 'ada' WHERE state = 'active'"),
}


@pytest.mark.of_sqlite
@pytest.mark.parametrize("name", EDITS)
def test_an_edited_database_lets_nothing_happen(store: ManifestStore, tmp_path: Path, name: str) -> None:
    store.adopt(manifest("a", "b"), "ada")
    store.adopt(manifest("a"), "ada")
    EDITS[name](tmp_path / "gainful.sqlite")
    with pytest.raises(ManifestDamaged) as caught:
        store.active("helper")
    assert isinstance(caught.value, Broken)
    with pytest.raises(ManifestDamaged):
        # Nor does it heal itself: what is missing is not taken over anew.
        store.adopt(manifest("a", "b"), "ada")


def test_without_the_audit_log_nothing_is_changed(store: ManifestStore, audit: AuditStore) -> None:
    class Full(AuditStore):
        def append_in(self, connection: object, events: object) -> None:
            raise OSError("no space")

    store._audit.__class__ = Full
    with pytest.raises(OSError, match="no space"):
        store.propose(manifest("a"), "ada")
    assert store.history("helper") == []
