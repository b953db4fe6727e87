"""What files were before they were written: for finding out after a crash what has happened, and for taking it back.

    kept/
    ├── 4f0c….json      which file, and the SHA-256 of what it was and of what it becomes
    └── 4f0c….before    what it was; absent for a file that was new

Both are on disk before the file is touched. They stay for `KEPT_FOR`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gainful.connectors.files.errors import FileMissing
from gainful.connectors.files.folder import sorted_errors

KEPT_FOR = timedelta(days=90)
_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Note:
    """One write.

    Args:
        before, after: SHA-256 (hex) of the file; empty where there was none.
    """

    path: str
    before: str
    after: str


class Kept:
    """The folder of these notes and copies.

    Args:
        path: Made when absent, for its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._swept = False

    @contextmanager
    def locked(self) -> Iterator[int]:
        """Its descriptor, with nobody else writing: two processes that add to one file would lose one of the texts."""
        with sorted_errors("kept"):
            self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            self._sweep(folder)
            yield folder
        finally:
            os.close(folder)

    def keep(self, folder: int, id_: str, note: Note, before: bytes | None) -> None:
        """Write down what the file was and what it becomes."""
        if before is not None:
            replace(folder, f"{id_}.before", before, note.path, temporary=f"{id_}.new", mode=0o600)
        text = json.dumps(asdict(note)).encode()
        replace(folder, f"{id_}.json", text, note.path, temporary=f"{id_}.new", mode=0o600)

    def note(self, id_: str) -> Note | None:
        """What was written under this id; None when nothing was.

        Raises:
            FileMissing: What stands there cannot be read.
        """
        if not _ID.fullmatch(id_):
            return None
        try:
            return Note(**json.loads((self._path / f"{id_}.json").read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise FileMissing(f"The note about write {id_} cannot be read.", f"Look into {self._path}.") from error

    def before(self, id_: str) -> bytes:
        """What the file was.

        Raises:
            FileMissing: It is not kept any more.
        """
        try:
            return (self._path / f"{id_}.before").read_bytes()
        except OSError as error:
            raise FileMissing(f"What was there before write {id_} is not kept.", "Look for a backup.") from error

    def writes(self) -> list[tuple[datetime, str, Note]]:
        """When, id and note of every write that is kept, the newest first."""
        found = []
        for file in self._path.glob("*.json"):
            if not _ID.fullmatch(file.stem):
                continue
            with suppress(FileMissing, FileNotFoundError):
                at, note = datetime.fromtimestamp(file.stat().st_mtime, UTC), self.note(file.stem)
                found += [(at, file.stem, note)] if note is not None else []
        return sorted(found, key=lambda one: one[0], reverse=True)

    def _sweep(self, folder: int) -> None:
        """Once a process, let go of what is old."""
        if self._swept:
            return
        self._swept = True
        before = time.time() - KEPT_FOR.total_seconds()
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < before:
                        os.unlink(entry.name, dir_fd=folder)


def id_of(key: str) -> str:
    """The id of the write with this key; a key may hold anything."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def digest(content: bytes | None) -> str:
    """SHA-256 (hex); empty for a file that is not there."""
    return hashlib.sha256(content).hexdigest() if content is not None else ""


def replace(folder: int, name: str, content: bytes, path: str, *, temporary: str, mode: int | None = None) -> None:
    """Put the content under this name, all of it or nothing.

    Args:
        temporary: Name that it has until it is whole; one that a dead process left is removed.
        mode: Rights; None for those of the file that is replaced, without those to run it as somebody else.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    remove(folder, temporary)
    try:
        with sorted_errors(path):
            rights = _mode(folder, name) if mode is None else mode
            with os.fdopen(os.open(temporary, flags, rights, dir_fd=folder), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        remove(folder, temporary)
        raise
    with sorted_errors(path, done=True):
        os.fsync(folder)


def remove(folder: int, name: str) -> None:
    """Take a file out of the folder, if it is there."""
    with suppress(OSError):
        os.unlink(name, dir_fd=folder)


def _mode(folder: int, name: str) -> int:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode & 0o777
    except FileNotFoundError:
        return 0o644
