"""`gainful why`: the chain from what was asked to what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit

if TYPE_CHECKING:
    from gainful.app.why import Explanation, Step


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
    with context.open() as app:
        found = app.why(run, step)
    if context.as_json:
        emit(_as_json(found))
        return
    from gainful.cli.why_view import show

    show(found, one=bool(step) or len(found.steps) == 1, all_=all_)


def _replay(context: Context, run: str, *, all_: bool) -> None:
    from gainful.cli import replay_view
    from gainful.cli.why_view import SHOWN

    with context.open() as app:
        found = app.replays.of(run)
    if context.as_json:
        emit(replay_view.as_json(found))
        return
    replay_view.show(found, None if all_ else SHOWN)


def _as_json(found: Explanation) -> dict[str, Any]:
    return {
        "run": found.run.id,
        "job": found.run.job,
        "state": found.run.state,
        "started_at": found.run.started_at,
        "ended_at": found.run.ended_at,
        "asked": found.asked,
        "manifest": found.manifest,
        "decisions": [
            {"tool": tool, "verdict": verdict, "rules": list(rules), "count": count}
            for (tool, verdict, rules), count in found.verdicts.items()
        ],
        "rules": dict(found.rules),
        "noticed": list(found.noticed),
        "cost_usd": float(found.spent.cost.amount),
        "tokens": found.spent.tokens.total,
        "undo": found.undo,
        "steps": [_step(step) for step in found.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "id": step.id,
        "title": step.title,
        "read": [{"what": reading.what, **reading.label.as_json()} for reading in step.read],
        "chosen": step.chosen,
        "decisions": [
            {
                "at": one.at,
                "tool": one.tool,
                "verdict": one.verdict,
                "reason": one.reason,
                "rules": [rule for rule, _ in one.rules],
            }
            for one in step.verdicts
        ],
        "approvals": [
            {"id": one.id, "card": one.card, "state": one.state, "by": one.by, "at": one.at} for one in step.approvals
        ],
        "happened": list(step.happened),
        "undo": step.undo,
    }
