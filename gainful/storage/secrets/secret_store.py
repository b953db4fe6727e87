"""Passwords and keys at rest, sealed with a key that lies elsewhere.

    secrets = SecretStore(engine, home / "secret.key", system_clock)
    secrets.put("account:work", Secret("account:work", password))
    secrets.get("account:work")        # Secret(account:work), or None
    secrets.rotate()                   # everything under a new key, the old one gone

The key is made at the first `put`: a file with mode 0600, or an entry of the system's keyring. `GAINFUL_KEY_FILE` names
another file; under systemd a credential `gainful.key` (`LoadCredential=`) is used where there is one. Whoever has the
database without the key has nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.sdk.secret import Secret
from gainful.storage.database import BUSY_TIMEOUT_MS, reading, transaction
from gainful.storage.errors import KeyFileInvalid
from gainful.storage.schema import secrets
from gainful.storage.secrets.key_place import KeyFile, KeyPlace, Keyring, new_key
from gainful.storage.secrets.sealed_file import SealedFile

KEY_FILE_VARIABLE = "GAINFUL_KEY_FILE"
CREDENTIAL = "gainful.key"

KeepKeyIn = Literal["file", "keyring"]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did.

    Args:
        count: How many secrets are now sealed with the new key.
        where: Where that key lies.
        retired: Whether the old keys are gone; else the person has to take them out.
    """

    count: int
    where: str
    retired: bool


