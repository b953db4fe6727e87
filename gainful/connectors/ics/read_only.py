"""What both kinds have in common: they say what stands in them, and take nothing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, tzinfo
from types import TracebackType

from gainful.sdk.calendar import Agenda, Note, Written, checked_range, read_only
from gainful.sdk.grant import Grant
from gainful.sdk.ical import Schedule, note_in


class ReadOnlyCalendar(ABC):
    """A calendar as one text.

    Args:
        usual: The zone of times without one.
        stated: The person's own zone, where they stated it.
    """

    def __init__(self, name: str, usual: tzinfo, stated: tzinfo | None = None) -> None:
        self._name = name
        self._usual = usual
        self._stated = stated
        self._read: tuple[bytes, Schedule] | None = None

    @abstractmethod
    def text(self) -> bytes:
        """The calendar as it is now."""

    def events(self, start: datetime, end: datetime) -> Agenda:
        """Every event between two moments."""
        checked_range(start, end)
        text = self.text()
        if self._read is None or self._read[0] is not text:
            self._read = (text, Schedule(text, self._usual, self._stated))
        return self._read[1].between(start, end)

    def note(self, uid: str) -> Written | None:
        """The note with this uid that somebody put there."""
        return note_in(self.text(), uid)

    def create(self, grant: Grant, note: Note, agent: str) -> Written:  # noqa: ARG002 -- as the protocol has it
        """Refused."""
        raise read_only(self._name)

    def change(self, grant: Grant, uid: str, note: Note, agent: str) -> Written:  # noqa: ARG002 -- likewise
        """Refused."""
        raise read_only(self._name)

    def delete(self, grant: Grant, uid: str) -> None:  # noqa: ARG002 -- likewise
        """Refused."""
        raise read_only(self._name)

    def close(self) -> None:  # noqa: B027 -- there is nothing that others would have to do
        """Nothing is held open."""

    def __enter__(self) -> ReadOnlyCalendar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
