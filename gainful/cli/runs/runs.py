"""`gainful runs`: the last runs of agents and jobs."""

from __future__ import annotations

from datetime import timedelta

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, say

SHOWN = 50
"""Runs that are listed for people."""


@click.command(short_help="The last runs of agents and jobs.")
@click.option("--days", type=click.IntRange(1, 90), default=14, show_default=True, help="How far back.")
@json_option
@click.pass_obj
def runs(context: Context, days: int) -> None:
    """Show the last runs, newest first: when, in UTC, how each stands, of which agent or job, and what set it off.

    `gainful why RUN` tells why one did what it did.
    """
    if context.remote:
        with context.far() as desk:
            found = desk.runs(days)
    else:
        with context.open() as app:
            found = app.runs.since(None, app.clock() - timedelta(days=days))
    if context.as_json:
        from gainful.app.as_json import run_json

        for one in found:
            emit(run_json(one))
        return
    from gainful.cli.remote.remote_view import run_lines

    for line in run_lines(found[:SHOWN]):
        say(line)
    if len(found) > SHOWN:
        say(f"… and {len(found) - SHOWN:,} more; --json lists them.")
    elif not found:
        say("Nothing ran in that time.")
