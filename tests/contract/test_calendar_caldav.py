"""The calendar contract over a real CalDAV server."""

from __future__ import annotations

import pytest

from gainful.connectors.caldav import CalDavCalendar, Server
from gainful.core.clock import system_clock
from gainful.sdk.calendar import Calendar
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.calendar import BERLIN, CalendarContract
from gainful.sdk.testing.radicale import Radicale


class TestRadicale(CalendarContract):
    @pytest.fixture(autouse=True)
    def calendar(self, radicale: Radicale) -> None:
        self.server = radicale
        self.user = radicale.new_user()
        self.place = radicale.make(self.user, "work", "Work")

    def make(self) -> Calendar:
        secret = Handle.of(Secret("calendar:work", self.server.password))
        server = Server(self.server.origin, self.user, secret)
        return CalDavCalendar(server, "", usual=BERLIN, clock=system_clock)

    def put(self, uid: str, text: bytes) -> None:
        self.server.put(self.user, self.place, uid, text)
