"""One sealed secret in a file of its own: the password of the database in which all others lie."""

from __future__ import annotations

import os
from pathlib import Path

from gainful.storage.secrets.key_file import unusable


class SealedFile:
    """A file with mode 0600 that is replaced in one step.

    Args:
        name: Of the secret that it holds.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name

    def read(self) -> bytes | None:
        """What lies there; None where there is no file.

        Raises:
            KeyFileInvalid: The system does not let us read it.
        """
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise unusable(self.path, error) from None

    def write(self, sealed: bytes) -> None:
        """Put this in place of what was there.

        Raises:
            KeyFileInvalid: The system does not let us write it.
        """
        draft = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            raise unusable(self.path, error) from None

    def delete(self) -> bool:
        """Remove it. False: there was none."""
        found = self.path.exists()
        self.path.unlink(missing_ok=True)
        return found
