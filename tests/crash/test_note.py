"""A note in a calendar on a real server, the writer killed before or after the server has it: it is there once."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gainful.connectors.caldav import CalDavCalendar, Server
from gainful.core.clock import system_clock
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.radicale import Radicale
from tests.crash.note_process import BERLIN, NOTE, note_tool

ROOT = Path(__file__).resolve().parents[2]
DAY = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("place", ["before", "after"])
def test_killed_while_writing(radicale: Radicale, place: str) -> None:
    user = radicale.new_user()
    radicale.make(user, "work", "Work")
    command = [
        sys.executable,
        str(ROOT / "tests/crash/note_process.py"),
        radicale.origin,
        user,
        radicale.password,
        place,
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
    assert done.returncode == -9, done.stderr

    server = Server(radicale.origin, user, Handle.of(Secret("calendar:work", radicale.password)))
    tool = note_tool(server)
    found = tool.find("effect-1", NOTE)
    assert found is not None and found.done == (place == "after")
    # What did not happen is done now; what happened is found, and once more it would be the same note.
    tool.call(Grant("effect-1", "calendar.note"), NOTE)
    with CalDavCalendar(server, "", usual=BERLIN, clock=system_clock) as calendar:
        events = calendar.events(DAY, DAY + timedelta(days=1)).events
    assert [event.title for event in events] == ["Release 7"]
