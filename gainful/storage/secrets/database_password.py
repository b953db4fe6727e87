"""The password of a team's database: sealed like all secrets, but beside the database and not in it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from gainful.sdk.secret import Secret
from gainful.storage.secrets.sealed_file import SealedFile
from gainful.storage.secrets.secret_store import KeepKeyIn, opened, places_for, sealed
from gainful.storage.settings.config import Home

NAME = "database"


def file_of(home: Home) -> SealedFile:
    """Where it lies."""
    return SealedFile(home.path / "database.sealed", NAME)


class DatabasePassword:
    """The password, which can be read and stored while the database is away.

    Args:
        environment: The process's environment variables.
        keep_key_in: Where the settings want the key.
    """

    def __init__(self, home: Home, keep_key_in: KeepKeyIn, environment: Mapping[str, str] = os.environ) -> None:
        self._file = file_of(home)
        self._keys, _ = places_for(home.key, environment, keep_key_in)

    def get(self) -> Secret | None:
        """The password; None where none is stored.

        Raises:
            KeyFileInvalid: It is there, but the key is missing, open to others, or another one.
        """
        found = self._file.read()
        return None if found is None else opened(NAME, found, self._keys.read(), self._keys.where)

    def put(self, password: Secret) -> None:
        """Seal this in place of what was there.

        Raises:
            KeyFileInvalid: The key or the file cannot be used.
        """
        self._keys.create()
        self._file.write(sealed(NAME, password, self._keys.read()))

    def delete(self) -> bool:
        """Forget it. False: there was none."""
        return self._file.delete()
