"""Secrets are sealed, and a key that is wrong in any way is named with the next move."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gainful.storage.database import open_database
from gainful.storage.errors import KeyFileInvalid
from gainful.storage.secret_store import SecretStore

PASSWORD = "correct horse ✓"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(tmp_path / "g.db")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "secret.key"


@pytest.fixture
def store(engine: Engine, key_file: Path) -> SecretStore:
    return SecretStore(engine, key_file, lambda: datetime(2026, 11, 22, tzinfo=UTC), {})


def test_a_secret_comes_back(store: SecretStore) -> None:
    assert (store.get("imap"), store.names()) == (None, [])
    store.put("imap", "old")
    store.put("imap", PASSWORD)
    store.put("model", "key")
    assert store.get("imap") == PASSWORD
    assert store.names() == ["imap", "model"]
    assert store.delete("imap")
    assert not store.delete("imap")
    assert store.get("imap") is None


def test_nothing_readable_is_stored_and_the_key_is_private(store: SecretStore, key_file: Path, engine: Engine) -> None:
    store.put("imap", "hunter2hunter2")
    engine.dispose()
    assert key_file.stat().st_mode & 0o777 == 0o600
    for file in key_file.parent.iterdir():
        assert b"hunter2" not in file.read_bytes()
    assert [file.name for file in key_file.parent.iterdir() if file.name.endswith(".new")] == []
    assert "hunter2" not in repr(store)


def test_a_key_open_to_others_is_refused(store: SecretStore, key_file: Path) -> None:
    store.put("imap", PASSWORD)
    key_file.chmod(0o640)
    with pytest.raises(KeyFileInvalid, match=r"can be read by others \(mode 640\).*chmod 600"):
        store.get("imap")
    with pytest.raises(KeyFileInvalid):
        store.put("imap", "new")


def test_a_missing_key_is_not_replaced_while_secrets_need_it(store: SecretStore, key_file: Path) -> None:
    store.put("imap", PASSWORD)
    key_file.unlink()
    with pytest.raises(KeyFileInvalid, match=r"is missing.*backup"):
        store.get("imap")
    with pytest.raises(KeyFileInvalid, match="is missing"):
        store.put("model", "key")
    assert not key_file.exists()


def test_another_key_is_named(store: SecretStore, key_file: Path) -> None:
    store.put("imap", PASSWORD)
    store_names = store.names()
    key_file.unlink()
    store.delete("imap")
    store.put("other", "x")
    assert store_names == ["imap"]
    foreign = SecretStore(
        open_database(key_file.parent / "b.db"), key_file.parent / "b.key", lambda: datetime.now(UTC), {}
    )
    foreign.put("other", "y")
    key_file.write_bytes((key_file.parent / "b.key").read_bytes())
    with pytest.raises(KeyFileInvalid, match="does not open the stored secret 'other'"):
        store.get("other")


def test_a_file_that_holds_no_key(store: SecretStore, key_file: Path) -> None:
    key_file.write_text("not a key")
    key_file.chmod(0o600)
    with pytest.raises(KeyFileInvalid, match="does not hold a key"):
        store.put("imap", PASSWORD)


def test_swapped_rows_do_not_hand_out_each_others_secret(store: SecretStore, key_file: Path) -> None:
    store.put("mail.example.org", PASSWORD)
    store.put("mail.example.net", "other")
    raw = sqlite3.connect(key_file.parent / "g.db")
    rows = raw.execute("SELECT sealed FROM secrets WHERE name = 'mail.example.org'").fetchone()
    raw.execute("UPDATE secrets SET sealed = ? WHERE name = 'mail.example.net'", rows)
    raw.commit()
    raw.close()
    with pytest.raises(KeyFileInvalid, match=r"mail\.example\.net"):
        store.get("mail.example.net")


def test_the_environment_names_another_key(engine: Engine, tmp_path: Path) -> None:
    def made(environment: dict[str, str]) -> SecretStore:
        return SecretStore(engine, tmp_path / "secret.key", lambda: datetime.now(UTC), environment)

    assert made({"GAINFUL_KEY_FILE": str(tmp_path / "elsewhere")}).key_file == tmp_path / "elsewhere"
    assert made({"CREDENTIALS_DIRECTORY": str(tmp_path)}).key_file == tmp_path / "secret.key"
    (tmp_path / "gainful.key").write_text("k")
    assert made({"CREDENTIALS_DIRECTORY": str(tmp_path)}).key_file == tmp_path / "gainful.key"
