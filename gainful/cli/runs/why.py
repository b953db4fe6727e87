"""`gainful why`: the chain from what was asked to what happened."""

from __future__ import annotations

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit


@click.command(short_help="Why a run did what it did.")
@click.argument("run", metavar="RUN|MAIL")
@click.argument("step", required=False, default="")
@click.option("--all", "all_", is_flag=True, help="Every step, however many.")
@click.option("--replay", is_flag=True, help="Step by step, and what today's rules would say; changes nothing.")
@json_option
@click.pass_obj
def why(context: Context, run: str, step: str, all_: bool, replay: bool) -> None:
    """Show what was asked of RUN, what it read, what was decided by which rule, who approved, and what happened.

    STEP is a mail or a step of that run. A mail alone means the last run that decided about it.
    """
    if replay:
        if step:
            raise click.UsageError("A replay is of the whole run; leave STEP out.")
        _replay(context, run, all_=all_)
        return
    with context.reach() as app:
        found = app.why(run, step)
    if context.as_json:
        from gainful.app.as_json import explanation_json

        emit(explanation_json(found))
        return
    from gainful.cli.runs.why_view import show

    show(found, one=bool(step) or len(found.steps) == 1, all_=all_)


def _replay(context: Context, run: str, *, all_: bool) -> None:
    from gainful.cli.runs import replay_view
    from gainful.cli.runs.why_view import SHOWN

    with context.open() as app:
        found = app.replays.of(run)
    if context.as_json:
        emit(replay_view.as_json(found))
        return
    replay_view.show(found, None if all_ else SHOWN)
