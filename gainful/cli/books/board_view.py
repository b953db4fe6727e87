"""How boards and the page of worth look."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.screen import plural, safe

if TYPE_CHECKING:
    from gainful.app.worth import Telling
    from gainful.worth.assessment import AuditPlan, Baseline, Standing, UsefulWeek
    from gainful.worth.finding import WasteFinding
    from gainful.worth.settings import WorthSettings

COLUMNS = 80
_WEEK = timedelta(weeks=1)
NAME = 22


def board_lines(by: str, rows: Sequence[Standing], names: Mapping[str, str], told: Telling) -> Iterator[str]:
    """A board."""
    kept = told.kept
    yield click.style(f"What work was worth, by {by}, {kept.since:%Y-%m-%d} to {kept.until:%Y-%m-%d}", bold=True)
    yield _assumed(told) or "Ranked by the low end of net worth: with nine chances of ten it was more."
    yield ""
    if not rows:
        yield "Nobody can be shown: groups are too small, or nobody asked to be."
        return
    head = f"{'':4}{by:{NAME}}{'surely':>10}{'net worth':>11}{'cost':>9}{'waste':>7}{'verified':>9}{'each':>8}"
    yield click.style(head, dim=True)
    for number, one in enumerate(rows, 1):
        yield _row(number, names.get(one.unit, one.unit) or "(no team)", one)
    yield ""
    for line in textwrap.wrap(
        "surely: P10 of net worth, USD. cost: inference. waste: part of it without a verified outcome. "
        "each: inference and review for each verified item.",
        COLUMNS,
    ):
        yield click.style(line, dim=True)
    unknown = sum(one.unknown for one in rows)
    if unknown:
        yield f"{plural(unknown, 'verified item')} of classes whose baseline is unknown count for nothing here."


def _row(number: int, name: str, one: Standing) -> str:
    share, each = one.waste_share, one.cost_per_outcome
    waste = "–" if share is None else f"{share:.0%}"
    cut = safe(name, 60)
    cut = cut if len(cut) < NAME else cut[: NAME - 2] + "…"
    return (
        f"{number:3} {cut:{NAME}}{_usd(one.net.low):>10}{_usd(one.net.middle):>11}{_usd(one.cost.amount):>9}"
        f"{waste:>7}{one.items.get('verified', 0):9,}{_usd(each.amount) if each is not None else '–':>8}"
    )


def worth_lines(
    told: Telling, weeks: Sequence[UsefulWeek], findings: Sequence[WasteFinding], settings: WorthSettings
) -> Iterator[str]:
    """The page of worth."""
    kept, whole = told.kept, told.kept.organisation
    yield click.style(f"What the money bought, {kept.since:%Y-%m-%d} to {kept.until:%Y-%m-%d}", bold=True)
    if assumed := _assumed(told):
        yield assumed
    yield ""
    yield f"  net worth    {_usd(whole.net.middle):>12}   {_between(whole.net)}"
    yield f"  worth        {_usd(whole.worth.middle):>12}   {_between(whole.worth)}"
    yield f"  people's time{_usd(whole.review.amount):>12}   for prompts, reviews and rework"
    yield f"  inference    {_usd(whole.cost.amount):>12}   {_cost_parts(whole)}"
    if not told.published:
        yield f"  hold-out     {_usd(Decimal(kept.hold_out_cost)):>12}   what leaving items to be done by hand cost"
    yield ""
    counts = [
        f"{count:,} {state}"
        for state in ("verified", "accepted", "claimed", "rejected", "expired", "reversed")
        if (count := whole.items.get(state, 0))
    ]
    yield f"Work items: {', '.join(counts) or 'none claimed'}."
    if whole.unpriced:
        calls = plural(whole.unpriced, "call")
        yield f"{calls} of models whose price nobody knows are not in the cost; see [[prices]]."
    if told.published:
        # A week is published with the month in which it begins, and may end in the next one.
        yield from _week_lines(weeks, settings, kept.until + _WEEK)
        yield ""
        yield "These months are as they were published. Baselines and second looks are the platform owner's to see."
    else:
        yield from _baseline_lines(kept.baselines, settings)
        yield from _week_lines(weeks, settings, kept.until)
        yield ""
        yield from _look_lines(kept.audits)
    if findings:
        yield ""
        yield click.style("Waste, the dearest first (`gainful audit` shows all)", bold=True)
        for one in findings:
            yield f"  {_usd(one.cost.amount):>10}  {one.kind}: {safe(one.agent or one.team, 40)}"


def _look_lines(plan: AuditPlan) -> Iterator[str]:
    yield f"Second looks: {plan.looked:.1%} of claimed items. To find out, with a chance of {plan.power:.0%},"
    yield f"that {plan.found_share:.0%} of a claimant's items are made up takes {plan.rate:.1%}."


def _baseline_lines(baselines: Sequence[Baseline], settings: WorthSettings) -> Iterator[str]:
    yield ""
    yield click.style("Baselines: what an item takes by hand", bold=True)
    for one in baselines:
        name = safe(one.work_class, 40) or "(no class)"
        if one.minutes is None:
            yield f"  {name:22}unknown: {one.count} measured, {settings.fewest} needed; it adds nothing"
        else:
            spread = f"{one.minutes.low:.1f} to {one.minutes.high:.1f}"
            yield f"  {name:22}{one.minutes.middle:7.1f} min   ({spread}; {one.source}, {one.count:,} measured)"


def _week_lines(weeks: Sequence[UsefulWeek], settings: WorthSettings, until: datetime) -> Iterator[str]:
    full = [one for one in weeks if one.eligible and date.fromisoformat(one.week) + _WEEK <= until.date()]
    if not full:
        return
    yield ""
    yield click.style(f"People with a useful week, against {settings.target:.0%}", bold=True)
    for one in full[-6:]:
        share = one.useful / one.eligible
        filled = round(30 * min(share, 1.0))
        line = round(30 * settings.target)
        bar = "".join("|" if place == line else "█" if place < filled else "·" for place in range(31))
        yield f"  {one.week}  {bar}  {share:4.0%}  {one.useful:,} of {one.eligible:,}"


def _cost_parts(one: Standing) -> str:
    parts = [
        f"{name} {_usd(amount)}"
        for name, amount in (
            ("waste", one.waste.amount),
            ("explored", one.exploration.amount),
            ("pending", one.pending.amount),
        )
        if amount
    ]
    return ", ".join(parts)


def _assumed(told: Telling) -> str:
    return "An hour is assumed to cost 60 USD; `rate` under [worth] says what it really is." if told.assumed else ""


def _between(one: Any) -> str:
    return f"{_usd(one.low)} to {_usd(one.high)} with eight chances of ten"


def _usd(amount: Decimal) -> str:
    """Whole dollars where there are many, cents where there are few."""
    if abs(amount) >= 1000:
        return f"{amount:,.0f}"
    # A fraction of a cent is not nothing, and no sum is less than nothing by nothing.
    places = 2 if not amount or abs(amount) >= Decimal("0.01") else min(6, 1 - amount.adjusted())
    return f"{amount:z,.{places}f}"
