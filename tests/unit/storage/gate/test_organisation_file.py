"""The organisation's policy: read anew each time, noted when it changes, and never passed over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gainful.policy.organisation import OrganisationPolicyInvalid
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.gate.organisation_file import OrganisationFile, OrganisationPolicyUnreadable

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULE = '[[rules]]\nid = "no-mail"\nverdict = "deny"\nreason = "No mail."\nacts = ["send"]\n'
Opened = Callable[[Path | None], OrganisationFile]


@pytest.fixture
def audit(database: Engine, tmp_path: Path) -> AuditStore:
    return AuditStore(database, tmp_path / "audit.key", tmp_path / "audit" / "checkpoints.jsonl", lambda: NOON)


@pytest.fixture
def opened(database: Engine, audit: AuditStore) -> Opened:
    return lambda path: OrganisationFile(path, database, audit, lambda: NOON)


def noted(audit: AuditStore) -> list[tuple[str, str]]:
    return [(entry.verdict, entry.effect) for entry in audit.rows() if entry.tool == "organisation policy"]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_each_change_is_noted_once(opened: Opened, audit: AuditStore, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    assert opened(None).rules() == ()
    assert noted(audit) == []
    for text in (RULE, RULE, "", RULE):
        file.write_text(text, encoding="utf-8")
        assert len(opened(file).rules()) == bool(text)
        opened(file).rules()
    assert noted(audit) == [("read", digest(RULE)), ("read", digest("")), ("read", digest(RULE))]
    # Taking it out of the settings is a change too.
    opened(None).rules()
    opened(None).rules()
    assert noted(audit)[-1] == ("none", "")
    assert len(noted(audit)) == 4


def test_a_file_that_is_not_there_is_not_no_policy(opened: Opened, tmp_path: Path) -> None:
    with pytest.raises(OrganisationPolicyUnreadable, match="cannot be read"):
        opened(tmp_path / "policy.toml").rules()
    with pytest.raises(OrganisationPolicyUnreadable, match="cannot be read"):
        opened(tmp_path).rules()


@pytest.mark.parametrize("raw", [b"[[rules", b"\xff\xfe", b"rules = \x00"])
def test_what_is_no_toml_is_refused(opened: Opened, tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "policy.toml").write_bytes(raw)
    with pytest.raises(OrganisationPolicyUnreadable, match="is not TOML"):
        opened(tmp_path / "policy.toml").rules()


@pytest.mark.parametrize("text", [RULE.replace("deny", "allow"), RULE + RULE, "rule = 1", RULE.replace("acts", "act")])
def test_what_is_no_policy_is_refused(opened: Opened, audit: AuditStore, tmp_path: Path, text: str) -> None:
    (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
    with pytest.raises(OrganisationPolicyInvalid, match=r"policy\.toml"):
        opened(tmp_path / "policy.toml").rules()
    assert noted(audit) == []
