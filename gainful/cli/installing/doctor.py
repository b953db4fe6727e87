"""`gainful doctor`: looks at everything Gainful stands on, and says what to mend."""

from __future__ import annotations

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, plural, safe, say

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(short_help="Check everything Gainful stands on.")
@json_option
@click.pass_obj
def doctor(context: Context) -> None:
    """Check settings, database, books, secrets, mailboxes, language model, clock and disk.

    Each line is ok, warn or fail, with the next move. Exit status 6 if anything failed.
    """
    from gainful.cli.installing.checks import examine
    from gainful.cli.installing.found import State
    from gainful.core.clock import system_clock
    from gainful.storage.settings.config import Home

    counts = {state.value: 0 for state in State}
    for check in examine(Home(context.home), context.open, system_clock):
        counts[check.state.value] += 1
        if context.as_json:
            emit({"check": check.name, "state": check.state.value, "what": check.what, "next_move": check.next_move})
            continue
        state = click.style(f"{check.state.value:4}", fg=COLOURS[check.state.value], bold=True)
        say(f"{state}  {check.name:16} {safe(check.what, 1000)}")
        if check.next_move:
            say(f"{'':23}{safe(check.next_move, 1000)}")
    if not context.as_json:
        say("")
        say(f"{plural(counts['ok'], 'check')} ok, {counts['warn']} to look at, {counts['fail']} failed.")
    if counts["fail"]:
        raise click.exceptions.Exit(exits.FINDINGS)
