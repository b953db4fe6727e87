"""The key by which items are dealt to the arms of the hold-out: random octets in a file of its own.

Which key it is stands in the database as well, by its digest: another one put in its place would deal anew, and is
refused.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from sqlalchemy import Engine

from gainful.storage.database import transaction
from gainful.storage.errors import KeyFileInvalid
from gainful.storage.runs.mark_store import MarkStore
from gainful.storage.secrets.key_file import make_key_file, read_key_file, unusable
from gainful.worth.dealing import KEY_OCTETS

MARK = "hold-out-key"


class DealKey:
    """The key of one installation, made when it is needed first."""

    def __init__(self, path: Path, engine: Engine, marks: MarkStore) -> None:
        self._path = path
        self._engine = engine
        self._marks = marks

    def read(self) -> bytes:
        """The key.

        Raises:
            KeyFileInvalid: It is missing, open to others, or another one than items were dealt by.
        """
        known = self._marks.get(MARK)
        if not known:
            try:
                make_key_file(self._path, lambda: secrets.token_bytes(KEY_OCTETS))
            except OSError as error:
                raise unusable(self._path, error) from None
        missing = KeyFileInvalid(
            f"The key file {self._path} is missing, and items were dealt to the hold-out by it.",
            "Put it back from your backup. Items that were dealt keep their arm; new ones cannot be dealt without it.",
        )
        key = read_key_file(self._path, "items can be dealt by who knows what comes of it", missing)
        if len(key) != KEY_OCTETS or (known and known != _name(key)):
            raise KeyFileInvalid(
                f"The file {self._path} does not hold the key that items were dealt by.",
                "Put it back from your backup.",
            )
        if not known:
            self._note(key)
        return key

    def _note(self, key: bytes) -> None:
        with transaction(self._engine) as connection:
            self._marks.set_in(connection, MARK, _name(key))


def _name(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()
