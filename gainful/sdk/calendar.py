"""What a calendar connector implements: say what stands in it, and keep notes of its own. It changes no others.

    with CalDavCalendar(...) as calendar:                 # or IcsCalendar
        agenda = calendar.events(start, end)              # each time of each event, and what could not be read
        note = calendar.create(grant, Note("Release", start, end), "robin")
        calendar.delete(grant, note.uid)

What is written carries a key (the grant's): the same key is the same note, also after a crash.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, runtime_checkable

from gainful.core.calendar import Event
from gainful.core.errors import Invalid, Refused
from gainful.sdk.grant import Grant
from gainful.sdk.tool import ToolUnreachable

LONGEST_TITLE = 300
LONGEST_TEXT = 20_000
MOST_GUESTS = 50
LONGEST_RANGE = timedelta(days=400)
"""The longest time that can be asked about at once."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
# Also half a letter, which no encoding has.
_UNPRINTED = re.compile("[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]")
_OWN = re.compile(r"gainful-[0-9a-f]{40}")


class CalendarUnreachable(ToolUnreachable):
    """The calendar cannot be reached, or answers in a way that nobody understands."""

    code = "calendar-unreachable"


class CalendarRefused(Refused):
    """The calendar understood and said no: no such right, read only, somebody else's event."""

    code = "calendar-refused"


class NoSuchCalendar(Invalid):
    """There is no calendar there, or several and none is named."""

    code = "no-such-calendar"


class NoSuchNote(Invalid):
    """There is no note of Gainful's with this id in the calendar any more."""

    code = "no-such-note"


class CalendarUnreadable(Invalid):
    """What lies there is no calendar, or too large to be read."""

    code = "calendar-unreadable"


class NoteInvalid(Invalid):
    """A note has a time, a title or a guest that no calendar can hold."""

    code = "note-invalid"


class RangeInvalid(Invalid):
    """A time was asked about that ends before it begins, or is too long."""

    code = "range-invalid"


@dataclass(frozen=True, slots=True)
class Aside:
    """An event that could not be read, and why; the calendar still has it.

    Args:
        uid: As the calendar names it; whoever made the event chose it. Empty where it names none.
    """

    uid: str
    reason: str


@dataclass(frozen=True, slots=True)
class Agenda:
    """What stands in a calendar between two moments.

    Args:
        events: By start.
        aside: What was left out.
        complete: False where so much stands there that not all of it was looked at.
    """

    events: tuple[Event, ...] = ()
    aside: tuple[Aside, ...] = ()
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Note:
    """An entry that Gainful writes.

    Args:
        start, end: Aware. Of an all-day note: midnights in the calendar's zone.
        guests: Addresses of people who are invited to it; empty: it is the person's alone.
        busy: Whether it is shown as taking the person's time.

    Raises:
        NoteInvalid: One of them cannot be written.
    """

    title: str
    start: datetime
    end: datetime
    text: str = ""
    all_day: bool = False
    busy: bool = False
    guests: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise NoteInvalid("A note's time has no zone.", "Give it with its distance from UTC.")
        if not self.start < self.end or not 1970 <= self.start.year <= 2200 or self.end - self.start > LONGEST_RANGE:
            raise NoteInvalid(
                f"A note from {self.start.isoformat()} to {self.end.isoformat()} cannot be.",
                f"It ends after it begins, and lasts no more than {LONGEST_RANGE.days} days.",
            )
        if not self.title.strip() or _UNPRINTED.search(self.title) or len(self.title) > LONGEST_TITLE:
            raise NoteInvalid(
                f"The title {self.title[:60]!r} is empty, has line breaks, or is too long.",
                f"Write one line of at most {LONGEST_TITLE} characters.",
            )
        if len(self.text) > LONGEST_TEXT or _UNPRINTED.search(self.text.replace("\n", "").replace("\t", "")):
            raise NoteInvalid(
                "The text holds control characters, or is too long.", f"At most {LONGEST_TEXT} characters of text."
            )
        for guest in self.guests:
            if not _ADDRESS.fullmatch(guest) or ".." in guest:
                raise NoteInvalid(f"'{guest[:100]}' is no mail address.", "Write name@example.org alone.")
        if len(self.guests) > MOST_GUESTS:
            raise NoteInvalid(f"{len(self.guests)} guests are too many.", f"Invite at most {MOST_GUESTS}.")


