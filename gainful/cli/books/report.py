"""`gainful report`: what a team's server is told of this installation's books, and telling it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import dollars, emit, note, plural, safe, say

if TYPE_CHECKING:
    from gainful.app.reporting.spans import Told


@click.group(invoke_without_command=True, short_help="Tell a team's server what agents here cost.")
@json_option
@click.pass_context
def report(ctx: click.Context) -> None:
    """Tell a team's server what agents here cost: which models, how many tokens, what money, in which runs.

    Never what was said or read. Without a command it shows what would be told, and tells nothing. The server stands
    under [report] in the settings.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@report.command(short_help="Show exactly what would be told.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=3, show_default=True, help="So many spans in full.")
@json_option
@click.pass_obj
def show(context: Context, limit: int) -> None:
    """Show what would be told next, by model and agent, and the first spans in full. With --json all of it.

    What --json prints is the request as it is sent, but that large ones are sent in parts. Nothing is sent.
    """
    with context.open() as app:
        told = list(app.reporting.pending())
        server = app.reporting.server
        shown = app.reporting.request(told if context.as_json else told[:limit])
    if context.as_json:
        emit(shown)
        return
    if not told:
        say(f"There is nothing new to tell {server}.")
        return
    _summary(told)
    say(f"\nThe first {plural(min(limit, len(told)), 'span')} of {len(told):,}, as they are sent to {server}:")
    emit(shown)


def _summary(told: list[Told]) -> None:
    from gainful.ledger.report import Spending

    sums: dict[tuple[str, str], Spending] = {}
    for one in told:
        if one.model or one.spent.cost.amount:
            sums[one.agent, one.model] = sums.get((one.agent, one.model), Spending()) + one.spent
    runs = sum(1 for one in told if one.entry is None and one.last)
    calls = len({one.entry.key for one in told if one.entry is not None})
    say(f"{plural(calls, 'call')} and {plural(runs, 'run')}:")
    for (agent, model), spent in sorted(sums.items()):
        tokens = plural(spent.tokens.total, "token")
        say(f"  {safe(agent, 40):20}{safe(model or 'tools', 60):40}{dollars(spent.cost.amount):>14}  {tokens}")


@report.command(short_help="Tell it now.")
@json_option
@click.pass_obj
def now(context: Context) -> None:
    """Tell the server what it has not acknowledged yet. What it knows already changes nothing there."""
    with context.open() as app:
        server = app.reporting.server
        done = app.reporting.send()
    if context.as_json:
        emit({"server": server, "sent": done.sent, "rejected": done.rejected, "why": done.why})
        return
    say(f"{server} has acknowledged {plural(done.sent, 'span')}.")
    if done.rejected:
        note(f"It could not use {plural(done.rejected, 'of them', 'of them')}: {safe(done.why, 300)}")
