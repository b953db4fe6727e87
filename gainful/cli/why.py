"""`gainful why`: the chain from what was asked to what happened."""

from __future__ import annotations

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit


@click.command(short_help="Why a run did what it did.")
@click.argument("run", metavar="RUN|MAIL")
@click.argument("step", required=False, default="")
@click.option("--all", "all_", is_flag=True, help="Every step, however many.")
@json_option
@click.pass_obj
def why(context: Context, run: str, step: str, all_: bool) -> None:
    """Show what was asked of RUN, what it read, what was decided by which rule, who approved, and what happened.

    STEP is a mail or a step of that run. A mail alone means the last run that decided about it.
    """
    with context.reach() as app:
        found = app.why(run, step)
    if context.as_json:
        from gainful.app.as_json import explanation_json

        emit(explanation_json(found))
        return
    from gainful.cli.why_view import show

    show(found, one=bool(step) or len(found.steps) == 1, all_=all_)
