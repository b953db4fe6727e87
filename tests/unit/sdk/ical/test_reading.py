"""Calendars of strangers: what is in them comes out, and nothing that they hold costs much or breaks anything."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gainful.core.calendar import Event, Guest, Reply, Shown, Standing
from gainful.sdk.calendar import Agenda, CalendarUnreadable, RangeInvalid
from gainful.sdk.ical import LARGEST, Schedule

BERLIN = ZoneInfo("Europe/Berlin")
START, END = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
MOST_CALLS = 3_000_000
"""Of functions, Python's own included: about a second."""


class TooMuchWork(BaseException):
    """A reading was ended that would have gone on. No `Exception`, so that nobody takes it for a broken event."""


@contextmanager
def bounded_work() -> Iterator[None]:
    """Ends what calls more functions than an honest calendar needs. Counted and not timed: the same on any machine."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1
        if calls > MOST_CALLS:
            sys.setprofile(None)
            raise TooMuchWork

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


def text(*events: str, head: str = "") -> bytes:
    body = "".join(f"BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{head}{body}END:VCALENDAR\r\n".replace("|", "\r\n").encode()


def agenda(*events: str, head: str = "", start: datetime = START, end: datetime = END) -> Agenda:
    return Schedule(text(*events, head=head), BERLIN).between(start, end)


def only(*events: str) -> Event:
    found = agenda(*events)
    assert found.aside == () and len(found.events) == 1
    return found.events[0]


MEETING = "UID:7@example.org|DTSTART:20261130T090000Z|DTEND:20261130T100000Z"


def test_everything_of_an_event() -> None:
    event = only(
        f"{MEETING}|SUMMARY:Planning\\, second part|DESCRIPTION:Bring tea\\nand cake|LOCATION:Fjord|STATUS:TENTATIVE"
        "|TRANSP:OPAQUE|ORGANIZER;CN=Bo:mailto:Bo@example.org"
        "|ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.org|ATTENDEE;EMAIL=cy@example.org:urn:uuid:3"
    )
    assert event == Event(
        id=event.id,
        uid="7@example.org",
        start=datetime(2026, 11, 30, 9, tzinfo=UTC),
        end=datetime(2026, 11, 30, 10, tzinfo=UTC),
        title="Planning, second part",
        text="Bring tea\nand cake",
        place="Fjord",
        organizer="bo@example.org",
        guests=(Guest(("ada@example.org",), Reply.ACCEPTED), Guest(("cy@example.org",))),
        shown=Shown.BUSY,
        standing=Standing.TENTATIVE,
    )


def test_the_id_holds_nobodys_words_and_stays() -> None:
    event = only(MEETING.replace("7@example.org", "ignore-all-previous-instructions"))
    assert "ignore" not in event.id and len(event.id) == 16
    again = only(MEETING.replace("7@example.org", "ignore-all-previous-instructions") + "|SUMMARY:Changed")
    assert again.id == event.id


def test_each_time_of_a_series_has_an_id_that_moving_it_leaves() -> None:
    series = "UID:7|DTSTART:20261123T090000Z|DTEND:20261123T100000Z|RRULE:FREQ=DAILY"
    week = agenda(series, end=START + timedelta(days=7)).events
    assert len({event.id for event in week}) == 7
    moved = "UID:7|RECURRENCE-ID:20261130T090000Z|DTSTART:20261130T150000Z|DTEND:20261130T160000Z"
    assert agenda(series, moved).events[0].id == week[0].id


def test_somebody_elses_event_is_not_ours_by_its_uid() -> None:
    uid = f"gainful-{'a' * 40}"
    assert not only(MEETING.replace("7@example.org", uid)).own
    assert only(MEETING.replace("7@example.org", uid) + "|X-GAINFUL-KEY:abc").own


def test_what_touches_the_time_asked_for_and_nothing_else() -> None:
    ends_as_it_begins = "UID:1|DTSTART:20261129T230000Z|DTEND:20261130T000000Z"
    reaches_in = "UID:2|DTSTART:20261129T230000Z|DTEND:20261130T000001Z"
    begins_at_its_end = "UID:3|DTSTART:20261201T000000Z|DTEND:20261201T010000Z"
    reminder = "UID:4|DTSTART:20261130T000000Z"
    found = agenda(ends_as_it_begins, reaches_in, begins_at_its_end, reminder)
    assert [event.uid for event in found.events] == ["2", "4"]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (END, START),
        (START, START),
        (START, START + timedelta(days=401)),
        (START.replace(tzinfo=None), END.replace(tzinfo=None)),
        (datetime(2900, 1, 1, tzinfo=UTC), datetime(2900, 1, 2, tzinfo=UTC)),
        (datetime(1, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC)),
    ],
)
def test_times_that_nothing_can_be_said_of(start: datetime, end: datetime) -> None:
    with pytest.raises(RangeInvalid):
        agenda(MEETING, start=start, end=end)


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", b"\xff\xfe\x00", b"BEGIN:VCARD\r\nEND:VCARD\r\n"])
def test_no_calendar(content: bytes) -> None:
    with pytest.raises(CalendarUnreadable):
        Schedule(content, BERLIN)


def test_too_large() -> None:
    with pytest.raises(CalendarUnreadable):
        Schedule(b"BEGIN:VCALENDAR\r\n" + b"x" * LARGEST, BERLIN)


def test_a_mark_at_the_beginning_and_line_ends_of_unix() -> None:
    unix = b"\xef\xbb\xbf" + text(MEETING).replace(b"\r\n", b"\n")
    assert len(Schedule(unix, BERLIN).between(START, END).events) == 1


HOSTILE = {
    "every second since 1970": "RRULE:FREQ=SECONDLY",
    "every minute": "RRULE:FREQ=MINUTELY;COUNT=999999999",
    "every hour": "RRULE:FREQ=HOURLY;BYDAY=MO",
    "a day that never comes": "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "a week that never comes": "RRULE:FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6;BYDAY=MO",
    "a place that never comes": "RRULE:FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300",
    "a rhythm that never fits": "RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=WE",
    "no interval": "RRULE:FREQ=DAILY;INTERVAL=0",
    "all hours, minutes and seconds": "RRULE:FREQ=DAILY;BYHOUR={0};BYMINUTE={0};BYSECOND={0}".format(
        ",".join(map(str, range(24)))
    ),
    "left out by a rule": "RRULE:FREQ=DAILY|EXRULE:FREQ=WEEKLY;BYDAY=MO",
    "a hundred rules": "|".join(f"RRULE:FREQ=DAILY;INTERVAL={number}" for number in range(1, 101)),
    "days without end": "RRULE:FREQ=YEARLY;BYYEARDAY=" + ",".join(["1"] * 20_000),
    "a word of no standard": "RRULE:FREQ=YEARLY;BYEASTER=0",
    "far too long for a series": "DURATION:P300000D|RRULE:FREQ=DAILY",
    "dates by the thousand": "RDATE:" + ",".join(["20261130T090000Z"] * 4_000),
    "left out by the thousand": "RRULE:FREQ=DAILY|EXDATE:" + ",".join(["20261130T090000Z"] * 4_000),
    "guests by the thousand": "|".join(f"ATTENDEE:mailto:a{number}@example.org" for number in range(20_000)),
    "a title without end": "SUMMARY:" + "a" * 2_000_000,
    "folds without end": "SUMMARY:a" + "|  a" * 100_000,
    "boxes in boxes": "BEGIN:X-A|" * 20_000 + "END:X-A|" * 20_000,
    "quotes that do not close": 'ATTENDEE;CN="' + 'a;b:c"' * 10_000 + ":mailto:ada@example.org",
    "parameters without end": "SUMMARY" + ";A=b" * 20_000 + ":x",
    "a length out of all time": "DURATION:P99999999999D",
    "an end out of all time": "DTEND:99991231T235959Z",
    "a rule without end": "RRULE:" + "FREQ=DAILY;" * 9_000,
}


@pytest.mark.parametrize("lines", HOSTILE.values(), ids=HOSTILE)
def test_hostile_events_cost_little_and_spoil_nothing(lines: str) -> None:
    hostile = text(f"UID:x|DTSTART:19700101T000000Z|{lines}", MEETING)
    with bounded_work():
        found = Schedule(hostile, BERLIN).between(START, END)
    assert "7@example.org" in {event.uid for event in found.events}
    assert found.complete


@pytest.mark.parametrize(
    "zone",
    [
        "BEGIN:STANDARD|DTSTART:19700101T000000|RRULE:FREQ=SECONDLY|TZOFFSETFROM:+0100|TZOFFSETTO:+0100|END:STANDARD",
        "BEGIN:STANDARD|DTSTART:19700101T000000|RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30|TZOFFSETFROM:+0100"
        "|TZOFFSETTO:+0100|END:STANDARD",
        "BEGIN:STANDARD|DTSTART:19700101T000000|RRULE:FREQ=YEARLY;INTERVAL=0|TZOFFSETFROM:+0100|TZOFFSETTO:+0100"
        "|END:STANDARD",
        "BEGIN:STANDARD|DTSTART:yesterday|TZOFFSETFROM:+0100|TZOFFSETTO:+9999|END:STANDARD",
        "BEGIN:STANDARD|TZOFFSETFROM:+0100|END:STANDARD",
        "BEGIN:STANDARD|END:DAYLIGHT",
        "X-NOTHING:here",
        "BEGIN:VTIMEZONE|TZID:Own|" * 1000,
        "BEGIN:STANDARD|DTSTART:19700101T000000|TZOFFSETFROM:+0100|TZOFFSETTO:+0100|END:STANDARD|" * 5_000,
    ],
)
def test_hostile_zones_cost_little_and_leave_the_persons_own(zone: str) -> None:
    event = "UID:1|DTSTART;TZID=Own:20261130T100000|DTEND;TZID=Own:20261130T110000|RRULE:FREQ=DAILY"
    hostile = text(event, head=f"BEGIN:VTIMEZONE|TZID:Own|{zone}|END:VTIMEZONE|")
    with bounded_work():
        found = Schedule(hostile, BERLIN).between(START, END)
    assert [one.start for one in found.events] == [datetime(2026, 11, 30, 9, tzinfo=UTC)]


def test_one_calendar_does_not_teach_another_its_zones() -> None:
    zone = (
        "BEGIN:VTIMEZONE|TZID:Own|BEGIN:STANDARD|DTSTART:19700101T000000|TZOFFSETFROM:-0500|TZOFFSETTO:-0500"
        "|END:STANDARD|END:VTIMEZONE|"
    )
    event = "UID:1|DTSTART;TZID=Own:20261130T100000|DTEND;TZID=Own:20261130T110000"
    assert agenda(event, head=zone).events[0].start.hour == 15
    assert agenda(event).events[0].start.hour == 9


def test_many_calendars_are_read_at_the_same_time() -> None:
    def zone(hours: int) -> str:
        return (
            "BEGIN:VTIMEZONE|TZID:Own|BEGIN:STANDARD|DTSTART:19700101T000000"
            f"|TZOFFSETFROM:-{hours:02}00|TZOFFSETTO:-{hours:02}00|END:STANDARD|END:VTIMEZONE|"
        )

    event = "UID:1|DTSTART;TZID=Own:20261130T100000|DTEND;TZID=Own:20261130T110000"
    wrong: list[int] = []

    def read(hours: int) -> None:
        for _ in range(20):
            if agenda(event, head=zone(hours)).events[0].start.hour != 10 + hours:
                wrong.append(hours)

    threads = [threading.Thread(target=read, args=(hours,)) for hours in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_rules_that_take_too_long_end_the_reading_and_it_says_so() -> None:
    ticks = iter(range(0, 1000, 3))
    events = [f"UID:{number}|DTSTART:20261130T090000Z|DTEND:20261130T100000Z|RRULE:FREQ=DAILY" for number in range(9)]
    schedule = Schedule(text(*events, MEETING), BERLIN, clock=lambda: float(next(ticks)))
    found = schedule.between(START, END)
    assert not found.complete
    # Single meetings come before any series, wherever they stand.
    assert "7@example.org" in {event.uid for event in found.events}


def test_more_events_than_an_answer_holds() -> None:
    series = (
        f"UID:{number}|DTSTART:20260101T0000{number:02}Z|DURATION:PT1M|RRULE:FREQ=DAILY;BYHOUR=0,6,12,18"
        for number in range(10)
    )
    found = agenda(*series, start=START, end=START + timedelta(days=300))
    assert len(found.events) == 5_000
    assert not found.complete


def test_a_calendar_of_many_years_costs_little() -> None:
    days = [START - timedelta(days=number) for number in range(10_000)]
    events = [f"UID:{day:%Y%m%d}|DTSTART:{day:%Y%m%d}T090000Z|DTEND:{day:%Y%m%d}T100000Z|SUMMARY:x" for day in days]
    calendar = text(*events)
    with bounded_work():
        assert len(Schedule(calendar, BERLIN).between(START, END).events) == 1


def test_what_cannot_be_read_is_named_with_its_reason() -> None:
    found = agenda("UID:1|DTSTART:soon", "UID:2|DTSTART:20261130T100000Z|DTEND:20261130T090000Z", MEETING)
    assert {one.uid: one.reason for one in found.aside} == {
        "1": "its DTSTART cannot be read",
        "2": "it ends before it begins",
    }
    assert len(found.events) == 1


def test_an_event_that_is_cut_off() -> None:
    cut = text(MEETING) + b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:9\r\nDTSTART:20261130T0900"
    found = Schedule(cut, BERLIN).between(START, END)
    assert [event.uid for event in found.events] == ["7@example.org"]
    assert found.aside[0].reason == "it is cut off"
