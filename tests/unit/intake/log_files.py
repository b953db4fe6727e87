"""Files as other tools write them, made by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from gainful.core.fact import Call
from gainful.intake.logs.reading import Found, Place, Read, Skipped

AT = "2026-11-02T09:00:00.000Z"


def lines(file: Path, *rows: object, end: str = "\n") -> Path:
    """A file of JSON Lines; a text is a line as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + end, encoding="utf-8")
    return file


def calls(read: Iterable[Read]) -> list[Call]:
    """The calls of what was read, where all of it could be."""
    found = list(read)
    assert not [one for one in found if isinstance(one, Skipped)]
    return [one.call for one in found if isinstance(one, Found)]


def reasons(read: Iterable[Read]) -> list[tuple[int, str]]:
    """What could not be read: the line, and why."""
    return [(one.line, one.reason) for one in read if isinstance(one, Skipped)]


def end(read: Iterable[Read]) -> Place:
    """Where the file was read to."""
    (place,) = (one for one in read if isinstance(one, Place))
    return place
