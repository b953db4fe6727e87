"""`gainful audit`: findings by money, and second looks: which item comes next, and what an auditor says of it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, note, plural, safe, say

if TYPE_CHECKING:
    from gainful.app.worth.looks import Blind
    from gainful.worth.finding import WasteFinding

COLUMNS = 80

REMEDIES = {
    "pause": "pause it: `gainful stop {target}`",
    "on-change": "let it run when something changes, and not by the clock",
    "budget": "set a budget: `gainful budget set agent:{target} AMOUNT`",
    "merge": "count the parts as the one item that they are; worth does already",
    "ask-another": "let somebody outside the circle verify",
    "declare": "name the work item that it is for, or declare an exploration",
    "document": "point to the document that answers it",
    "shorten": "give it less context",
    "look": "look at it; nothing is safe to do by itself",
}


def show_findings(context: Context, limit: int) -> None:
    """Print what was found, the dearest first."""
    from gainful.worth.json import finding_json

    most = 1_000_000 if context.as_json else limit
    if context.remote:
        with context.far() as desk:
            told, found = desk.worth()[0], desk.findings()[:most]
    else:
        with context.open() as app:
            told = app.worth.tell()
            found = app.worth.findings(most)
    known = told.kept.organisation.waste
    if context.as_json:
        for one in found:
            emit(finding_json(one))
        return
    if not found:
        say("Nothing was found.")
        return
    say(click.style(f"Findings, {told.kept.since:%Y-%m-%d} to {told.kept.until:%Y-%m-%d}", bold=True))
    say(f"{known} of inference led to no verified outcome. A finding describes work, and nobody's intentions.")
    for one in found:
        say("")
        for line in _lines(one):
            say(line)


@click.command(short_help="Mend a finding at once.")
@click.argument("finding", metavar="FINDING")
@click.option("--apply", "apply_", is_flag=True, help="Do it. Without, it shows what would be done.")
@json_option
@click.pass_obj
def fix(context: Context, finding: str, apply_: bool) -> None:
    """Do what mends FINDING, which is named by its id or the beginning of it.

    Gainful's own agents are paused, capped or made to wait for a change, as their owner could do by hand. What runs in
    another product is not touched: the answer says what to do there.
    """
    if context.remote:
        with context.far() as desk:
            found = desk.finding(finding)
            mended = desk.mend(found.id) if apply_ else None
    else:
        with context.open() as app:
            found = app.worth.finding(finding)
            mended = app.mending.apply(found.fix, f"finding {found.id}") if apply_ else None
    remedy = REMEDIES[found.fix.remedy].format(target=safe(found.fix.target, 60))
    if context.as_json:
        done = mended is not None and mended.done
        said, undo = (mended.said, mended.undo) if mended is not None else (remedy, "")
        emit({"finding": found.id, "remedy": str(found.fix.remedy), "done": done, "said": said, "undo": undo})
    elif mended is None:
        say(f"{click.style(found.kind, bold=True)}  {safe(found.proof, 600)}")
        say(f"What mends it: {remedy}.")
        say("Nothing was changed yet. --apply does it, or says what is to be done by hand.")
    else:
        say(safe(mended.said, 600))
        if mended.undo:
            say(f"Undo: {safe(mended.undo, 200)}")


def _lines(one: WasteFinding) -> Iterator[str]:
    where = safe(one.agent or one.team or "(unknown)", 60)
    head = f"{click.style(one.kind, bold=True)}  {where}" + (
        f", {safe(one.team, 40)}" if one.agent and one.team else ""
    )
    yield f"{one.cost.amount:>12,.2f} USD  {head}"
    for line in textwrap.wrap(safe(one.proof, 600), COLUMNS - 18):
        yield f"{'':18}{line}"
    remedy = REMEDIES[one.fix.remedy].format(target=safe(one.fix.target, 60))
    for line in textwrap.wrap(f"{one.id}, {one.confidence:.0%} sure. Mend: {remedy}", COLUMNS - 18):
        yield click.style(f"{'':18}{line}", dim=True)


@click.command("next", short_help="Items that wait for a second look.")
@click.option("--count", type=click.IntRange(1, 100_000), default=1, show_default=True, help="So many.")
@click.option("--by", "auditor", default="", metavar="PERSON", help="Who will look; leaves out what they may not.")
@json_option
@click.pass_obj
def next_(context: Context, count: int, auditor: str) -> None:
    """Show items to look at, blind: what was asked for and what the records show, not whose claim it is.

    Items are drawn by chance and by what is at stake. Answer with `gainful audit verdict`.
    """
    with context.open() as app:
        items = app.looks.next(count, auditor)
    if context.as_json:
        for one in items:
            emit(_blind_json(one))
    elif not items:
        say("Nothing waits for a second look, and nothing is claimed that could be drawn.")
    else:
        for one in items:
            _say_blind(one)
        say("\nWas it real work, wanted and done? Say so, and what it would take by hand:")
        say(f"  gainful audit verdict {safe(items[0].item, 60)} pass --minutes 20")


def _say_blind(one: Blind) -> None:
    opened = f", opened {one.opened_at:%Y-%m-%d %H:%M}" if one.opened_at else ""
    say(f"{click.style(safe(one.item, 60), bold=True)}  {safe(one.work_class, 40)}{opened}")
    for line in one.shown:
        say(f"  {safe(line, 200)}")
    if one.confirms:
        say("  Another auditor did not find it borne out; yours is the second word.")


def _blind_json(one: Blind) -> dict[str, Any]:
    return {
        "item": one.item,
        "work_class": one.work_class,
        "opened_at": one.opened_at,
        "drawn_at": one.drawn_at,
        "confirms": one.confirms,
        "shown": list(one.shown),
    }


class Amount(click.ParamType[Decimal]):
    """A number of minutes or seconds."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The number, exact and of a size that can be."""
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            self.fail(f"'{value}' is no number.", param, ctx)
        if not amount.is_finite() or not 0 <= amount <= 100_000:
            self.fail(f"{value} cannot be; write minutes like 20 or 2.5.", param, ctx)
        return amount


