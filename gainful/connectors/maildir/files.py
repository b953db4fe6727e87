"""Files that are there completely or not at all, and survive a power cut."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path


def sync_directory(directory: Path) -> None:
    """Make renames and links in that directory last."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_new(path: Path, content: bytes) -> None:
    """Create the file with that content on disk.

    It belongs to the owner of its directory where we may give it away: run by root, a file of root's own would be
    unreadable to the person and their mail server.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        if os.geteuid() == 0:
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.fsync(descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
    finally:
        os.close(descriptor)


def durable_write(path: Path, content: bytes) -> None:
    """Replace the file's content in one step."""
    # The name keeps out of the way of Maildir's own: it is neither a folder nor in cur, new or tmp.
    beside = path.with_name(f"{path.name}.{secrets.token_hex(6)}.new")
    write_new(beside, content)
    beside.replace(path)
    sync_directory(path.parent)


def make_directory(path: Path) -> None:
    """Create the directory for its owner alone, as its parent's owner's where we may."""
    path.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)
