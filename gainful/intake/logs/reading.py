"""What the readers share: lines of JSON that may be broken, values that may be anything, and how far a file was read.

A reader gives calls, lines that it could not use with the reason, and in the end the place up to which everything is
told, so that the next time only what was added since is read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from gainful.core.fact import Call
from gainful.core.money import PLACES

LONGEST_LINE = 64 * 1024 * 1024
"""Octets of a line: a message may hold a file that was read."""

LARGEST_FILE = 512 * 1024 * 1024
"""Octets of a file that has to be read as a whole."""

MOST = 10**12
"""No call has as many tokens or costs as many dollars."""

STILL_CHANGING = 20
"""Lines from the end of a file that is being written in which a message may still get a later version."""


class Unusable(ValueError):
    """Something stands there that is no call, and was meant to be one; says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Found:
    """A call.

    Args:
        line: Where it stands, from 1; 0: the file has no lines.
        hour: Of the tokens written to a cache, those that are kept there for an hour.
        many: Whether it stands for nobody knows how many calls, such as those of a day.
        share: Of the list price, what such calls cost.
    """

    line: int
    call: Call
    hour: int = 0
    many: bool = False
    share: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that could not be read.

    Args:
        line: Its number, from 1; 0: the whole file.
    """

    file: Path
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file: everything before it is told.

    Args:
        offset: Octets from the beginning.
        line: Lines before it.
        state: What the reader must remember of what stands before, JSON.
        waits: Whether something that stands after it was left for the next time.
    """

    offset: int = 0
    line: int = 0
    state: str = ""
    waits: bool = False


START = Place()

Read = Found | Skipped | Place

Reader = Callable[[Path, Place, bool], Iterator[Read]]
"""Reads a file from a place on. The last argument: whether nobody has written to it for a while."""


@dataclass(frozen=True, slots=True)
class Format:
    """What one tool writes down, and where.

    Args:
        tool: A word.
        title: As its makers write it.
        places: Folders where it keeps its files; `~` and `$NAME` of the environment may stand in them.
        patterns: Which of the files in them, and in folders in them, are read.
        personal: Whether files are somebody's own, who need not be named in them.
    """

    tool: str
    title: str
    read: Reader
    places: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ("*",)
    personal: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """A call as a line tells it.

    Args:
        final: Whether it will not come again under the same key.
        hour: As of `Found`.
    """

    call: Call
    final: bool = True
    hour: int = 0


class Log(Protocol):
    """What one tool means by a line."""

    def knows(self, content: dict[str, Any]) -> bool:
        """Whether it is a line that this tool writes."""

    def calls(self, content: dict[str, Any]) -> Iterable[Told]:
        """The calls of a line.

        Raises:
            Unusable: A call stands there that cannot be used.
        """

    def state(self) -> str:
        """What must be remembered to read on from here."""


class JsonLines:
    """The objects of a file of JSON Lines, from a place on.

    A last line that is cut off is being written: it waits for the next time, unless nobody writes any more.
    """

    def __init__(self, file: Path, begin: Place, *, quiet: bool) -> None:
        self._file = file
        self._quiet = quiet
        self.offset, self.number = begin.offset, begin.line
        self.waits = False

    def __iter__(self) -> Iterator[tuple[Place, dict[str, Any]] | Skipped]:
        with self._file.open("rb") as opened:
            opened.seek(self.offset)
            while line := opened.readline(LONGEST_LINE + 1):
                before = Place(self.offset, self.number)
                length = len(line)
                if length > LONGEST_LINE and not line.endswith(b"\n"):
                    length += _rest_of_line(opened.readline)
                    found: Any = None
                    reason = f"The line has {length:,} octets."
                else:
                    found, reason = _object(line)
                if reason and not line.endswith(b"\n") and length == len(line) and not self._quiet:
                    self.waits = True
                    return
                self.offset, self.number = before.offset + length, before.line + 1
                if reason:
                    yield Skipped(self._file, self.number, reason)
                elif found is not None:
                    yield before, found