@click.command(short_help="Say what a second look found.")
@click.argument("item", metavar="ITEM")
@click.argument("said", type=click.Choice(["pass", "fail"]))
@click.option("--minutes", type=Amount(), help="What it would take by hand.")
@click.option("--seconds", type=Amount(), default="90", show_default=True, help="That the look took.")
@click.option("--by", "auditor", default="", metavar="PERSON", help="Who looked.  [you]")
@json_option
@click.pass_obj
def verdict(context: Context, item: str, said: str, minutes: Decimal | None, seconds: Decimal, auditor: str) -> None:
    """Book what a second look at ITEM found. One that fails is put to another auditor before it counts."""
    with context.open() as app:
        who = auditor or app.guards.person
        app.looks.verdict(item, who, passed=said == "pass", minutes=minutes, seconds=seconds)
        left = len(app.tellings.waiting(1_000_000))
    if context.as_json:
        emit({"item": item, "verdict": said, "by": who, "waiting": left})
    else:
        say(f"Booked. {plural(left, 'item')} left in the queue.")


@click.command(short_help="Make an item a known case that tests auditors.")
@click.argument("item", metavar="ITEM")
@click.argument("known", type=click.Choice(["pass", "fail"]))
@json_option
@click.pass_obj
def plant(context: Context, item: str, known: str) -> None:
    """Let ITEM be drawn although its answer is known: whoever misses it weighs less. Nobody's worth changes by it."""
    with context.open() as app:
        app.looks.plant(item, passed=known == "pass")
    if context.as_json:
        emit({"item": item, "known": known})
    else:
        note("Planted. Nobody who draws it can tell.")
