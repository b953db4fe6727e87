"""Key files: made whole, mode 0600, and refused where others could read them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from gainful.core.ids import random_id
from gainful.storage.errors import KeyFileInvalid


def make_key_file(path: Path, generate: Callable[[], bytes]) -> None:
    """Makes a key unless the file exists. Linked into place whole, so that no other process reads half a key."""
    if path.exists():
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Of this caller alone: threads of one process may come at once, too.
    draft = path.with_name(f"{path.name}.{random_id()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(generate())
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def read_key_file(path: Path, protects: str, missing: KeyFileInvalid) -> bytes:
    """What the key file holds.

    Args:
        protects: What to do should others have read it: `change the passwords it protects`.
        missing: The error to raise when there is no such file.

    Raises:
        KeyFileInvalid: It is missing, cannot be read, or is open to others.
    """
    try:
        mode = path.stat().st_mode
        key = path.read_bytes()
    except FileNotFoundError:
        raise missing from None
    except OSError as error:
        raise unusable(path, error) from None
    if mode & 0o077:
        raise KeyFileInvalid(
            f"The key file {path} can be read by others (mode {mode & 0o777:o}).",
            f"Run: chmod 600 {path}. If others may have read it, {protects}.",
        )
    return key


def unusable(path: Path, error: OSError) -> KeyFileInvalid:
    """The error for a key file that the system does not let us make or read."""
    return KeyFileInvalid(f"The key file {path} cannot be used: {error.strerror}.", "Check who owns it and its folder.")
