"""How far each file of another tool's was read.

A mark holds what the file was like, and a digest of octets before the place: a file that was cut off, or written anew
under the same name, is read from the beginning. The name of the file itself is not kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from gainful.intake.logs.reading import START, Place
from gainful.storage.runs.mark_store import MarkStore

QUIET = timedelta(minutes=10)
"""A file that nobody has written to for so long is taken as whole."""

_HEAD = 4096
"""Octets at the file's beginning and before the place that must be the same."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it is now.

    Args:
        stamp: What changes when the file does.
        quiet: Whether nobody has written to it for a while.
    """

    stamp: str
    quiet: bool


def state_of(file: Path, now: datetime) -> FileState:
    """The file as it is now.

    Raises:
        OSError: It cannot be looked at.
    """
    stat = file.stat()
    written = datetime.fromtimestamp(stat.st_mtime, UTC)
    return FileState(f"{stat.st_ino}:{stat.st_size}:{stat.st_mtime_ns}", now - written > QUIET)


class LogMarks:
    """Marks of one installation."""

    def __init__(self, marks: MarkStore) -> None:
        self._marks = marks

    def begin(self, tool: str, file: Path, state: FileState) -> Place | None:
        """Where to read on; None: nothing has changed since.

        Raises:
            OSError: The file cannot be read.
        """
        kept = self._marks.get(_name(tool, file))
        if not kept:
            return START
        mark = json.loads(kept)
        place = Place(*mark["place"])
        if mark["stamp"] == state.stamp and not (place.waits and state.quiet and not mark["quiet"]):
            return None
        return place if _digest(file, place.offset) == mark["digest"] else START

    def mark(self, tool: str, file: Path, state: FileState, place: Place) -> tuple[str, str]:
        """The name and the value of a mark that says how far a file was read."""
        mark = {
            "stamp": state.stamp,
            "quiet": state.quiet,
            "digest": _digest(file, place.offset),
            "place": [place.offset, place.line, place.state, place.waits],
        }
        return _name(tool, file), json.dumps(mark)


def _name(tool: str, file: Path) -> str:
    return f"import:{tool}:{sha256(str(file.absolute()).encode(errors='surrogateescape')).hexdigest()[:32]}"


def _digest(file: Path, offset: int) -> str:
    """Of the octets at the beginning and before the place; empty where the file ends before it."""
    if not offset:
        return ""
    size = min(offset, _HEAD)
    with file.open("rb") as opened:
        head = opened.read(size)
        opened.seek(offset - size)
        before = opened.read(size)
    return sha256(head + before).hexdigest() if len(before) == size else ""
