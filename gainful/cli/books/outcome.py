"""`gainful outcome`: what came of work items."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.books.audit_looks import Amount
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, safe, say, seconds

if TYPE_CHECKING:
    from gainful.app.worth import Deal
    from gainful.app.worth.outcomes import Shown


@click.group(short_help="Claim, accept or refuse what came of a work item.")
@json_option
def outcome() -> None:
    """An outcome is claimed by whoever did the work, accepted by somebody else, and verified by what survives."""


@outcome.command(short_help="Say that an item is done.")
@click.argument("item", metavar="ITEM")
@click.option("--by", "who", default="", metavar="WHO", help="Agent or person who claims it.  [you]")
@click.option("--minutes", type=Amount(), help="Saved, as you say: shown, and never counted.")
@json_option
@click.pass_obj
def claim(context: Context, item: str, who: str, minutes: Decimal | None) -> None:
    """Claim ITEM."""
    with context.open() as app:
        app.outcomes.claim(item, who or app.guards.person, minutes)
        shown = app.outcomes.show(item)
    _tell(context, shown)


def _answer(context: Context, item: str, who: str, *, accepted: bool) -> None:
    with context.open() as app:
        shown = app.outcomes.answer(item, who or app.guards.person, accepted=accepted)
    _tell(context, shown)


@outcome.command(short_help="Say that a claimed item is what was wanted.")
@click.argument("item", metavar="ITEM")
@click.option("--by", "who", default="", metavar="PERSON", help="Who says so.  [you]")
@json_option
@click.pass_obj
def accept(context: Context, item: str, who: str) -> None:
    """Accept ITEM. Somebody's word about their own claim counts for nothing."""
    _answer(context, item, who, accepted=True)


@outcome.command(short_help="Say that a claimed item is not what was wanted.")
@click.argument("item", metavar="ITEM")
@click.option("--by", "who", default="", metavar="PERSON", help="Who says so.  [you]")
@json_option
@click.pass_obj
def reject(context: Context, item: str, who: str) -> None:
    """Refuse ITEM."""
    _answer(context, item, who, accepted=False)


@outcome.command(short_help="Show where an item stands.")
@click.argument("item", metavar="ITEM")
@json_option
@click.pass_obj
def show(context: Context, item: str) -> None:
    """Show where ITEM stands, and what it lacks to be verified."""
    with context.open() as app:
        shown = app.outcomes.show(item)
    _tell(context, shown)


@outcome.command(short_help="Let chance say who does an item: an agent, or somebody by hand.")
@click.argument("item", metavar="ITEM")
@click.option("--class", "work_class", required=True, metavar="CLASS", help="Comparable work: ticket, pull-request.")
@click.option("--requester", default="", metavar="WHO", help="Who wants it, where the item is not known yet.  [you]")
@json_option
@click.pass_obj
def deal(context: Context, item: str, work_class: str, requester: str) -> None:
    """Deal ITEM, before anything is done about it, to the agents or to be done by hand.

    Chance decides, by the share of `[worth] hold_out`. Asked again, it gives the same answer.
    """
    with context.open() as app:
        dealt = app.hold_outs.deal(item, work_class, requester or app.guards.person)
    if context.as_json:
        emit(_deal_json(dealt))
        return
    name = safe(dealt.item, 80)
    if dealt.arm == "agent":
        say(f"{click.style(name, bold=True)} goes to the agents, as {1 - dealt.share:.0%} of such items do.")
        return
    say(f"{click.style(name, bold=True)} is left to be done {click.style('by hand', bold=True)}, and measured.")
    say(f"  Before you begin: gainful outcome hand {name} start")
    say(f"  At the end:       gainful outcome hand {name} done")


def _deal_json(dealt: Deal) -> dict[str, Any]:
    return {
        "item": dealt.item,
        "work_class": dealt.work_class,
        "arm": dealt.arm,
        "share": dealt.share,
        "new": dealt.is_new,
    }


@outcome.command(short_help="Measure what doing an item by hand takes.")
@click.argument("item", metavar="ITEM")
@click.argument("step", type=click.Choice(["start", "done"]))
@click.option("--by", "who", default="", metavar="PERSON", help="Who does it.  [you]")
@json_option
@click.pass_obj
def hand(context: Context, item: str, step: str, who: str) -> None:
    """Measure by the clock what doing ITEM by hand takes: say `start` when you begin and `done` when it is done.

    Between the two, Gainful need not run. Several stretches of one item add up.
    """
    with context.open() as app:
        person = who or app.guards.person
        if step == "start":
            began = app.by_hand.start(item, person)
            told: dict[str, Any] = {"item": item, "began_at": began}
            line = f"The clock runs. At the end: gainful outcome hand {safe(item, 80)} done"
        else:
            took = app.by_hand.done(item, person)
            told = {"item": item, "began_at": took.began_at, "seconds": took.seconds, "measured": took.measured}
            line = f"{safe(item, 80)} took {seconds(float(took.seconds))} by hand."
            if not took.measured:
                line += " That is no time that anybody works without a break: it is shown, and does not count."
    if context.as_json:
        emit(told)
    else:
        say(line)


def _tell(context: Context, shown: Shown) -> None:
    if context.as_json:
        emit(_json(shown))
        return
    settled, case = shown.settled, shown.case
    say(f"{click.style(safe(case.id, 80), bold=True)} is {click.style(settled.state, bold=True)}.")
    for line in _lacks(shown):
        say(f"  {line}")


def _lacks(shown: Shown) -> list[str]:
    settled, case = shown.settled, shown.case
    lines = []
    if settled.asked_by_itself:
        lines.append("Nobody but the claimant's side asked for it, so it counts for nothing.")
    if settled.own_word:
        lines.append("Only the claimant's own side has accepted it; somebody else must.")
    if settled.unchanged:
        lines.append("The system of record shows that nothing changed.")
    elif settled.state == "accepted" and not case.evidence:
        lines.append("No system of record has shown what it changed.")
    if settled.state == "accepted" and shown.due_at is not None:
        lines.append(f"It is verified on {shown.due_at:%Y-%m-%d} at the earliest, if nothing undoes it.")
    if case.reversals and settled.state == "reversed":
        lines.append(f"It was undone: {safe(case.reversals[-1].why, 200) or 'no reason was given'}.")
    return lines


def _json(shown: Shown) -> dict[str, Any]:
    settled = shown.settled
    return {
        "item": shown.case.id,
        "state": str(settled.state),
        "work_class": shown.case.item.work_class if shown.case.item is not None else "",
        "agent": settled.agent,
        "team": settled.team,
        "claimed_at": settled.claimed_at,
        "accepted_at": settled.accepted_at,
        "verified_from": shown.due_at,
        "asked_by_itself": settled.asked_by_itself,
        "own_word": settled.own_word,
        "unchanged": settled.unchanged,
        "documented": settled.documented,
    }
