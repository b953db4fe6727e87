"""What vendors export about an organisation: pages of buckets, each a time and what was used or cost in it.

A file holds one page as the vendor's API answers it, an array of pages, or a page a line. A bucket that was not over
when the file was written is left for the next export: its numbers still grow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gainful.intake.logs.reading import (
    START,
    Found,
    JsonLines,
    Place,
    Read,
    Skipped,
    Unusable,
    inside,
    instant,
    text,
    whole_json,
)


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a bucket.

    Args:
        begins: Of the bucket; it ends at `ends`.
    """

    begins: datetime
    ends: datetime
    content: dict[str, Any]

    def key(self, *names: str) -> str:
        """What tells it from others: the bucket, and what these fields say."""
        of = (text(str(self.content.get(name) or "")) for name in names)
        return ":".join((f"{self.begins:%Y-%m-%dT%H:%MZ}", f"{self.ends:%Y-%m-%dT%H:%MZ}", *of))


ToFound = Callable[[Result], Found | None]
"""Makes a result a call; None: it says that there was none. Raises `Unusable`."""


def read_export(file: Path, title: str, bounds: tuple[str, str], found: ToFound) -> Iterator[Read]:
    """What the buckets of a file hold.

    Args:
        title: Of the export, for whoever hands in another file.
        bounds: How the vendor calls a bucket's begin and end.
    """
    written = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    waits, known, number = False, False, 0
    for page in _pages(file):
        if isinstance(page, Skipped):
            yield page
            known = True
            continue
        buckets = inside(page, "data")
        for bucket in buckets if isinstance(buckets, list) else ():
            number += 1
            begins, ends = (instant(inside(bucket, name)) for name in bounds)
            results = inside(bucket, "results")
            if begins is None or ends is None or not isinstance(results, list):
                yield Skipped(file, 0, f"Bucket {number} has no begin, no end or no results.")
                continue
            known = True
            if ends > written:
                waits = waits or bool(results)
                continue
            yield from _found(file, number, begins, ends, results, found)
    if not known and not number:
        yield Skipped(file, 0, f"It is no {title}.")
    yield Place(waits=waits) if waits else START


def _found(
    file: Path, number: int, begins: datetime, ends: datetime, results: Iterable[Any], found: ToFound
) -> Iterator[Read]:
    for content in results:
        if not isinstance(content, dict):
            yield Skipped(file, 0, f"Bucket {number} holds something that is no JSON object.")
            continue
        try:
            one = found(Result(begins, ends, content))
        except Unusable as error:
            yield Skipped(file, 0, f"Bucket {number}: {error}")
            continue
        if one is not None:
            yield one


def _pages(file: Path) -> Iterator[Any]:
    try:
        whole = whole_json(file)
    except Unusable as error:
        lines = list(JsonLines(file, START, quiet=True))
        pages = [line for line in lines if not isinstance(line, Skipped) and "data" in line[1]]
        if not pages:
            yield Skipped(file, 0, str(error))
            return
        yield from (line if isinstance(line, Skipped) else line[1] for line in lines)
        return
    yield from whole if isinstance(whole, list) else [whole]
