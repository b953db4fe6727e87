"""The contract that every calendar connector fulfils, as test classes to inherit. Needs pytest.

A connector's test derives from `CalendarContract` (or `ReadOnlyContract`), and says in the hooks how to open the
calendar and how somebody else's event gets into it. Each test begins with a calendar of its own, empty.
"""

# ruff: noqa: S101 - these are tests

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gainful.core.busy import Interval, busy_intervals
from gainful.core.calendar import Guest, Reply, Shown, Standing
from gainful.sdk.calendar import (
    Calendar,
    CalendarRefused,
    NoSuchNote,
    Note,
    RangeInvalid,
    is_own,
    mark_of,
    uid_of,
)
from gainful.sdk.grant import Grant

ADA = "ada@example.org"
BERLIN = ZoneInfo("Europe/Berlin")
DAY = datetime(2026, 11, 30, tzinfo=UTC)
NEXT = DAY + timedelta(days=1)
ODD_TEXTS = (
    "back\\slash; semi, comma",
    "grün \N{SNOWMAN}",
    "a" * 300,
    "BEGIN:VEVENT",
    'quo"te: colon',
    "  spaces  in it",
)


def grant(key: str = "effect-1", tool: str = "calendar.note") -> Grant:
    """A grant as the gate mints it, for one call in a test."""
    return Grant(key=key, tool=tool)


def hour(number: int, minute: int = 0) -> datetime:
    """A moment of Monday, 30 November 2026, in UTC."""
    return DAY + timedelta(hours=number, minutes=minute)


def event(*lines: str, uid: str = "meeting@example.org") -> bytes:
    """A VCALENDAR with the events whose lines are given, parted by `|`; of one uid."""
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\n{one}\r\nEND:VEVENT\r\n".replace("|", "\r\n")
        for one in lines
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example.org//EN\r\n{body}END:VCALENDAR\r\n".encode()


MEETING = "DTSTART:20261130T090000Z|DTEND:20261130T100000Z|SUMMARY:Planning"
BY_BO = "ORGANIZER:mailto:bo@example.org|ATTENDEE;PARTSTAT={}:mailto:ada@example.org"


