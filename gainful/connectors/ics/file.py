"""A calendar that lies on this machine as a file, such as an export, or what another program keeps up to date."""

from __future__ import annotations

import os
import stat
from datetime import tzinfo
from pathlib import Path

from gainful.connectors.ics.read_only import ReadOnlyCalendar
from gainful.sdk.calendar import CalendarUnreachable, CalendarUnreadable, NoSuchCalendar
from gainful.sdk.ical import LARGEST


class FileCalendar(ReadOnlyCalendar):
    """The calendar in one file, read anew when the file has changed."""

    def __init__(self, name: str, path: Path, usual: tzinfo, stated: tzinfo | None = None) -> None:
        super().__init__(name, usual, stated)
        self._path = path
        self._state: tuple[int, int, int] | None = None
        self._text = b""

    def text(self) -> bytes:
        """What the file holds now.

        Raises:
            NoSuchCalendar, CalendarUnreadable, CalendarUnreachable: It cannot be read.
        """
        try:
            # Without waiting: a pipe of that name would be waited for.
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return self._content(descriptor)
            finally:
                os.close(descriptor)
        except FileNotFoundError:
            raise NoSuchCalendar(f"There is no calendar {self._path}.", "Check its url in gainful.toml.") from None
        except OSError as error:
            raise CalendarUnreachable(
                f"{self._path} cannot be read: {error.strerror}.", "Check who may read it.", sent=False
            ) from None

    def _content(self, descriptor: int) -> bytes:
        found = os.fstat(descriptor)
        state = (found.st_ino, found.st_mtime_ns, found.st_size)
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
            raise CalendarUnreadable(f"{self._path} is no file, or larger than {LARGEST} octets.", "Name another file.")
        if state != self._state:
            with open(descriptor, "rb", closefd=False) as file:
                self._text, self._state = file.read(LARGEST + 1), state
        return self._text
