"""Laws of reading calendars: a bounded rule says what dateutil says, and no text breaks the reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.busy import cases
from gainful.core.calendar import Event
from gainful.sdk.calendar import CalendarUnreadable
from gainful.sdk.ical import Schedule, note_in
from gainful.sdk.ical.rule import Rule, Unusable

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
START, END = datetime(2026, 11, 28, tzinfo=UTC), datetime(2026, 12, 3, tzinfo=UTC)
TEXTS = [case.text for case in cases() if len(case.text) < 20_000]

numbers = st.integers(1, 28)
starts = st.datetimes(datetime(1970, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001


@st.composite
def rules(draw: st.DrawFn) -> str:
    parts = [f"FREQ={draw(st.sampled_from(['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']))}"]
    parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    if draw(st.booleans()):
        parts.append("BYDAY=" + ",".join(draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True))))
    if draw(st.booleans()):
        parts.append(f"BYMONTH={draw(st.integers(1, 12))}")
    if draw(st.booleans()):
        parts.append(f"COUNT={draw(st.integers(1, 500))}")
    return ";".join(parts)


@settings(max_examples=60, deadline=None)
@given(rules(), starts, st.integers(0, 3_000), st.integers(0, 400))
def test_a_bounded_rule_is_the_rule(text: str, start: datetime, after: int, length: int) -> None:
    first = start + timedelta(days=after)
    last = first + timedelta(days=length)
    assert Rule(text, start).between(first, last) == rrulestr(text, dtstart=start).between(first, last, inc=True)


@given(st.text(alphabet="FREQ=DAILYUNTICOBS;,+-0123456789 \n\x00", max_size=80))
def test_a_rule_is_usable_or_says_why_not(text: str) -> None:
    try:
        Rule(text, datetime(2026, 11, 30, tzinfo=BERLIN))
    except Unusable as error:
        assert str(error)


def _read(text: bytes) -> None:
    """Reads a text: whatever it is, events come out or an error that a person can act on."""
    try:
        agenda = Schedule(text, BERLIN).between(START, END)
    except CalendarUnreadable:
        return
    for event in agenda.events:
        assert isinstance(event, Event)
        assert event.start <= event.end
        assert event.start < END
        assert event.end > START or event.start == event.end >= START
    assert all(one.reason for one in agenda.aside)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), st.data())
def test_a_damaged_calendar_breaks_nothing(text: bytes, data: st.DataObject) -> None:
    damaged = bytearray(text)
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(damaged) - 1))
        match data.draw(st.sampled_from(["change", "cut", "double", "insert"])):
            case "change":
                damaged[place] = data.draw(st.integers(0, 255))
            case "cut":
                del damaged[place : place + data.draw(st.integers(1, 40))]
            case "double":
                damaged[place:place] = damaged[place : place + 200]
            case _:
                damaged[place:place] = data.draw(st.binary(max_size=10))
        if not damaged:
            break
    _read(bytes(damaged))


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_break_nothing(text: bytes) -> None:
    _read(text)
    _read(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + text + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    assert note_in(text, "gainful-" + "a" * 40) is None
