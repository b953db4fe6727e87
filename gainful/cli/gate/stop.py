"""`gainful stop` and `gainful resume`: let agents do nothing more, from outside, at once; and let them go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, safe, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gainful.storage.gate.stop_store import Stop


@click.command(short_help="Stop an agent, or all, before its next effect.")
@click.argument("agent", metavar="AGENT|all", required=False)
@click.option("--reason", default="", metavar="TEXT", help="Why; shown wherever somebody wonders.")
@click.option("--list", "list_", is_flag=True, help="Show who is stopped.")
@json_option
@click.pass_obj
def stop(context: Context, agent: str | None, reason: str, list_: bool) -> None:
    """Stop AGENT, or all of them: no effect and no model call begins after this, in any process, until you resume it.

    What it did stays done; `gainful undo` takes it back, also while it is stopped.
    """
    if list_ == bool(agent):
        raise click.UsageError("Name an agent, or all; or give --list.")
    with context.reach() as app:
        fresh = app.guards.stop(agent, reason) if agent else False
        stops = app.guards.stops.all()
    if context.as_json:
        from gainful.app.as_json import stop_json

        emit({**({"agent": agent, "stopped_now": fresh} if agent else {}), "stops": [stop_json(one) for one in stops]})
    elif agent is None:
        _say_all(stops)
    else:
        word = "is stopped" if fresh else "was stopped already"
        say(f"{_whom(agent)} {word}. `gainful resume {agent}` lets it go on.")


@click.command(short_help="Let a stopped agent go on.")
@click.argument("agent", metavar="AGENT|all")
@json_option
@click.pass_obj
def resume(context: Context, agent: str) -> None:
    """Let AGENT go on, or lift the stop of all. Its next run does what the stopped one left.

    An agent that was stopped by name stays so when the stop of all is lifted.
    """
    with context.reach() as app:
        lifted = app.guards.resume(agent)
        left = app.guards.stops.all()
    if context.as_json:
        from gainful.app.as_json import stop_json

        emit({"agent": agent, "resumed": lifted, "stops": [stop_json(one) for one in left]})
        return
    say(f"{_whom(agent)} may go on." if lifted else f"{_whom(agent)} was not stopped.")
    if left:
        say("Still stopped:")
        _say_all(left)


def _whom(agent: str) -> str:
    return "Everything" if agent == "all" else f"'{safe(agent, 80)}'"


def _say_all(stops: Sequence[Stop]) -> None:
    for one in stops:
        why = f": {safe(one.reason)}" if one.reason else ""
        say(f"{safe(one.agent, 80)}  by {safe(one.by, 80)}, {one.at:%Y-%m-%d %H:%M} UTC{why}")
    if not stops:
        say("Nobody is stopped.")
