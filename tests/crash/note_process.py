"""Writes a note into a calendar on a server, and dies before or after the server has taken it.

python note_process.py ORIGIN USER PASSWORD before|after
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any
from zoneinfo import ZoneInfo

from gainful.connectors.caldav import CalDavCalendar, Server
from gainful.connectors.calendar import Desk, calendar_tools
from gainful.core.clock import system_clock
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation
from gainful.sdk.secret import Handle, Secret

BERLIN = ZoneInfo("Europe/Berlin")
NOTE = {"title": "Release 7", "start": "2026-11-30T14:00", "end": "2026-11-30T15:00"}


def note_tool(server: Server) -> Operation:
    """The tool `calendar.note`, over the one calendar of this user."""
    desk = Desk(lambda: CalDavCalendar(server, "", usual=BERLIN, clock=system_clock), "ada", frozenset(), BERLIN)
    return next(tool for tool in calendar_tools({"work": desk}, "robin") if tool.spec.name == "calendar.note")


class DyingServer(Server):
    """Kills the process at its `PUT`."""

    after = False

    def ask(self, method: str, *arguments: Any, **options: Any) -> Any:
        """The answer, if it is lived to see."""
        if method != "PUT":
            return super().ask(method, *arguments, **options)
        if self.after:
            super().ask(method, *arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("dead already")


def main() -> None:
    """Begin to write."""
    origin, user, password, place = sys.argv[1:]
    server = DyingServer(origin, user, Handle.of(Secret("calendar:work", password)))
    server.after = place == "after"
    note_tool(server).call(Grant("effect-1", "calendar.note"), NOTE)


if __name__ == "__main__":
    main()
