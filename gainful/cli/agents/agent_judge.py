"""`gainful agent judge`: say what a run's work was good for."""

from __future__ import annotations

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, safe, say


@click.command(short_help="Say whether a run did what it claims.")
@click.argument("run")
@click.argument("verdict", type=click.Choice(["accept", "reject"]))
@click.option("--text", default="", help="Why, in a sentence; it stands in the books.")
@json_option
@click.pass_obj
def judge(context: Context, run: str, verdict: str, text: str) -> None:
    """Say whether the RUN of an agent did what it claims. Each claim is judged once.

    Runs that you started by hand claim nothing: nobody else had asked for them.
    """
    with context.open() as app:
        found = app.judging.by_hand(run, app.guards.person, text, good=verdict == "accept")
    if context.as_json:
        emit({"run_id": found.run_id, "agent": found.agent, "work_item": found.work_item, "accepted": found.accepted})
        return
    say(f"{safe(found.agent)}: run {found.run_id} was {'accepted' if found.accepted else 'rejected'}.")
