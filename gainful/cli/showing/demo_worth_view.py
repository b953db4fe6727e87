"""The demo of worth as people see it: two boards beside each other, and what was found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.screen import plural

if TYPE_CHECKING:
    from gainful.app.trial.worth_show import Shown

TOP = 7
SIDE = 36


def demo_lines(shown: Shown) -> Iterator[str]:
    """Both boards, and the waste."""
    company, whole = shown.company, shown.telling.kept.organisation
    people = sum(len(members) for members in company.teams.values())
    yield f"{people} people in {len(company.teams)} teams, ten weeks, {shown.facts:,} facts from their systems."
    yield ""
    left, right = list(_tokens(shown)), list(_worth(shown))
    heads = (f"{'If tokens were a score':{SIDE}}", "The books")
    yield "    ".join(click.style(head, bold=True) for head in heads)
    for number in range(max(len(left), len(right))):
        mine, theirs = (side[number] if number < len(side) else "" for side in (left, right))
        yield f"{mine:{SIDE}}    {theirs}".rstrip()
    yield ""
    yield from _loud(shown)
    yield ""
    yield (
        f"Altogether {whole.net.middle:,.0f} USD net ({whole.net.low:,.0f} to {whole.net.high:,.0f}), "
        f"{whole.waste.amount:,.0f} USD of {whole.cost.amount:,.0f} for inference wasted."
    )
    yield "Try it on your own: `gainful import events`, `gainful worth`, `gainful audit`."


def _tokens(shown: Shown) -> Iterator[str]:
    ordered = sorted(shown.tokens.items(), key=lambda one: -one[1])
    for number, (team, tokens) in enumerate(ordered[:TOP], 1):
        yield f"{number:3} {team:14} {tokens:>13,} tokens"
    yield from _places([team for team, _ in ordered])


def _worth(shown: Shown) -> Iterator[str]:
    for number, one in enumerate(shown.board[:TOP], 1):
        yield f"{number:3} {one.unit:14} {one.net.low:>9,.0f} USD at least"
    yield from _places([one.unit for one in shown.board])


def _places(teams: list[str]) -> Iterator[str]:
    """Where the two teams of the story stand, if not at the top."""
    from gainful.app.trial.company import LOUD, QUIET

    for team in sorted((QUIET, LOUD), key=teams.index):
        if teams.index(team) >= TOP:
            yield f"{teams.index(team) + 1:3} {team}"


def _loud(shown: Shown) -> Iterator[str]:
    from gainful.app.trial.company import LOUD, QUIET

    totals: defaultdict[str, list[Any]] = defaultdict(lambda: [0, Decimal(0)])
    for one in shown.findings:
        if one.team == LOUD:
            totals[one.kind][0] += 1
            totals[one.kind][1] += one.cost.amount
    yield click.style(f"What was found about the work of '{LOUD}'", bold=True)
    for kind, (count, cost) in sorted(totals.items(), key=lambda one: -one[1][1]):
        yield f"  {cost:>9,.2f} USD  {kind:26} {plural(count, 'agent')}"
    quiet = [one for one in shown.findings if one.team == QUIET]
    yield f"About '{QUIET}': {plural(len(quiet), 'finding') if quiet else 'nothing'}."


def demo_json(shown: Shown) -> dict[str, Any]:
    """The same for other systems."""
    return {
        "demo": "worth",
        "facts": shown.facts,
        "tokens": shown.tokens,
        "board": [{"team": one.unit, "net_worth_usd_p10": str(one.net.low)} for one in shown.board],
        "findings": len(shown.findings),
    }
