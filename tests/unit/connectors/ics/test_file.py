"""A calendar as a file: whatever else may lie at that path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gainful.connectors.ics import FileCalendar
from gainful.sdk.calendar import CalendarUnreachable, CalendarUnreadable, NoSuchCalendar
from gainful.sdk.ical import LARGEST
from gainful.sdk.testing.calendar import BERLIN, DAY, MEETING, NEXT, event


def test_an_unchanged_file_is_taken_apart_once(tmp_path: Path) -> None:
    file = tmp_path / "work.ics"
    file.write_bytes(event(MEETING))
    calendar = FileCalendar("work", file, BERLIN)
    calendar.events(DAY, NEXT)
    assert calendar.text() is calendar.text()
    before = calendar.text()
    file.write_bytes(event(MEETING) + event(MEETING, uid="2"))
    assert calendar.text() is not before
    assert len(calendar.events(DAY, NEXT).events) == 2


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(NoSuchCalendar):
        FileCalendar("work", tmp_path / "work.ics", BERLIN).events(DAY, NEXT)


def test_a_folder_and_a_pipe_are_no_calendars(tmp_path: Path) -> None:
    with pytest.raises(CalendarUnreadable):
        FileCalendar("work", tmp_path, BERLIN).events(DAY, NEXT)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CalendarUnreadable):
        FileCalendar("work", tmp_path / "pipe", BERLIN).events(DAY, NEXT)


def test_a_file_without_end(tmp_path: Path) -> None:
    with (tmp_path / "work.ics").open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(CalendarUnreadable):
        FileCalendar("work", tmp_path / "work.ics", BERLIN).events(DAY, NEXT)


def test_a_path_through_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CalendarUnreachable) as caught:
        FileCalendar("work", tmp_path / "file" / "work.ics", BERLIN).events(DAY, NEXT)
    assert not caught.value.sent
