"""The calendar contract over the calendar in memory: what tests use has to behave like what people use."""

from __future__ import annotations

import pytest

from gainful.sdk.calendar import Calendar
from gainful.sdk.testing.calendar import BERLIN, CalendarContract
from gainful.sdk.testing.memory_calendar import MemoryCalendar


class TestMemoryCalendar(CalendarContract):
    @pytest.fixture(autouse=True)
    def calendar(self) -> None:
        self.kept = MemoryCalendar(BERLIN)

    def make(self) -> Calendar:
        return self.kept

    def put(self, uid: str, text: bytes) -> None:
        self.kept.put(uid, text)
