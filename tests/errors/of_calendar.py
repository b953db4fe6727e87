"""Reproducers of what calendars can fail with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from gainful.connectors.calendar import Desk, calendar_tools
from gainful.connectors.ics import FeedCalendar, FileCalendar
from gainful.core.value import Json
from gainful.sdk.calendar import Note, uid_of
from gainful.sdk.grant import Grant
from gainful.sdk.ical import Schedule
from gainful.sdk.secret import Handle
from gainful.sdk.testing.memory_calendar import MemoryCalendar
from tests.errors.registry import Place, reproduces

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
NOTE = Note("Release", NOW, LATER)


def _call(name: str, arguments: Mapping[str, Json], calendar: MemoryCalendar | None = None) -> Json:
    kept = calendar or MemoryCalendar()
    desks = {"work": Desk(lambda: kept, "ada", frozenset({"ada@example.org"}), UTC)}
    tool = next(tool for tool in calendar_tools(desks, "robin") if tool.spec.name == name)
    return tool.call(Grant("key", name), arguments)


@reproduces("calendar-unreachable")
def _a_server_that_is_down(place: Place) -> None:
    FeedCalendar("work", "http://127.0.0.1:1/work.ics", Handle.of(None), UTC).events(NOW, LATER)


@reproduces("calendar-refused")
def _a_note_in_a_calendar_that_is_only_read(place: Place) -> None:
    FileCalendar("work", place.path / "work.ics", UTC).create(Grant("key", "calendar.note"), NOTE, "robin")


@reproduces("no-such-calendar")
def _a_file_that_is_not_there(place: Place) -> None:
    FileCalendar("work", place.path / "work.ics", UTC).events(NOW, LATER)


@reproduces("no-such-note")
def _a_note_that_is_gone(place: Place) -> None:
    MemoryCalendar().change(Grant("key", "calendar.note"), uid_of("another"), NOTE, "robin")


@reproduces("calendar-unreadable")
def _a_page_instead_of_a_calendar(place: Place) -> None:
    Schedule(b"<html>Sign in</html>", UTC)


@reproduces("note-invalid")
def _a_note_that_ends_before_it_begins(place: Place) -> None:
    Note("Release", LATER, NOW)


@reproduces("range-invalid")
def _a_range_that_ends_before_it_begins(place: Place) -> None:
    MemoryCalendar().events(LATER, NOW)


@reproduces("calendar-not-found")
def _nobody_of_that_name(place: Place) -> None:
    _call("calendar.busy", {"who": "cy", "from": "2026-11-30", "to": "2026-11-30"})


@reproduces("time-unclear")
def _the_day_after_tomorrow(place: Place) -> None:
    _call("calendar.events", {"from": "the day after tomorrow", "to": "2026-11-30"})


@reproduces("guests-unnamed")
def _a_meeting_cancelled_behind_everybodys_back(place: Place) -> None:
    calendar = MemoryCalendar(invites=True)
    written = calendar.create(Grant("one", "calendar.note"), Note("x", NOW, LATER, guests=("bo@example.org",)), "robin")
    _call("calendar.cancel", {"id": written.uid}, calendar)


@reproduces("calendar-unknown")
def _a_calendar_that_the_settings_do_not_name(place: Place) -> None:
    with place.app() as app:
        app.toolbox.calendars.open("work")
