"""`gainful report`: what a team's server is told of this installation's books and work, and telling it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import dollars, emit, note, plural, safe, say
from gainful.core.fact import NAMES

if TYPE_CHECKING:
    from gainful.app.reporting.spans import Told


@click.group(invoke_without_command=True, short_help="Tell a team's server what agents here cost and achieved.")
@json_option
@click.pass_context
def report(ctx: click.Context) -> None:
    """Tell a team's server what agents here cost: which models, how many tokens, what money, in which runs.

    With `outcomes = true`, also what became of the work. Never what was said or read. Without a command it shows what
    would be told, and tells nothing. The server stands under [report] in the settings.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@report.command(short_help="Show exactly what would be told.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=3, show_default=True, help="So many spans and facts in full."
)
@json_option
@click.pass_obj
def show(context: Context, limit: int) -> None:
    """Show what would be told next, in sums, and the first spans and facts in full. With --json all of it.

    What --json prints is what is sent, but that large requests are sent in parts, and that facts about outcomes, where
    they are told, have a request of their own. Nothing is sent.
    """
    from gainful.app.reporting.exporter import facts_request

    with context.open() as app:
        told, facts = list(app.reporting.pending()), list(app.reporting.outcomes())
        server, outcomes = app.reporting.server, app.config.report.outcomes
        shown = app.reporting.request(told if context.as_json else told[:limit])
    if context.as_json:
        emit({**shown, **(facts_request(facts) if outcomes else {})})
        return
    if not told and not facts:
        say(f"There is nothing new to tell {server}.")
        return
    if told:
        _summary(told)
        say(f"\nThe first {plural(min(limit, len(told)), 'span')} of {len(told):,}, as they are sent to {server}:")
        emit(shown)
    if facts:
        kinds = sorted(Counter(NAMES[type(fact)] for fact in facts).items())
        say(f"{plural(len(facts), 'fact')} about outcomes: {', '.join(f'{count:,} {kind}' for kind, count in kinds)}.")
        say(f"\nThe first {plural(min(limit, len(facts)), 'fact')} of {len(facts):,}, as they are sent to {server}:")
        emit(facts_request(facts[:limit]))


@report.command(short_help="Say what the server calls a work item of yours.")
@click.argument("item", metavar="ITEM")
@json_option
@click.pass_obj
def item(context: Context, item: str) -> None:
    """Say what the server calls your work item ITEM, so that somebody there can answer for it or look at it."""
    with context.open() as app:
        name = app.reporting.item(item)
    if not name:
        note("The server keeps no items of yours yet. Set outcomes = true under [report], and: gainful report now")
    if context.as_json:
        emit({"item": item, "there": name})
    elif name:
        say(name)


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
        server, outcomes = app.reporting.server, app.config.report.outcomes
        done = app.reporting.send()
    if context.as_json:
        emit({"server": server, **asdict(done)})
        return
    facts = f" and {plural(done.facts, 'fact')} about outcomes" if outcomes else ""
    say(f"{server} has acknowledged {plural(done.sent, 'span')}{facts}.")
    if done.rejected:
        note(f"It could not use {plural(done.rejected, 'of them', 'of them')}: {safe(done.why, 300)}")
    if done.refused:
        note(f"It did not take {plural(done.refused, 'fact')}: {safe(done.why_refused, 300)}")
