"""Who is on call: a person, or whomever the calendar of the rota names now."""

from __future__ import annotations

from datetime import UTC, datetime

from gainful.app.deploying.rota import Rota
from gainful.sdk.calendar import CalendarUnreachable
from gainful.sdk.testing.calendar import event
from gainful.sdk.testing.memory_calendar import MemoryCalendar

NOW = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
HOURS = "DTSTART:20261130T090000Z|DTEND:20261130T100000Z"


def rota(calendar: MemoryCalendar, *persons: str) -> Rota:
    return Rota(lambda _name, start, end: calendar.events(start, end), lambda: persons, lambda: NOW)


def on_call(*events: str, persons: tuple[str, ...] = ("ada", "bo.b", "cy")) -> tuple[str, ...]:
    calendar = MemoryCalendar()
    for number, lines in enumerate(events):
        calendar.put(str(number), event(lines, uid=str(number)))
    return rota(calendar, *persons).on_call("calendar:rota")


def test_a_person() -> None:
    assert rota(MemoryCalendar()).on_call("sam") == ("sam",)


def test_nobody() -> None:
    assert rota(MemoryCalendar()).on_call("") == ()


def test_whom_the_title_names() -> None:
    assert on_call(f"{HOURS}|SUMMARY:On call: Ada and bo.b.") == ("ada", "bo.b")


def test_whole_days_shown_as_free_count() -> None:
    day = "DTSTART;VALUE=DATE:20261130|DTEND;VALUE=DATE:20261201|TRANSP:TRANSPARENT|SUMMARY:cy"
    assert on_call(day) == ("cy",)


def test_a_title_calls_nobody_who_is_not_known() -> None:
    assert on_call(f"{HOURS}|SUMMARY:adam @channel U0123") == ()


def test_what_is_cancelled_or_over_calls_nobody() -> None:
    over = "DTSTART:20261130T080000Z|DTEND:20261130T093000Z|SUMMARY:ada"
    assert on_call(over, f"{HOURS}|STATUS:CANCELLED|SUMMARY:cy") == ()


def test_a_calendar_that_cannot_be_read_names_nobody() -> None:
    calendar = MemoryCalendar()

    def down() -> None:
        raise CalendarUnreachable("It is down.", "Wait.", sent=False)

    calendar.fail = down
    assert rota(calendar, "ada").on_call("calendar:rota") == ()