class ReadingContract:
    """What holds for every calendar, the read-only ones included. Times without a zone are Berlin's."""

    def make(self) -> Calendar:
        """Open the test's calendar; called again, the same calendar once more."""
        raise NotImplementedError

    def put(self, uid: str, text: bytes) -> None:
        """Let somebody else put the events of this VCALENDAR, all of this uid, into it."""
        raise NotImplementedError

    def busy(self, start: datetime = DAY, end: datetime = NEXT) -> list[Interval]:
        """When Ada is busy."""
        with self.make() as calendar:
            return busy_intervals(calendar.events(start, end).events, {ADA})

    def test_an_empty_calendar(self) -> None:
        with self.make() as calendar:
            agenda = calendar.events(DAY, NEXT)
        assert (agenda.events, agenda.aside, agenda.complete) == ((), (), True)

    def test_an_event_with_all_that_is_said_of_it(self) -> None:
        lines = f"{MEETING}|DESCRIPTION:Tea\\nCake|LOCATION:Fjord|STATUS:CONFIRMED|{BY_BO.format('TENTATIVE')}"
        self.put("meeting@example.org", event(lines))
        with self.make() as calendar:
            (found,) = calendar.events(DAY, NEXT).events
        assert (found.start, found.end, found.all_day) == (hour(9), hour(10), False)
        assert (found.title, found.text, found.place) == ("Planning", "Tea\nCake", "Fjord")
        assert (found.organizer, found.guests) == ("bo@example.org", (Guest((ADA,), Reply.MAYBE),))
        assert (found.standing, found.recurring, found.own) == (Standing.CONFIRMED, False, False)

    def test_an_event_keeps_its_id(self) -> None:
        self.put("meeting@example.org", event(MEETING))
        ids = set()
        for _ in range(2):
            with self.make() as calendar:
                ids |= {found.id for found in calendar.events(DAY, NEXT).events}
        assert len(ids) == 1

    def test_what_touches_the_time_and_nothing_else(self) -> None:
        self.put("meeting@example.org", event(MEETING))
        with self.make() as calendar:
            assert calendar.events(hour(10), NEXT).events == ()
            assert calendar.events(DAY, hour(9)).events == ()
            assert len(calendar.events(hour(9, 59), NEXT).events) == 1
            assert len(calendar.events(DAY, hour(9, 1)).events) == 1

    def test_a_time_that_nothing_can_be_said_of(self) -> None:
        with self.make() as calendar:
            for start, end in ((NEXT, DAY), (DAY, DAY), (DAY, DAY + timedelta(days=500))):
                with pytest.raises(RangeInvalid):
                    calendar.events(start, end)

    def test_a_series_over_the_change_of_the_clocks(self) -> None:
        """The zone is named and not described: server programs have been wrong by an hour here."""
        lines = "DTSTART;TZID=Europe/Berlin:20261019T100000|DTEND;TZID=Europe/Berlin:20261019T110000|RRULE:FREQ=WEEKLY"
        self.put("meeting@example.org", event(lines))
        start = datetime(2026, 10, 19, tzinfo=UTC)
        with self.make() as calendar:
            found = calendar.events(start, start + timedelta(days=14)).events
        assert [one.start.hour for one in found] == [8, 9]
        assert len({one.id for one in found}) == 2
        assert all(one.recurring for one in found)

    def test_a_series_with_one_time_left_out_one_moved_and_one_cancelled(self) -> None:
        series = "DTSTART:20261123T090000Z|DTEND:20261123T100000Z|RRULE:FREQ=DAILY|EXDATE:20261127T090000Z"
        moved = "RECURRENCE-ID:20261130T090000Z|DTSTART:20261130T150000Z|DTEND:20261130T160000Z"
        cancelled = "RECURRENCE-ID:20261129T090000Z|DTSTART:20261129T090000Z|DTEND:20261129T100000Z|STATUS:CANCELLED"
        self.put("meeting@example.org", event(series, moved, cancelled))
        busy = self.busy(datetime(2026, 11, 26, tzinfo=UTC), NEXT)
        assert [(one.start.day, one.start.hour) for one in busy] == [(26, 9), (28, 9), (30, 15)]

    def test_an_event_that_was_declined_and_one_that_was_not_answered_are_there_and_take_no_time(self) -> None:
        for reply in ("DECLINED", "NEEDS-ACTION"):
            self.put(f"{reply}@example.org", event(f"{MEETING}|{BY_BO.format(reply)}", uid=f"{reply}@example.org"))
        with self.make() as calendar:
            assert len(calendar.events(DAY, NEXT).events) == 2
        assert self.busy() == []

    def test_whole_days_are_those_of_the_zone(self) -> None:
        self.put("meeting@example.org", event("DTSTART;VALUE=DATE:20261130|DTEND;VALUE=DATE:20261201|TRANSP:OPAQUE"))
        assert self.busy(DAY - timedelta(days=1), NEXT) == [Interval(DAY - timedelta(hours=1), hour(23))]

    def test_a_floating_time_is_one_of_the_zone(self) -> None:
        self.put("meeting@example.org", event("DTSTART:20261130T100000|DTEND:20261130T110000"))
        assert self.busy() == [Interval(hour(9), hour(10))]

    def test_a_meeting_that_began_long_before(self) -> None:
        self.put("meeting@example.org", event("DTSTART:20261101T090000Z|DTEND:20261215T100000Z"))
        assert self.busy() == [Interval(datetime(2026, 11, 1, 9, tzinfo=UTC), datetime(2026, 12, 15, 10, tzinfo=UTC))]

    def test_events_come_in_the_order_of_time(self) -> None:
        for number in (15, 9, 12):
            uid = f"{number}@example.org"
            self.put(uid, event(f"DTSTART:20261130T{number:02}0000Z|DURATION:PT1H", uid=uid))
        with self.make() as calendar:
            assert [one.start.hour for one in calendar.events(DAY, NEXT).events] == [9, 12, 15]

    def test_what_somebody_changes_is_seen(self) -> None:
        self.put("meeting@example.org", event(MEETING))
        with self.make() as calendar:
            assert calendar.events(DAY, NEXT).events[0].title == "Planning"
            self.put("meeting@example.org", event(MEETING.replace("Planning", "Planning moved")))
            assert calendar.events(DAY, NEXT).events[0].title == "Planning moved"

    def test_closing_twice(self) -> None:
        calendar = self.make()
        calendar.close()
        calendar.close()


class ReadOnlyContract(ReadingContract):
    """What holds for calendars that take nothing."""

    def test_nothing_is_written(self) -> None:
        note = Note("Note", hour(9), hour(10))
        with self.make() as calendar:
            with pytest.raises(CalendarRefused):
                calendar.create(grant(), note, "robin")
            with pytest.raises(CalendarRefused):
                calendar.change(grant(), uid_of("effect-1"), note, "robin")
            with pytest.raises(CalendarRefused):
                calendar.delete(grant(), uid_of("effect-1"))


