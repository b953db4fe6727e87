"""Secrets are sealed, and a key that is wrong in any way is named with the next move."""

from __future__ import annotations

import os
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine

from gainful.sdk.secret import Secret
from gainful.storage.database import open_database
from gainful.storage.errors import KeyFileInvalid
from gainful.storage.secrets.key_place import KeyringUnavailable
from gainful.storage.secrets.secret_store import SecretStore

PASSWORD = "correct horse ✓"


def clock() -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_database(tmp_path / "g.db")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "secret.key"


@pytest.fixture
def store(engine: Engine, key_file: Path) -> SecretStore:
    return SecretStore(engine, key_file, clock, {})


def put(store: SecretStore, name: str, value: str) -> None:
    store.put(name, Secret(name, value))


def value(store: SecretStore, name: str) -> str | None:
    secret = store.get(name)
    return secret.reveal() if secret is not None else None


def test_a_secret_comes_back(store: SecretStore) -> None:
    assert (store.get("imap"), store.names()) == (None, [])
    put(store, "imap", "old")
    put(store, "imap", PASSWORD)
    put(store, "model", "key")
    assert value(store, "imap") == PASSWORD
    assert store.names() == ["imap", "model"]
    assert store.listed() == [(name, clock().isoformat()) for name in ("imap", "model")]
    assert store.delete("imap")
    assert not store.delete("imap")
    assert store.get("imap") is None


def test_nothing_readable_is_stored_and_the_key_is_private(store: SecretStore, key_file: Path, engine: Engine) -> None:
    put(store, "imap", "hunter2hunter2")
    engine.dispose()
    assert key_file.stat().st_mode & 0o777 == 0o600
    for file in key_file.parent.iterdir():
        assert b"hunter2" not in file.read_bytes()
    assert [file.name for file in key_file.parent.iterdir() if file.name.endswith(".new")] == []
    assert "hunter2" not in repr(store) + repr(vars(store))


def test_a_key_open_to_others_is_refused(store: SecretStore, key_file: Path) -> None:
    put(store, "imap", PASSWORD)
    key_file.chmod(0o640)
    with pytest.raises(KeyFileInvalid, match=r"can be read by others \(mode 640\).*chmod 600"):
        store.get("imap")
    with pytest.raises(KeyFileInvalid):
        put(store, "imap", "new")


def test_a_missing_key_is_not_replaced_while_secrets_need_it(store: SecretStore, key_file: Path) -> None:
    put(store, "imap", PASSWORD)
    key_file.unlink()
    with pytest.raises(KeyFileInvalid, match=r"is missing.*backup"):
        store.get("imap")
    with pytest.raises(KeyFileInvalid, match="is missing"):
        put(store, "model", "key")
    with pytest.raises(KeyFileInvalid, match="is missing"):
        store.rotate()
    assert not key_file.exists()


def test_another_key_is_named(store: SecretStore, key_file: Path) -> None:
    put(store, "other", "x")
    foreign = SecretStore(open_database(key_file.parent / "b.db"), key_file.parent / "b.key", clock, {})
    put(foreign, "other", "y")
    key_file.write_bytes((key_file.parent / "b.key").read_bytes())
    with pytest.raises(KeyFileInvalid, match="does not open the stored secret 'other'"):
        store.get("other")
    before = key_file.read_bytes()
    with pytest.raises(KeyFileInvalid, match="does not open the stored secret 'other'"):
        store.rotate()
    assert key_file.read_bytes() == before


def test_a_file_that_holds_no_key(store: SecretStore, key_file: Path) -> None:
    key_file.write_text("not a key")
    key_file.chmod(0o600)
    with pytest.raises(KeyFileInvalid, match="does not hold a key"):
        put(store, "imap", PASSWORD)


