"""A calendar in memory that keeps the contract: for tests of everything that uses calendars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from types import TracebackType

from gainful.core.clock import Clock, system_clock
from gainful.sdk.calendar import (
    Agenda,
    CalendarRefused,
    NoSuchNote,
    Note,
    Written,
    checked_range,
    is_own,
    mark_of,
    not_own,
    uid_of,
)
from gainful.sdk.grant import Grant
from gainful.sdk.ical import Schedule, note_in, written


class MemoryCalendar:
    """One calendar; texts by uid, as a server keeps them.

    Args:
        invites: Whether it says that it sends invitations; then whom it would have written to is in `invited`.
        fail: Called before everything; what it raises is raised.
    """

    def __init__(
        self,
        zone: tzinfo = UTC,
        *,
        invites: bool = False,
        organizer: str = "ada@example.org",
        clock: Clock = system_clock,
        fail: Callable[[], None] = lambda: None,
    ) -> None:
        self.texts: dict[str, bytes] = {}
        self.invited: list[tuple[str, ...]] = []
        self.fail = fail
        self._zone = zone
        self._invites = invites
        self._organizer = organizer
        self._clock = clock

    def put(self, uid: str, text: bytes) -> None:
        """Let somebody else put a whole VCALENDAR into it."""
        self.texts[uid] = text

    def events(self, start: datetime, end: datetime) -> Agenda:
        """Every event between two moments."""
        self.fail()
        checked_range(start, end)
        if not self.texts:
            return Agenda()
        return Schedule(b"\r\n".join(self.texts.values()), self._zone, self._zone).between(start, end)

    def note(self, uid: str) -> Written | None:
        """The note with this uid, if Gainful wrote it."""
        self.fail()
        return note_in(self.texts.get(uid, b""), uid) if is_own(uid) else None

    def create(self, grant: Grant, note: Note, agent: str) -> Written:
        """Write a note once."""
        uid = uid_of(grant.key)
        there = self.note(uid)
        return there if there is not None else self._put(grant, uid, note, agent)

    def change(self, grant: Grant, uid: str, note: Note, agent: str) -> Written:
        """Put this in the place of a note."""
        if self.note(uid) is None:
            raise NoSuchNote(f"There is no note '{uid[:60]}' of Gainful's any more.", "Write a new one.")
        return self._put(grant, uid, note, agent)

    def delete(self, grant: Grant, uid: str) -> None:  # noqa: ARG002 -- proof that the gate allows it
        """Remove a note of Gainful's."""
        self.fail()
        if not is_own(uid) or (uid in self.texts and self.note(uid) is None):
            raise not_own(uid)
        self.texts.pop(uid, None)

    def close(self) -> None:
        """Nothing is held open."""

    def __enter__(self) -> MemoryCalendar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, grant: Grant, uid: str, note: Note, agent: str) -> Written:
        if note.guests and not self._invites:
            raise CalendarRefused("This calendar sends no invitations.", "Leave the guests out, and write to them.")
        if note.guests:
            self.invited.append(note.guests)
        self.texts[uid] = written(note, uid, grant.key, agent, self._clock(), self._zone, self._organizer)
        return Written(uid, mark_of(grant.key), frozenset(guest.lower() for guest in note.guests))