class SecretStore:
    """Named secrets. None of them is ever in a repr, a message or a log. Two processes may use it at once.

    Args:
        key_file: Where the key lies unless the environment names another place or the keyring is wanted.
        environment: The process's environment variables.
        keep_key_in: Where the settings want the key.
        beside: A secret that is sealed with the same key, but lies in no database; it gets new keys with the others.
    """

    def __init__(
        self,
        engine: Engine,
        key_file: Path,
        clock: Clock,
        environment: Mapping[str, str] = os.environ,
        keep_key_in: KeepKeyIn = "file",
        beside: SealedFile | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._beside = beside
        self._place, self._other = places_for(key_file, environment, keep_key_in)

    def __repr__(self) -> str:
        return f"SecretStore({self.where!r})"

    @property
    def where(self) -> str:
        """Where the key lies, as messages name it."""
        return self._place.where

    def put(self, name: str, secret: Secret) -> None:
        """Seal this secret under this name, in place of what was there.

        Raises:
            KeyFileInvalid: The key file is open to others, is no key, or is missing though secrets are sealed with it.
            KeyringUnavailable: The key is to lie in a keyring, and there is none.
        """
        # The key is read under the same lock under which the row is written: no rotation can come in between.
        with self._alone() as connection:
            if not connection.scalars(select(secrets.c.name).limit(1)).first():
                self._place.create()
            keys = self._keys()
            row = {"name": name, "sealed": sealed(name, secret, keys), "updated_at": self._clock().isoformat()}
            connection.execute(delete(secrets).where(secrets.c.name == name))
            connection.execute(insert(secrets), [row])

    def get(self, name: str) -> Secret | None:
        """The secret of this name, or None when there is none.

        Raises:
            KeyFileInvalid: It is there, but the key is missing, open to others, or another one.
            KeyringUnavailable: It is there, but the keyring is not.
        """
        before = None
        while True:
            with reading(self._engine) as connection:
                found = connection.scalar(select(secrets.c.sealed).where(secrets.c.name == name))
            if found is None:
                return None
            try:
                return opened(name, found, self._keys(), self.where)
            except KeyFileInvalid:
                # A rotation may have come between the look at the row and the look at the key: look once more.
                if found == before:
                    raise
                before = found

    def delete(self, name: str) -> bool:
        """Forget this secret. False: there was none."""
        with self._alone() as connection:
            found = bool(connection.execute(delete(secrets).where(secrets.c.name == name)).rowcount)
        self._clear_log()
        return found

    def names(self) -> list[str]:
        """The names of all stored secrets."""
        return [name for name, _ in self.listed()]

    def listed(self) -> list[tuple[str, str]]:
        """Each stored secret's name, and when it was stored."""
        with reading(self._engine) as connection:
            found = connection.execute(select(secrets.c.name, secrets.c.updated_at).order_by(secrets.c.name))
            return [(row.name, row.updated_at) for row in found]

    def rotate(self) -> Rotated:
        """Seal every secret with a new key and wipe the old one; also moves the key to where the settings want it.

        Three steps, each whole or not at all; killed between any two, every secret can still be read, and calling this
        again finishes it.

        Raises:
            KeyFileInvalid: A secret cannot be opened, or the key may not be changed here. Everything can be read as
                before.
            KeyringUnavailable: The key is to lie in a keyring, and there is none.
        """
        self._add_key()
        count = self._reseal()
        self._retire()
        self._clear_log()
        return Rotated(count, self.where, not self._place.fixed)

    def _add_key(self) -> None:
        """First a new key beside the old ones: what others seal from here on is sealed with it."""
        with self._alone() as connection:
            keys = self._place.read()
            stored = self._stored(connection)
            if not all(_opens(keys, content) for _, content in stored):
                keys += self._keys_elsewhere()
            if stored and not keys:
                raise self._missing()
            for name, content in stored:
                opened(name, content, keys, self.where)
            if len(self._place.read()) > 1:
                # A rotation that was killed, or another one under way, has added it.
                return
            if self._place.fixed:
                raise KeyFileInvalid(
                    f"{self.where[0].upper()}{self.where[1:]} belongs to the system and is not changed from here.",
                    "Put a new key on a line above the old one, restart, rotate again, then take the old line out.",
                )
            self._place.write([new_key(), *keys])

    def _reseal(self) -> int:
        """Then every secret anew, in one transaction."""
        with self._alone() as connection:
            keys = self._keys()
            stored = self._stored(connection)
            for name, content in stored:
                fresh = sealed(name, opened(name, content, keys, self.where), keys)
                if self._beside is not None and name == self._beside.name:
                    self._beside.write(fresh)
                    continue
                connection.execute(update(secrets).where(secrets.c.name == name).values(sealed=fresh))
        return len(stored)

    def _retire(self) -> None:
        """Last the old keys go: all that open nothing any more. Another rotation may have begun since."""
        with self._alone() as connection:
            keys = self._keys()
            rows = [content for _, content in self._stored(connection)]
            needed = [key for key in keys if key is keys[0] or any(_opens([key], content) for content in rows)]
            if not self._place.fixed and len(needed) < len(keys):
                self._place.write(needed)
            if self._other is not None:
                # A keyring that is not there holds no key of ours.
                with suppress(GainfulError):
                    self._other.remove()

    def _keys(self) -> list[Secret]:
        keys = self._place.read()
        if not keys:
            raise self._missing()
        return keys

    def _keys_elsewhere(self) -> list[Secret]:
        """The keys in the place that the settings named before."""
        if self._other is None:
            return []
        with suppress(GainfulError):
            return self._other.read()
        return []

    def _missing(self) -> KeyFileInvalid:
        if isinstance(self._place, Keyring):
            return KeyFileInvalid(
                "The system's keyring has no key of this home, and stored secrets are sealed with one.",
                "If it is still in its file, bring it over with `gainful secrets rotate`; else put back the keyring.",
            )
        return KeyFileInvalid(
            f"{self.where[0].upper()}{self.where[1:]} is missing, and stored secrets are sealed with it.",
            f"Put it back from your backup or name it in {KEY_FILE_VARIABLE}; if it is in the keyring, bring it over "
            "with `gainful secrets rotate`. Else delete the secrets and store them anew.",
        )

    def _stored(self, connection: Connection) -> list[tuple[str, bytes]]:
        found = connection.execute(select(secrets.c.name, secrets.c.sealed).order_by(secrets.c.name))
        rows = [(row.name, row.sealed) for row in found]
        apart = self._beside.read() if self._beside is not None else None
        return [*rows, (self._beside.name, apart)] if self._beside is not None and apart is not None else rows

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """A transaction in which nobody else changes secrets or keys."""
        with transaction(self._engine) as connection:
            if connection.dialect.name == "sqlite":
                # What is deleted or replaced is overwritten in the file, not only marked as free.
                connection.exec_driver_sql("PRAGMA secure_delete=ON")
            yield connection

    def _clear_log(self) -> None:
        """Take sealed secrets of the past out of SQLite's log too, where nobody else is reading it."""
        if self._engine.dialect.name == "sqlite":
            with suppress(DBAPIError), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA busy_timeout=100")
                try:
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                finally:
                    connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def sealed(name: str, secret: Secret, keys: Sequence[Secret]) -> bytes:
    """The secret, sealed with the first of these keys."""
    return Fernet(keys[0].reveal()).encrypt(json.dumps([name, secret.reveal()]).encode())


def opened(name: str, content: bytes, keys: Sequence[Secret], where: str) -> Secret:
    """The secret of this name that was sealed with one of these keys.

    Raises:
        KeyFileInvalid: None of them opens it.
    """
    stored, value = "", ""
    with suppress(InvalidToken):
        # The name is sealed in: rows swapped in the database do not hand one server's password to another.
        stored, value = json.loads(MultiFernet([Fernet(key.reveal()) for key in keys]).decrypt(content))
    if stored != name:
        raise KeyFileInvalid(
            f"The key in {where} does not open the stored secret '{name}'.",
            f"Put back the key it was sealed with, or store the secret anew: gainful secrets set {name}",
        )
    return Secret(name, str(value))


def _opens(keys: Sequence[Secret], sealed: bytes) -> bool:
    if keys:
        with suppress(InvalidToken):
            MultiFernet([Fernet(key.reveal()) for key in keys]).decrypt(sealed)
            return True
    return False


def places_for(
    key_file: Path, environment: Mapping[str, str], keep_key_in: KeepKeyIn
) -> tuple[KeyPlace, KeyPlace | None]:
    """Where the key lies, and where else it may still lie."""
    chosen = _named(environment)
    if chosen is not None:
        return chosen, None
    ring, file = Keyring(str(key_file.parent)), KeyFile(key_file)
    return (ring, file) if keep_key_in == "keyring" else (file, ring)


def _named(environment: Mapping[str, str]) -> KeyFile | None:
    """The key file that the operator has named, before all settings."""
    if named := environment.get(KEY_FILE_VARIABLE):
        return KeyFile(Path(named).expanduser())
    if folder := environment.get("CREDENTIALS_DIRECTORY"):
        credential = Path(folder) / CREDENTIAL
        if credential.exists():
            return KeyFile(credential, fixed=True)
    return None
