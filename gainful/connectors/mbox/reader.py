"""The mails in an mbox file, found by one pass over it and read without the rest.

Source: RFC 4155; for `>From ` the mboxrd rules: each line of `>`s and `From ` had one `>` put before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_tz
from pathlib import Path
from typing import BinaryIO

PIECE = 65_536
"""Octets of a line that lie in memory at once; a hostile file may be one endless line."""

# A line of text may begin with "From ", but hardly with a time of day after it.
_FROM = re.compile(rb"From .*\d{1,2}:\d{2}")
_QUOTED = re.compile(rb">+From ")
_ZONE_BEFORE_YEAR = re.compile(r"([+-]\d{4}) (\d{4})$")
_STATUS = {"R": "\\Seen"}
_X_STATUS = {"A": "\\Answered", "F": "\\Flagged", "T": "\\Draft", "D": "\\Deleted"}


@dataclass(frozen=True, slots=True)
class Part:
    """Where one mail lies in the file.

    Args:
        ordinal: Counted from 1.
        start: Offset of the line after the `From ` line.
        end: Offset of the next `From ` line, or of the file's end.
        size: Octets of the mail itself, unquoted, without the empty line that ends it.
        received_at: The `From ` line's time, or None where it cannot be read.
    """

    ordinal: int
    start: int
    end: int
    size: int
    flags: frozenset[str]
    message_ids: tuple[str, ...]
    received_at: datetime | None

    @property
    def uid(self) -> str:
        """Which mail it is: its ordinal and where it begins."""
        return f"{self.ordinal}-{self.start}"


def looks_like_mbox(path: Path) -> bool:
    """Whether the file is empty, or begins as an mbox does."""
    with path.open("rb") as file:
        head = file.read(5)
    return head in (b"", b"From ")


def parts(file: BinaryIO) -> Iterator[Part]:
    """Every mail of the file, in its order; memory holds one line's piece and the headers of one mail."""
    ordinal = 0
    opened: _Opened | None = None
    offset = 0
    line_begins, after_blank = True, True
    while piece := file.readline(PIECE):
        separates = line_begins and after_blank and piece.startswith(b"From ")
        if separates and (offset == 0 or _FROM.match(piece)):
            if opened is not None:
                yield opened.close(offset)
            ordinal += 1
            opened = _Opened(ordinal, _time_of(piece), piece.endswith(b"\n"))
        elif opened is not None:
            opened.take(piece, offset, line_begins)
        after_blank = line_begins and piece in (b"\n", b"\r\n")
        line_begins = piece.endswith(b"\n")
        offset += len(piece)
    if opened is not None:
        yield opened.close(offset)


def read(file: BinaryIO, part: Part, limit: int) -> bytes:
    """The mail, unquoted; only headers, and at most `limit` octets, when it is larger than `limit`."""
    whole = part.size <= limit
    read = bytearray()
    file.seek(part.start)
    left, line_begins = part.end - part.start, True
    while left > 0 and len(read) < (part.size if whole else limit):
        piece = file.readline(min(PIECE, left))
        if not piece:
            break
        left -= len(piece)
        blank = line_begins and piece in (b"\n", b"\r\n")
        read += piece[1:] if line_begins and _QUOTED.match(piece) else piece
        line_begins = piece.endswith(b"\n")
        if blank and not whole:
            break
    return bytes(read[: part.size if whole else limit])


class _Opened:
    """A mail whose end has not come yet."""

    def __init__(self, ordinal: int, received_at: datetime | None, line_ended: bool) -> None:
        self._ordinal = ordinal
        self._received_at = received_at
        self._start = -1
        self._size = 0
        self._blank = 0
        self._headers = bytearray()
        self._in_headers = True
        # An endless `From ` line: its rest belongs to nobody.
        self._skipping = not line_ended

    def take(self, piece: bytes, offset: int, line_begins: bool) -> None:
        """One more piece of the mail, which begins at that offset of the file."""
        if self._skipping:
            self._skipping = not piece.endswith(b"\n")
            return
        if self._start < 0:
            self._start = offset
        self._size += len(piece) - (1 if line_begins and _QUOTED.match(piece) else 0)
        blank = line_begins and piece in (b"\n", b"\r\n")
        self._blank = len(piece) if blank else 0
        if blank:
            self._in_headers = False
        if self._in_headers and len(self._headers) < 4 * PIECE:
            self._headers += piece

    def close(self, end: int) -> Part:
        """The mail, which goes up to that offset."""
        headers = _unfolded(bytes(self._headers))
        start = end if self._start < 0 else self._start
        flags = {_STATUS[letter] for value in headers.get("status", ()) for letter in value if letter in _STATUS}
        flags |= {_X_STATUS[letter] for value in headers.get("x-status", ()) for letter in value if letter in _X_STATUS}
        flags |= {word for value in headers.get("x-keywords", ()) for word in value.split()}
        ids = tuple(word for value in headers.get("message-id", ()) for word in value.split())
        # The blank line before the next `From ` belongs to the format, unless it is the one that ends the headers.
        size = self._size - (self._blank if self._size > len(self._headers) + self._blank else 0)
        return Part(self._ordinal, start, end, size, frozenset(flags), ids, self._received_at)


def _unfolded(headers: bytes) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    text = re.sub(r"\r?\n[ \t]+", " ", headers.decode("utf-8", "replace"))
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.lower() in ("status", "x-status", "x-keywords", "message-id"):
            found.setdefault(name.lower(), []).append(value.strip())
    return found


def _time_of(line: bytes) -> datetime | None:
    """The time in a `From ` line; one without a zone is UTC, as RFC 4155 wants."""
    words = line.decode("ascii", "replace").split()
    for first in range(1, max(len(words) - 3, 1)):
        text = _ZONE_BEFORE_YEAR.sub(r"\2 \1", " ".join(words[first:]))
        parsed = parsedate_tz(text)
        if parsed is None or parsed[0] < 1970:
            continue
        try:
            stamp = datetime(*parsed[:6], tzinfo=UTC).timestamp() - (parsed[9] or 0)
            return datetime.fromtimestamp(stamp, UTC)
        except (ValueError, OverflowError):
            continue
    return None
