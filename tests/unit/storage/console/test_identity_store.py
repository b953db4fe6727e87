"""Identities at a provider, and sign-ins under way there, on either database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.console import identity_store
from gainful.storage.console.access_store import AccessStore, Account
from gainful.storage.console.identity_store import Flow, Identity, IdentityStore
from gainful.storage.gate.audit_store import AuditStore

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
ANN = Account("ann@example.org", "employee", "", NOON)
HERS = Identity("https://login.example.org", "s-ann", ANN.person, NOON)
FLOW = Flow("d1", "sign-in", "http://127.0.0.1:8787/sign-in/provider/back", "state", "nonce", "verifier", NOON)


def event(verdict: str, at: datetime = NOON) -> AuditEvent:
    return AuditEvent(at, AuditKind.ACCESS, actor="test", tool="console", verdict=verdict)


@pytest.fixture
def audit(database: Engine, tmp_path: Path) -> AuditStore:
    return AuditStore(database, tmp_path / "audit.key", tmp_path / "checkpoints.jsonl", lambda: NOON)


@pytest.fixture
def store(database: Engine, audit: AuditStore) -> IdentityStore:
    return IdentityStore(database, audit)


@pytest.fixture
def access(database: Engine, audit: AuditStore) -> AccessStore:
    return AccessStore(database, audit)


def test_an_account_and_its_identity_are_kept_together_once(store: IdentityStore, access: AccessStore) -> None:
    assert store.admit(ANN, HERS, event("account-made"))
    assert access.account(ANN.person) == ANN
    assert store.identity(HERS.issuer, HERS.subject) == HERS
    assert store.of_person(ANN.person) == [HERS]
    assert not store.admit(ANN, replace(HERS, subject="s-another"), event("account-made")), "the name is taken"
    assert not store.admit(replace(ANN, person="other"), HERS, event("account-made")), "the identity is taken"
    assert access.account("other") is None


def test_an_identity_is_one_of_its_issuer_alone(store: IdentityStore) -> None:
    store.admit(ANN, HERS, event("account-made"))
    assert store.identity("https://evil.example.org", HERS.subject) is None
    assert store.identity(HERS.issuer, "s-Ann") is None


def test_a_link_needs_an_account_and_is_made_once(store: IdentityStore, access: AccessStore) -> None:
    assert not store.link(HERS, event("identity-linked"))
    access.add(ANN, event("account-made"))
    assert store.link(HERS, event("identity-linked"))
    assert not store.link(HERS, event("identity-linked"))


def test_who_is_removed_is_barred_until_let_in_again(store: IdentityStore, access: AccessStore) -> None:
    store.admit(ANN, HERS, event("account-made"))
    access.remove(ANN.person, event("account-removed"))
    assert store.identity(HERS.issuer, HERS.subject) == replace(HERS, barred=True)
    assert all(one.barred for one in store.of_person("ANN@example.org"))
    access.add(ANN, event("account-made"))
    assert store.of_person(ANN.person) == []


def test_to_let_somebody_in_unlinks_nobody(store: IdentityStore, access: AccessStore) -> None:
    store.admit(ANN, HERS, event("account-made"))
    assert not access.add(ANN, event("account-made"))
    assert access.add(replace(ANN, person="Ann@Example.org"), event("account-made"))
    assert store.of_person(ANN.person) == [HERS]


def test_a_name_is_barred_even_where_no_provider_knows_it(store: IdentityStore, access: AccessStore) -> None:
    for _ in range(2):
        access.add(replace(ANN, password="hash"), event("account-made"))
        access.remove(ANN.person, event("account-removed"))
    (barred,) = store.of_person("Ann@Example.org")
    assert (barred.issuer, barred.subject, barred.barred) == ("", ANN.person, True)


def test_a_flow_is_taken_once(store: IdentityStore) -> None:
    store.begin(FLOW, NOON - timedelta(minutes=10))
    assert store.take("another") is None
    assert store.take("d1") == FLOW
    assert store.take("d1") is None


def test_flows_that_are_over_are_forgotten_with_the_next(store: IdentityStore) -> None:
    store.begin(FLOW, NOON - timedelta(minutes=10))
    later = NOON + timedelta(minutes=11)
    store.begin(replace(FLOW, digest="d2", begun_at=later), later - timedelta(minutes=10))
    assert store.take("d1") is None
    assert store.take("d2") is not None


def test_a_flood_of_flows_forgets_the_oldest(store: IdentityStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity_store, "MOST", 3)
    for number in range(5):
        begun = replace(FLOW, digest=f"d{number}", begun_at=NOON + timedelta(seconds=number))
        store.begin(begun, NOON - timedelta(minutes=10))
    assert [number for number in range(5) if store.take(f"d{number}") is not None] == [2, 3, 4]
