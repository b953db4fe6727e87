"""A deployment as it goes: a line for each thing that happens, and one that moves while it is watched."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from gainful.cli.screen import PIPE_WIDTH, safe, say

if TYPE_CHECKING:
    from gainful.core.deploy_event import Event
    from gainful.jobs.deploy.desk import Look

COLOURS = {
    "promoted": "green",
    "healthy": "green",
    "rolled-back": "red",
    "failed": "red",
    "unhealthy": "red",
    "refused": "red",
    "declined": "red",
    "held": "yellow",
    "forced": "yellow",
    "stolen": "yellow",
    "asked": "yellow",
    "confirm": "yellow",
}
WHEN, WHAT = 10, 13
"""Columns of the time and of what happened."""

LONGEST = 600


class Timeline:
    """Shows events as they come. On a terminal the last line tells how the watch stands."""

    def __init__(self) -> None:
        self._moves = sys.stdout.isatty()
        self._moving = False

    def event(self, event: Event) -> None:
        """One line, or several where the sentence is long."""
        if self._moves and str(event.kind) == "looked":
            # The moving line says the same.
            return
        self.close()
        for line in event_lines(event.at, str(event.kind), event.text, width()):
            say(line)

    def look(self, look: Look, elapsed: timedelta) -> None:
        """How the watch stands."""
        if not self._moves:
            return
        text = f"{'':{WHEN}}{'watching':{WHAT}}{elapsed.total_seconds():.0f} s: {safe(look.why, LONGEST)}"
        click.echo(f"\r\x1b[2K{_cut(text, width() - 1)}", nl=False)
        self._moving = True

    def close(self) -> None:
        """Take the moving line away."""
        if self._moving:
            click.echo("\r\x1b[2K", nl=False)
        self._moving = False


def event_lines(at: datetime, kind: str, text: str, columns: int) -> list[str]:
    """A line or more: when, what, and the sentence beside it."""
    room = max(columns - WHEN - WHAT, 30)
    first, *rest = textwrap.wrap(safe(text, LONGEST), room) or [""]
    head = click.style(f"{kind:{WHAT}}", fg=COLOURS.get(kind))
    return [f"{local(at):%H:%M:%S}  {head}{first}".rstrip(), *(f"{'':{WHEN + WHAT}}{line}" for line in rest)]


def told(events: Sequence[Event], columns: int) -> list[str]:
    """Everything that has happened, line by line."""
    return [line for event in events for line in event_lines(event.at, str(event.kind), event.text, columns)]


def local(at: datetime) -> datetime:
    """By the clock on this machine's wall."""
    return at.astimezone()


def width() -> int:
    """Columns of the terminal; a pipe has as many as `PIPE_WIDTH`."""
    import shutil

    # COLUMNS is obeyed, also where a pipe is written to.
    return min(shutil.get_terminal_size((PIPE_WIDTH, 24)).columns, PIPE_WIDTH)


def _cut(text: str, columns: int) -> str:
    return text if len(text) <= columns else f"{text[: columns - 1]}…"