@dataclass(frozen=True, slots=True)
class Written:
    """A note as it lies in the calendar.

    Args:
        uid: By which it is changed and deleted.
        key: Mark of the effect that wrote it last; see `mark_of`.
        guests: Lower-case addresses of who is invited to it.
    """

    uid: str
    key: str
    guests: frozenset[str] = frozenset()


@runtime_checkable
class Calendar(Protocol):
    """One calendar of one person. One thread at a time.

    Any method may raise `CalendarUnreachable`, `CalendarRefused`, `CalendarUnreadable` or `NoSuchCalendar`.
    """

    def events(self, start: datetime, end: datetime) -> Agenda:
        """Every event that lies at least partly between two moments, whoever made it and whether it takes place.

        Raises:
            RangeInvalid: The end is not after the start, or too far from it.
        """

    def note(self, uid: str) -> Written | None:
        """The note of Gainful's with this uid; None when there is certainly none."""

    def create(self, grant: Grant, note: Note, agent: str) -> Written:
        """Write a note once for this grant's key.

        A crash after the calendar took it is found out by `note(uid_of(key))`. With guests, the calendar invites them.

        Args:
            agent: Who writes it for the person; it stands in the note.

        Raises:
            CalendarRefused: It is read only, or invites nobody and there are guests.
        """

    def change(self, grant: Grant, uid: str, note: Note, agent: str) -> Written:
        """Put this in the place of a note that Gainful wrote before.

        Raises:
            NoSuchNote: There is none, or it is not Gainful's.
            CalendarRefused: As for `create`; or somebody changed it in this moment.
        """

    def delete(self, grant: Grant, uid: str) -> None:
        """Remove a note that Gainful wrote; that it is gone already is no error. Its guests are told by the calendar.

        Raises:
            CalendarRefused: It is not Gainful's, or the calendar is read only.
        """

    def close(self) -> None:
        """Let go of every connection. Safe to call twice."""

    def __enter__(self) -> Calendar:
        """The same calendar."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""


def uid_of(key: str) -> str:
    """The uid of the note that the effect with this key creates: the same effect has the same one."""
    return f"gainful-{mark_of(key)}"


def mark_of(key: str) -> str:
    """What a note says of the effect that wrote it last."""
    return hashlib.sha256(b"calendar " + key.encode()).hexdigest()[:40]


def is_own(uid: str) -> bool:
    """Whether a uid is of the kind that Gainful gives. Anybody can write one like it."""
    return _OWN.fullmatch(uid) is not None


def not_own(uid: str) -> CalendarRefused:
    """The error for an event that Gainful did not write."""
    return CalendarRefused(f"'{uid[:60]}' is no note of Gainful's.", "Only the person changes or removes it.")


def read_only(name: str) -> CalendarRefused:
    """The error for writing into a calendar that is only read."""
    return CalendarRefused(f"The calendar '{name[:60]}' is only read.", "Write into another one.")


def checked_range(start: datetime, end: datetime) -> None:
    """Raises `RangeInvalid` where nothing can be said of this time."""
    if start.tzinfo is None or end.tzinfo is None or not start < end or end - start > LONGEST_RANGE:
        raise RangeInvalid(
            f"Nothing can be said of {start.isoformat()} to {end.isoformat()}.",
            f"Ask for a time that ends after it begins, and is no longer than {LONGEST_RANGE.days} days.",
        )
    if not 1970 <= start.year <= 2200:
        raise RangeInvalid(f"{start.year} is not a year that calendars are kept for.", "Ask for a time near now.")
