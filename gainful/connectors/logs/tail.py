"""Follows a log file: each line once, through rotation and truncation."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gainful.sdk.metrics import MetricsInvalid, MetricsUnreachable

LONGEST = 16 * 1024
"""Octets of a line that are looked at; the rest of a longer one is passed over."""

_CHUNK = 1024 * 1024
_MOST = 64 * 1024 * 1024
"""Octets that one call reads; what is left comes with the next."""


class Tail:
    """The lines that a file gets from now on; what stands in it already is not read.

    A file that is not there yet is read from its beginning once it is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._id = (0, 0)
        self._place = 0
        self._part = b""
        self._open(at_end=True)

    def lines(self) -> Iterator[bytes]:
        """Whole lines that have come since the last call, without their ends, at most 16 KiB of each.

        Raises:
            MetricsInvalid: It is no file.
            MetricsUnreachable: It may not be read.
        """
        left = _MOST
        while left > 0:
            for chunk in self._chunks(left):
                left -= len(chunk)
                yield from self._whole(chunk)
            # The old file first, to its end: what was written before it was moved away is in it.
            if left <= 0 or not self._moved():
                return
            self._part = b""
            self._open(at_end=False)

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _open(self, *, at_end: bool) -> None:
        self.close()
        try:
            # A pipe must not be waited for.
            file = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        except OSError as error:
            raise MetricsUnreachable(
                f"The log {self._path} cannot be read: {error.strerror}.", "Let Gainful's user read it."
            ) from error
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            os.close(file)
            raise MetricsInvalid(f"{self._path} is no file.", "Name the log file itself.")
        self._file, self._id = file, (found.st_dev, found.st_ino)
        self._place = found.st_size if at_end else 0

    def _moved(self) -> bool:
        """Whether another file stands at the path than the one that is open."""
        with suppress(OSError):
            found = self._path.stat()
            return self._file < 0 or (found.st_dev, found.st_ino) != self._id
        return False

    def _chunks(self, most: int) -> Iterator[bytes]:
        if self._file < 0:
            return
        if os.fstat(self._file).st_size < self._place:
            # Emptied in place, and begun anew.
            self._place, self._part = 0, b""
        read = 0
        while read < most:
            chunk = os.pread(self._file, min(_CHUNK, most - read), self._place)
            if not chunk:
                return
            self._place += len(chunk)
            read += len(chunk)
            yield chunk

    def _whole(self, chunk: bytes) -> Iterator[bytes]:
        first, *others = chunk.split(b"\n")
        begun = self._part + first[: LONGEST - len(self._part)] if len(self._part) < LONGEST else self._part
        if not others:
            self._part = begun
            return
        yield begun.rstrip(b"\r")
        for line in others[:-1]:
            yield line[:LONGEST].rstrip(b"\r")
        self._part = others[-1][:LONGEST]