def read_log(file: Path, log: Log, title: str, begin: Place, quiet: bool) -> Iterator[Read]:
    """What a log of JSON Lines tells, each call once, with its last version.

    Args:
        title: Of the tool, for whoever hands in the file of another one.
    """
    lines = JsonLines(file, begin, quiet=quiet)
    held: dict[str, _Held] = {}
    told: set[str] = set()
    known = begin.offset > 0
    for line in lines:
        if isinstance(line, Skipped):
            yield line
            continue
        before, content = line
        known = known or log.knows(content)
        try:
            tellings = list(log.calls(content))
        except Unusable as error:
            yield Skipped(file, before.line + 1, str(error))
            continue
        for new in tellings:
            if new.call.key in told:
                continue
            first = held.pop(new.call.key, None)
            place = first.begin if first is not None else before
            kept = replace(new, call=replace(new.call, at=first.told.call.at)) if first is not None else new
            if kept.final:
                told.add(kept.call.key)
                yield _found(place, kept)
            else:
                held[kept.call.key] = _Held(place, before.line, kept)
    if lines.number and not known:
        yield Skipped(file, 0, f"It is nothing that {title} writes.")
    end = Place(lines.offset, lines.number, log.state(), lines.waits)
    waiting = [] if quiet else [one for one in held.values() if lines.number - one.last <= STILL_CHANGING]
    yield from (_found(one.begin, one.told) for one in held.values() if one not in waiting)
    first_waiting = min((one.begin for one in waiting), key=lambda place: place.offset, default=None)
    yield end if first_waiting is None else replace(first_waiting, waits=True)


@dataclass(frozen=True, slots=True)
class _Held:
    """A call whose last version may not have come.

    Args:
        begin: Where its first version stands.
        last: Lines before its latest one.
    """

    begin: Place
    last: int
    told: Told


def _found(place: Place, told: Told) -> Found:
    return Found(place.line + 1, told.call, told.hour)


def _rest_of_line(readline: Callable[[int], bytes]) -> int:
    length = 0
    while part := readline(LONGEST_LINE):
        length += len(part)
        if part.endswith(b"\n"):
            break
    return length


def _object(line: bytes) -> tuple[dict[str, Any] | None, str]:
    """The object of a line, or why there is none; neither for an empty line."""
    if not line.strip():
        return None, ""
    try:
        found = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None, "It is not JSON."
    return (found, "") if isinstance(found, dict) else (None, "It is no JSON object.")


def whole_json(file: Path) -> Any:
    """What a file holds that is one JSON value.

    Raises:
        Unusable: It is too large, or none.
    """
    if file.stat().st_size > LARGEST_FILE:
        raise Unusable(f"It has {file.stat().st_size:,} octets, and would have to be read as a whole.")
    try:
        return json.loads(file.read_bytes(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Unusable("It is not JSON.") from None


def _no_number(_constant: str) -> object:
    # JSON has no NaN and no Infinity; Python reads them.
    raise ValueError("no number")


# --- values -----------------------------------------------------------------------------------------------------------


def count(found: Mapping[str, Any], *names: str) -> int:
    """The number of tokens under the first of these names that is there; 0 where none is.

    Raises:
        Unusable: Something else stands there.
    """
    for name in names:
        value = found.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1 != 0:
            raise Unusable(f"'{name}' is no number of tokens: {str(value)[:40]!r}.")
        if not 0 <= value < MOST:
            raise Unusable(f"'{name}' cannot be {int(value)}.")
        return int(value)
    return 0


def money(value: object) -> Decimal | None:
    """An amount of dollars; None where there is none.

    Raises:
        Unusable: Something else stands there.
    """
    if value is None or value == "":
        return None
    try:
        amount = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except ArithmeticError:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise Unusable(f"{str(value)[:40]!r} is no amount of money.")
    if not 0 <= amount < MOST:
        raise Unusable(f"{str(value)[:40]} cannot be what a call cost.")
    return amount.quantize(PLACES)


def text(found: object) -> str:
    """A name or an id on one line; empty for what is none."""
    return found[:500] if isinstance(found, str) and found.isprintable() else ""


def instant(found: object) -> datetime | None:
    """An instant with its zone, from ISO 8601 or from seconds or milliseconds since 1970; None for what is none."""
    try:
        if isinstance(found, int | float) and not isinstance(found, bool):
            return datetime.fromtimestamp(found / 1000 if found > 10**11 else found, UTC)
        at = datetime.fromisoformat(found) if isinstance(found, str) else None
        return at if at is None else (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def inside(found: object, *names: str) -> Any:
    """What stands under these names, one in the other; None where one of them is not there."""
    for name in names:
        if not isinstance(found, dict):
            return None
        found = found.get(name)
    return found
