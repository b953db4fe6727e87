"""`gainful calendar`: which calendars there are, whether they can be read, and who is busy, never with what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, plural, safe, say

if TYPE_CHECKING:
    from gainful.core.busy import Interval

WEEK = timedelta(days=7)
SHOWN = 20
"""Events that could not be read, named one by one."""


@click.group(short_help="Calendars: list, check, who is busy.")
@json_option
def calendar() -> None:
    """Calendars, by which Gainful knows when not to disturb. Each has a `[[calendars]]` block in the settings."""


@calendar.command("list")
@json_option
@click.pass_obj
def list_(context: Context) -> None:
    """Show every calendar, and whose it is. Reaches none of them."""
    with context.open() as app:
        calendars = app.toolbox.calendars
        for one in calendars.settings:
            person, addresses = calendars.person(one), calendars.addresses(one)
            if context.as_json:
                emit({"calendar": one.name, "person": person, "url": one.url, "addresses": list(addresses)})
            else:
                say(f"{safe(one.name):16} {safe(person):16} {safe(one.url)}")
        if not calendars.settings and not context.as_json:
            say("No calendar is known. Add a [[calendars]] block; docs/how-to/calendar.md tells how.")


@calendar.command(short_help="Read a calendar, and say what is odd in it.")
@click.argument("name")
@json_option
@click.pass_obj
def check(context: Context, name: str) -> None:
    """Read the calendar NAME for the next week, and say what could not be understood in it."""
    with context.open() as app:
        now = app.clock()
        agenda = app.toolbox.calendars.agenda(name, now, now + WEEK)
    if context.as_json:
        aside = [{"uid": one.uid, "reason": one.reason} for one in agenda.aside]
        emit({"calendar": name, "events": len(agenda.events), "complete": agenda.complete, "aside": aside})
        return
    say(f"{safe(name)}: read, {plural(len(agenda.events), 'event')} in the next 7 days.")
    if not agenda.complete:
        say("So much stands in it that not all of it was looked at: nobody is called free by it.")
    for one in agenda.aside[:SHOWN]:
        say(f"  not understood: {safe(one.uid, 60) or 'an event without a uid'}: {safe(one.reason)}")
    if len(agenda.aside) > SHOWN:
        say(f"  and {len(agenda.aside) - SHOWN} more.")


@calendar.command(short_help="Show when WHO is busy, from now on.")
@click.argument("who", required=False)
@click.option("--days", type=click.IntRange(1, 400), default=1, help="How far to look ahead.  [1]")
@json_option
@click.pass_obj
def busy(context: Context, who: str | None, days: int) -> None:
    """Show when WHO is busy, from now on: a person, or a calendar's name; by default the owner."""
    with context.open() as app:
        calendars, now = app.toolbox.calendars, app.clock()
        found = calendars.named(who or app.config.owner.person)
        times, unknown = calendars.busy([one.name for one in found], now, now + timedelta(days=days))
        zone = calendars.zone(found[0])
    if context.as_json:
        emit(
            {
                "who": who or calendars.person(found[0]),
                "known": not unknown,
                "unknown": list(unknown),
                "busy": [{"start": one.start, "end": one.end} for one in times],
            }
        )
        return
    _told(times, unknown, now, zone)


def _told(times: Iterable[Interval], unknown: Iterable[str], now: datetime, zone: tzinfo) -> None:
    found = list(times)
    for one in found:
        begins, ends = one.start.astimezone(zone), one.end.astimezone(zone)
        same = begins.date() == ends.date()
        say(f"{begins:%a %d %b %H:%M} to {ends:%H:%M}{'' if same else f'{ends: on %a %d %b}'}")
    for name in unknown:
        say(f"Unknown: the calendar '{safe(name)}' cannot be read; see `gainful calendar check {safe(name)}`.")
    if not found:
        say("Nothing is known of a meeting." if list(unknown) else f"Free, from {now.astimezone(zone):%H:%M} on.")