class CalendarContract(ReadingContract):
    """What holds for every calendar that notes can be written into. It sends no invitations."""

    note = Note("Release 7", hour(14), hour(15), "Watch the error rate.\nAsk Bo.")

    def test_a_note_is_there(self) -> None:
        with self.make() as calendar:
            written = calendar.create(grant(), self.note, "robin")
            (found,) = calendar.events(DAY, NEXT).events
        assert is_own(written.uid) and written.key == mark_of("effect-1") and not written.guests
        assert (found.id, found.own, found.start, found.end) == (written.uid, True, hour(14), hour(15))
        assert (found.title, found.text) == (self.note.title, self.note.text)
        assert (found.guests, found.organizer, found.shown) == ((), "", Shown.FREE)

    def test_the_same_effect_is_the_same_note(self) -> None:
        with self.make() as calendar:
            first = calendar.create(grant(), self.note, "robin")
            assert calendar.create(grant(), self.note, "robin") == first
        with self.make() as another:
            assert another.create(grant(), self.note, "robin") == first
            assert len(another.events(DAY, NEXT).events) == 1

    def test_another_effect_is_another_note(self) -> None:
        with self.make() as calendar:
            calendar.create(grant("effect-1"), self.note, "robin")
            calendar.create(grant("effect-2"), self.note, "robin")
            assert len(calendar.events(DAY, NEXT).events) == 2

    def test_what_became_of_an_effect(self) -> None:
        with self.make() as calendar:
            assert calendar.note(uid_of("effect-1")) is None
            written = calendar.create(grant(), self.note, "robin")
            assert calendar.note(uid_of("effect-1")) == written
            assert calendar.note(uid_of("effect-2")) is None
            assert calendar.note("../../meeting@example.org") is None

    def test_a_changed_note(self) -> None:
        with self.make() as calendar:
            uid = calendar.create(grant(), self.note, "robin").uid
            changed = calendar.change(grant("effect-2"), uid, Note("Release 8", hour(16), hour(17)), "robin")
            assert (changed.uid, changed.key) == (uid, mark_of("effect-2"))
            assert calendar.note(uid) == changed
            (found,) = calendar.events(DAY, NEXT).events
        assert (found.title, found.start, found.text) == ("Release 8", hour(16), "")

    def test_a_note_that_is_gone_cannot_be_changed(self) -> None:
        with self.make() as calendar, pytest.raises(NoSuchNote):
            calendar.change(grant(), uid_of("effect-1"), self.note, "robin")

    def test_a_removed_note(self) -> None:
        with self.make() as calendar:
            uid = calendar.create(grant(), self.note, "robin").uid
            calendar.delete(grant("effect-2"), uid)
            assert calendar.events(DAY, NEXT).events == ()
            assert calendar.note(uid) is None
            calendar.delete(grant("effect-2"), uid)

    def test_what_others_wrote_is_left_alone(self) -> None:
        self.put("meeting@example.org", event(MEETING))
        with self.make() as calendar:
            with pytest.raises(NoSuchNote):
                calendar.change(grant(), "meeting@example.org", self.note, "robin")
            with pytest.raises(CalendarRefused):
                calendar.delete(grant(), "meeting@example.org")
            assert [one.title for one in calendar.events(DAY, NEXT).events] == ["Planning"]

    def test_what_others_wrote_under_a_uid_like_ours_is_left_alone(self) -> None:
        uid = uid_of("effect-1")
        self.put(uid, event(MEETING, uid=uid))
        with self.make() as calendar:
            assert calendar.note(uid) is None
            with pytest.raises(NoSuchNote):
                calendar.change(grant(), uid, self.note, "robin")
            with pytest.raises(CalendarRefused):
                calendar.delete(grant(), uid)
            (found,) = calendar.events(DAY, NEXT).events
        assert (found.title, found.own) == ("Planning", False)

    @pytest.mark.parametrize("text", ODD_TEXTS)
    def test_odd_texts(self, text: str) -> None:
        with self.make() as calendar:
            calendar.create(grant(), Note(text, hour(14), hour(15), f"{text}\n\n{text}"), "robin")
            (found,) = calendar.events(DAY, NEXT).events
        assert (found.title, found.text) == (text.strip(), f"{text}\n\n{text}".strip())

    def test_a_note_takes_time_only_where_it_says_so(self) -> None:
        with self.make() as calendar:
            calendar.create(grant(), self.note, "robin")
            assert self.busy() == []
            calendar.create(grant("effect-2"), Note("Focus", hour(16), hour(17), busy=True), "robin")
        assert self.busy() == [Interval(hour(16), hour(17))]

    def test_a_note_of_whole_days(self) -> None:
        midnight = datetime(2026, 11, 30, tzinfo=BERLIN)
        with self.make() as calendar:
            calendar.create(grant(), Note("Fair", midnight, midnight + timedelta(days=2), all_day=True), "robin")
            (found,) = calendar.events(DAY, NEXT).events
        assert found.all_day
        assert (found.start, found.end) == (midnight, midnight + timedelta(days=2))

    def test_guests_are_not_pretended_to_be_invited(self) -> None:
        with self.make() as calendar:
            with pytest.raises(CalendarRefused):
                calendar.create(grant(), Note("Release", hour(14), hour(15), guests=("bo@example.org",)), "robin")
            assert calendar.events(DAY, NEXT).events == ()