def test_swapped_rows_do_not_hand_out_each_others_secret(store: SecretStore, key_file: Path) -> None:
    put(store, "mail.example.org", PASSWORD)
    put(store, "mail.example.net", "other")
    raw = sqlite3.connect(key_file.parent / "g.db")
    rows = raw.execute("SELECT sealed FROM secrets WHERE name = 'mail.example.org'").fetchone()
    raw.execute("UPDATE secrets SET sealed = ? WHERE name = 'mail.example.net'", rows)
    raw.commit()
    raw.close()
    with pytest.raises(KeyFileInvalid, match=r"mail\.example\.net"):
        store.get("mail.example.net")


def test_the_environment_names_another_key(engine: Engine, tmp_path: Path) -> None:
    def where(environment: dict[str, str]) -> str:
        return SecretStore(engine, tmp_path / "secret.key", clock, environment, "keyring").where

    assert where({"GAINFUL_KEY_FILE": str(tmp_path / "elsewhere")}).endswith("/elsewhere")
    assert where({"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "the system's keyring"
    (tmp_path / "gainful.key").write_text("k")
    assert where({"CREDENTIALS_DIRECTORY": str(tmp_path)}).endswith("/gainful.key")


# --- a new key ---


def test_a_rotation_changes_the_key_and_nothing_else(store: SecretStore, key_file: Path, engine: Engine) -> None:
    put(store, "imap", PASSWORD)
    put(store, "model", "key")
    old_key, old_rows = key_file.read_bytes(), sealed_rows(engine)

    done = store.rotate()

    assert (done.count, done.retired) == (2, True)
    assert (value(store, "imap"), value(store, "model")) == (PASSWORD, "key")
    assert store.listed() == [(name, clock().isoformat()) for name in ("imap", "model")]
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len(key_file.read_bytes().split()) == 1
    engine.dispose()
    kept = b"".join(file.read_bytes() for file in key_file.parent.iterdir())
    assert old_key.strip() not in kept
    assert not [row for row in old_rows if row in kept]


def sealed_rows(engine: Engine) -> list[bytes]:
    with engine.connect() as connection:
        return [row[0] for row in connection.exec_driver_sql("SELECT sealed FROM secrets")]


def test_the_old_keys_file_is_overwritten(store: SecretStore, key_file: Path) -> None:
    put(store, "imap", PASSWORD)
    with key_file.open("rb") as held:
        assert held.read().strip()
        store.rotate()
        held.seek(0)
        assert held.read().strip() == b""


def test_without_a_secret_there_is_still_a_new_key(store: SecretStore, key_file: Path) -> None:
    assert store.rotate().count == 0
    put(store, "imap", PASSWORD)
    assert value(store, "imap") == PASSWORD


def test_a_credential_of_the_system_is_rotated_in_two_goes(engine: Engine, tmp_path: Path) -> None:
    credential = tmp_path / "gainful.key"
    old, new = Fernet.generate_key(), Fernet.generate_key()
    credential.write_bytes(old)
    credential.chmod(0o600)
    store = SecretStore(engine, tmp_path / "secret.key", clock, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    put(store, "imap", PASSWORD)
    with pytest.raises(KeyFileInvalid, match=r"belongs to the system.*a line above"):
        store.rotate()

    credential.write_bytes(new + b"\n" + old + b"\n")
    done = store.rotate()

    assert (done.count, done.retired) == (1, False)
    assert credential.read_bytes() == new + b"\n" + old + b"\n"
    credential.write_bytes(new)
    assert value(store, "imap") == PASSWORD


def test_many_rotate_store_and_read_at_once(engine: Engine, key_file: Path) -> None:
    put(SecretStore(engine, key_file, clock, {}), "imap", PASSWORD)
    failures: list[BaseException] = []

    def worker(number: int) -> None:
        own = SecretStore(open_database(key_file.parent / "g.db"), key_file, clock, {})
        try:
            for turn in range(4):
                put(own, f"w{number}", f"value {turn}")
                if number % 2:
                    own.rotate()
                assert value(own, f"w{number}") == f"value {turn}"
                assert value(own, "imap") == PASSWORD
        except BaseException as error:
            failures.append(error)

    workers = [threading.Thread(target=worker, args=(number,)) for number in range(4)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()

    assert failures == []
    store = SecretStore(engine, key_file, clock, {})
    store.rotate()
    assert {name: value(store, name) for name in store.names()} == {
        "imap": PASSWORD,
        **{f"w{number}": "value 3" for number in range(4)},
    }
    assert len(key_file.read_bytes().split()) == 1


# --- the system's keyring ---


class MemoryKeyring:
    """A keyring as the library knows one, that ends with the test."""

    priority = 5.0

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, name: str) -> str | None:
        if self.locked:
            raise RuntimeError("the prompt was dismissed")
        return self.held.get((service, name))

    def set_password(self, service: str, name: str, password: str) -> None:
        self.held[service, name] = password

    def delete_password(self, service: str, name: str) -> None:
        del self.held[service, name]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    memory = MemoryKeyring()
    monkeypatch.setattr("keyring.get_keyring", lambda: memory)
    return memory


@pytest.fixture
def in_ring(engine: Engine, key_file: Path) -> SecretStore:
    return SecretStore(engine, key_file, clock, {}, "keyring")


def test_the_key_may_lie_in_the_keyring(ring: MemoryKeyring, in_ring: SecretStore, key_file: Path) -> None:
    put(in_ring, "imap", PASSWORD)
    assert value(in_ring, "imap") == PASSWORD
    assert list(ring.held) == [("gainful", str(key_file.parent))]
    assert not key_file.exists()
    before = dict(ring.held)
    in_ring.rotate()
    assert ring.held != before
    assert value(in_ring, "imap") == PASSWORD


def test_a_rotation_brings_the_key_to_where_the_settings_want_it(
    ring: MemoryKeyring, store: SecretStore, in_ring: SecretStore, key_file: Path
) -> None:
    put(store, "imap", PASSWORD)
    with pytest.raises(KeyFileInvalid, match="gainful secrets rotate"):
        in_ring.get("imap")

    in_ring.rotate()
    assert not key_file.exists()
    assert value(in_ring, "imap") == PASSWORD
    with pytest.raises(KeyFileInvalid, match="gainful secrets rotate"):
        store.get("imap")

    store.rotate()
    assert ring.held == {}
    assert value(store, "imap") == PASSWORD


def test_without_a_keyring_nothing_falls_back_to_a_file(
    in_ring: SecretStore, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from keyring.backends.fail import Keyring as Failing

    monkeypatch.setattr("keyring.get_keyring", Failing)
    with pytest.raises(KeyringUnavailable, match="no keyring that encrypts"):
        put(in_ring, "imap", PASSWORD)
    assert in_ring.names() == []
    assert not key_file.exists()


def test_a_keyring_that_keeps_things_readable_is_none(in_ring: SecretStore, monkeypatch: pytest.MonkeyPatch) -> None:
    good = MemoryKeyring()

    class PlaintextKeyring(MemoryKeyring):
        __module__ = "keyrings.alt.file"

    class Chain:
        priority = 10.0
        backends = (PlaintextKeyring(), good)

    monkeypatch.setattr("keyring.get_keyring", PlaintextKeyring)
    with pytest.raises(KeyringUnavailable):
        put(in_ring, "imap", PASSWORD)
    monkeypatch.setattr("keyring.get_keyring", Chain)
    put(in_ring, "imap", PASSWORD)
    assert good.held


def test_a_locked_keyring_and_an_absent_library_are_named(
    ring: MemoryKeyring, in_ring: SecretStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(in_ring, "imap", PASSWORD)
    ring.locked = True
    with pytest.raises(KeyringUnavailable, match="Unlock"):
        in_ring.get("imap")
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    with pytest.raises(KeyringUnavailable, match=r"pip install 'gainful\[keyring\]'"):
        in_ring.get("imap")


def test_a_full_disk_leaves_the_key_as_it_was(
    store: SecretStore, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, "imap", PASSWORD)
    before = key_file.read_bytes()

    def full(_descriptor: int) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileInvalid, match="No space left"):
        store.rotate()
    monkeypatch.undo()
    assert key_file.read_bytes() == before
    assert value(store, "imap") == PASSWORD
    assert [file for file in key_file.parent.iterdir() if file.name.endswith(".new")] == []
