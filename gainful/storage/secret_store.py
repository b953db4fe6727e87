"""Passwords and keys at rest, sealed with a key that lies in a file of its own.

    secrets = SecretStore(engine, home / "secret.key", system_clock)
    secrets.put("imap:me@mail.example.org", password)

The key file is made at the first `put`, mode 0600. `GAINFUL_KEY_FILE` names another one; under systemd a credential
`gainful.key` (`LoadCredential=`) is used where there is one. Whoever has the database without the key has nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import Engine, delete, insert, select

from gainful.core.clock import Clock
from gainful.storage.database import reading, transaction
from gainful.storage.errors import KeyFileInvalid
from gainful.storage.key_file import make_key_file, read_key_file, unusable
from gainful.storage.schema import secrets

KEY_FILE_VARIABLE = "GAINFUL_KEY_FILE"
CREDENTIAL = "gainful.key"


class SecretStore:
    """Named secrets. None of them is ever in a repr, a message or a log.

    Args:
        key_file: Where the key lies unless the environment names another place.
        environment: The process's environment variables.
    """

    def __init__(
        self, engine: Engine, key_file: Path, clock: Clock, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._engine = engine
        self._clock = clock
        self.key_file = _chosen(key_file, environment)

    def __repr__(self) -> str:
        return f"SecretStore(key_file={str(self.key_file)!r})"

    def put(self, name: str, value: str) -> None:
        """Seal this secret under this name, in place of what was there.

        Raises:
            KeyFileInvalid: The key file is open to others, is no key, or is missing though secrets are sealed with it.
        """
        sealed = self._sealer(create=not self.names()).encrypt(json.dumps([name, value]).encode())
        row = {"name": name, "sealed": sealed, "updated_at": self._clock().isoformat()}
        with transaction(self._engine) as connection:
            connection.execute(delete(secrets).where(secrets.c.name == name))
            connection.execute(insert(secrets), [row])

    def get(self, name: str) -> str | None:
        """The secret of this name, or None when there is none.

        Raises:
            KeyFileInvalid: It is there, but the key is missing, open to others, or another one.
        """
        with reading(self._engine) as connection:
            sealed = connection.scalar(select(secrets.c.sealed).where(secrets.c.name == name))
        if sealed is None:
            return None
        try:
            # The name is sealed in: rows swapped in the database do not hand one server's password to another.
            stored, value = json.loads(self._sealer(create=False).decrypt(sealed))
        except InvalidToken:
            stored, value = "", ""
        if stored != name:
            raise KeyFileInvalid(
                f"The key {self.key_file} does not open the stored secret '{name}'.",
                "Put back the key it was sealed with, or store the secret anew with `gainful init`.",
            )
        return str(value)

    def delete(self, name: str) -> bool:
        """Forget this secret. False: there was none."""
        with transaction(self._engine) as connection:
            return bool(connection.execute(delete(secrets).where(secrets.c.name == name)).rowcount)

    def names(self) -> list[str]:
        """The names of all stored secrets."""
        with reading(self._engine) as connection:
            return list(connection.scalars(select(secrets.c.name).order_by(secrets.c.name)))

    def _sealer(self, *, create: bool) -> Fernet:
        if create:
            try:
                make_key_file(self.key_file, lambda: Fernet.generate_key() + b"\n")
            except OSError as error:
                raise unusable(self.key_file, error) from None
        missing = KeyFileInvalid(
            f"The key file {self.key_file} is missing, and stored secrets are sealed with it.",
            f"Put it back from your backup, name it in {KEY_FILE_VARIABLE}, or store the secrets anew.",
        )
        key = read_key_file(self.key_file, "change the passwords it protects", missing)
        try:
            return Fernet(key.strip())
        except ValueError:
            raise KeyFileInvalid(
                f"The file {self.key_file} does not hold a key.",
                "Put back the key, or delete the file to make a new one.",
            ) from None


def _chosen(key_file: Path, environment: Mapping[str, str]) -> Path:
    if named := environment.get(KEY_FILE_VARIABLE):
        return Path(named).expanduser()
    if folder := environment.get("CREDENTIALS_DIRECTORY"):
        credential = Path(folder) / CREDENTIAL
        if credential.exists():
            return credential
    return key_file
