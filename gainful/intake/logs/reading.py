"""What the readers share: lines of JSON that may be broken, and numbers and instants that may be anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gainful.core.fact import Call

LONGEST_LINE = 64 * 1024 * 1024
"""Octets of a line: a message may hold a file that was read."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that could not be read.

    Args:
        line: Its number, from 1; 0: the whole file.
    """

    file: Path
    line: int
    reason: str


Read = Call | Skipped


def json_lines(file: Path) -> Iterator[tuple[int, dict[str, Any]] | Skipped]:
    """The objects of a file of JSON Lines. A last line that is cut off is being written: it waits for the next time."""
    with file.open("rb") as opened:
        for number, line in enumerate(opened, 1):
            if not line.endswith(b"\n") or not line.strip():
                continue
            if len(line) > LONGEST_LINE:
                yield Skipped(file, number, f"The line has {len(line):,} octets.")
                continue
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                yield Skipped(file, number, "It is not JSON.")
                continue
            if isinstance(found, dict):
                yield number, found


def count(found: object) -> int:
    """A number of tokens; 0 for what is none."""
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < 10**12:
        return 0
    return int(found)


def text(found: object) -> str:
    """A name or an id on one line; empty for what is none."""
    return found[:500] if isinstance(found, str) and found.isprintable() else ""


def instant(found: object) -> datetime | None:
    """An instant with its zone; None for what is none."""
    if not isinstance(found, str):
        return None
    try:
        at = datetime.fromisoformat(found)
    except ValueError:
        return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)


def inside(found: object, *names: str) -> Any:
    """What stands under these names, one in the other; None where one of them is not there."""
    for name in names:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found
