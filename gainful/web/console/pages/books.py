"""The books: worth, cost, waste and its mending, useful weeks, boards; each number with what is behind it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import cast, get_args

from gainful.app.console import Right
from gainful.app.worth import Unit
from gainful.storage.usage_store import Dimension, Spent
from gainful.web.console.asking import Ask, File, FormInvalid, Moved, Page, PageMissing, Shown
from gainful.web.console.charts import Whisker, columns, line, whiskers
from gainful.web.console.chosen import Time, named, time_of
from gainful.worth.assessment import Standing, UsefulWeek
from gainful.worth.finding import WasteFinding
from gainful.worth.months import begin_of, end_of, over_months

BACK = timedelta(days=90)
SHOWN, CHARTED, FOUND = 50, 12, 20
EVERYBODY = 1_000_000
UNITS = get_args(Unit)
DIMENSIONS = get_args(Dimension)


def books(ask: Ask) -> Shown:
    """One page: worth with its interval, cost over time, waste, useful weeks, the board of teams."""
    app, worth, time = ask.app, ask.app.worth.as_told(), time_of(ask)
    since, until = _dates(ask, time)
    by_day = app.usage.by_day(since, until)
    values = {
        "title": "Books",
        "time": time,
        "named": named,
        "since": since,
        "until": until - timedelta(days=1),
        "spent": sum((one.cost.amount for one in by_day), start=0),
        "days": columns("Cost by day", [(one.name, float(one.cost.amount)) for one in by_day]),
        "told": None,
    }
    if not app.worth.is_told():
        return Shown("books.html", values)
    told = worth.tell()
    whole, board, own = _standing(ask, time)
    # A week that has not ended, or of which not everything is known yet, would look like a bad one.
    ended = min(told.kept.until, ask.now) - timedelta(days=7)
    weeks = [one for one in worth.engagement_together() if one.week <= f"{ended:%Y-%m-%d}" and _is_in(one, time)]
    values |= {
        "told": told.kept,
        "whole": whole,
        "assumed": told.assumed,
        "rate": worth.settings.rate,
        "target": worth.settings.target,
        "grace": worth.months.grace.days,
        "board": board,
        "chart": whiskers("Net worth of each team, with its interval", _whiskers(board)),
        "weeks": line("People with a useful week", _useful(weeks), worth.settings.target),
        "last_week": weeks[-1] if weeks else None,
        "held": Decimal(told.kept.hold_out_cost),
        "findings": _findings(ask, time)[:5],
        "own": own,
    }
    return Shown("books.html", values)


def _standing(ask: Ask, time: Time) -> tuple[Standing, list[Standing], Standing | None]:
    """Everybody together, teams, and the viewer's own row, in the chosen time."""
    worth, viewer = ask.app.worth.as_told(), ask.who.viewer
    if not time.months:
        return worth.tell().kept.organisation, worth.board("team", viewer, CHARTED), worth.own(viewer)
    chosen = worth.months.over(time.months, "team", viewer)
    return chosen.whole, list(chosen.rows[:CHARTED]), chosen.own


def _findings(ask: Ask, time: Time) -> list[WasteFinding]:
    """What was found, the dearest first; in a chosen time what lies in it, even partly."""
    found = ask.app.worth.as_told().findings()
    return [one for one in found if not time.months or (one.since < time.until and one.until > time.since)]


def _is_in(week: UsefulWeek, time: Time) -> bool:
    return not time.months or time.months[0] <= week.week[:7] <= time.months[-1]


def _whiskers(board: Sequence[Standing]) -> list[Whisker]:
    return [Whisker(one.unit, float(one.net.low), float(one.net.middle), float(one.net.high)) for one in board]


def _useful(weeks: Sequence[UsefulWeek]) -> list[tuple[str, float]]:
    return [(one.week, one.useful / one.eligible) for one in weeks if one.eligible]


def _dates(ask: Ask, time: Time | None = None) -> tuple[date, date]:
    """The time that is asked for, the last day whole; the last 90 days otherwise."""
    if time is not None and time.months:
        return time.since.date(), time.until.date()
    try:
        until = date.fromisoformat(ask.query.get("until") or f"{ask.now:%Y-%m-%d}") + timedelta(days=1)
        since = date.fromisoformat(ask.query["since"]) if ask.query.get("since") else until - BACK
    except (ValueError, OverflowError):
        raise FormInvalid("This is no date.", "Write dates like 2026-11-29.") from None
    if since >= until:
        raise FormInvalid("The time ends before it begins.", "Let the first date be the earlier one.")
    return since, until


# --- boards -----------------------------------------------------------------------------------------------------------


def board(ask: Ask) -> Shown:
    """Teams, agents, or people who asked to be shown, by what their work was surely worth. There is no other order."""
    unit, time = _unit(ask), time_of(ask)
    if not ask.app.worth.is_told():
        raise PageMissing("Worth has not been told yet.", "Report what your systems know; see the how-to on events.")
    rows = _rows(ask, unit, time, SHOWN + 1)
    values = {
        "title": f"Board of {unit}s" if unit != "person" else "Board of people who asked to be shown",
        "unit": unit,
        "time": time,
        "named": named,
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "names": ask.app.directory.names(one.unit for one in rows[:SHOWN]) if unit == "person" else {},
    }
    return Shown("board.html", values)


def board_file(ask: Ask) -> File:
    """The same as a file."""
    unit, time = _unit(ask), time_of(ask)
    rows = _rows(ask, unit, time, EVERYBODY) if ask.app.worth.is_told() else []
    lines = [
        (
            *(one.unit, one.team, one.people, one.net.low, one.net.middle, one.net.high, one.worth.middle),
            *(one.cost.amount, one.review.amount, one.waste.amount, one.items.get("verified", 0), one.unpriced),
            one.cost_per_outcome.amount if one.cost_per_outcome is not None else "",
        )
        for one in rows
    ]
    head = ("unit", "team", "people", "net_low_usd", "net_usd", "net_high_usd", "worth_usd", "cost_usd")
    more = ("review_usd", "waste_usd", "verified", "unpriced_calls", "cost_per_verified_outcome_usd")
    when = "-".join(("", *time.months[:1], *time.months[1:][-1:]))
    return File(f"board-{unit}{when}.csv", _csv((*head, *more), lines))


def _rows(ask: Ask, unit: Unit, time: Time, most: int) -> list[Standing]:
    worth, viewer = ask.app.worth.as_told(), ask.who.viewer
    if not time.months:
        return worth.board(unit, viewer, most)
    return list(worth.months.over(time.months, unit, viewer).rows[:most])


def entries(ask: Ask) -> Shown:
    """A team or an agent month by month, with the runs behind it: from a figure to the entries."""
    unit, name, time = _unit(ask), ask.path["name"], time_of(ask)
    months = time.months or time.known
    found = ask.app.worth.months.of(months, unit, name) if unit != "person" else []
    if not found:
        raise PageMissing("Nothing is known of this in that time.", "Its board lists what is.")
    since, until = begin_of(found[0][0]), end_of(found[-1][0])
    values = {
        "title": f"{unit.capitalize()} {name or '(no team)'}",
        "unit": unit,
        "name": name,
        "time": time,
        "named": named,
        "months": found,
        "whole": _whole(ask, time, unit, name) or over_months([one for _, one in found], unit, name),
        "runs": ask.app.usage.runs("team" if unit == "team" else "agent", name, since, until, SHOWN),
        "most": SHOWN,
    }
    return Shown("entries.html", values)


def _whole(ask: Ask, time: Time, unit: Unit, name: str) -> Standing | None:
    """Of all that is known, the row that stands on the board; None of a chosen time, whose months are added up.

    Months that are added up have a wider interval: one page would call sure what another one does not.
    """
    rows = _rows(ask, unit, time, EVERYBODY) if not time.months else []
    return next((one for one in rows if one.unit == name), None)


def _unit(ask: Ask) -> Unit:
    unit = ask.path["unit"]
    if unit not in UNITS:
        raise PageMissing(f"There is no board by {unit[:30]}.", "There are boards by team, agent and person.")
    return cast(Unit, unit)


# --- cost -------------------------------------------------------------------------------------------------------------


def cost(ask: Ask) -> Shown:
    """What each model, team, tool or agent cost."""
    by, rows = _spent(ask)
    since, until = _dates(ask)
    values = {
        "title": f"Cost by {by}",
        "by": by,
        "rows": rows,
        "since": since,
        "until": until - timedelta(days=1),
        "dimensions": _dimensions(ask),
    }
    return Shown("cost.html", values)


def cost_file(ask: Ask) -> File:
    """The same as a file."""
    by, rows = _spent(ask)
    lines = [(one.name, one.cost.amount, one.calls, one.failed, one.unpriced) for one in rows]
    return File(f"cost-{by}.csv", _csv((by, "cost_usd", "calls", "failed_calls", "unpriced_calls"), lines))


def _dimensions(ask: Ask) -> tuple[str, ...]:
    """What teams and agents cost is for the owner: small ones are people."""
    return DIMENSIONS if ask.who.may(Right.MANAGE) else ("model", "tool")


def _spent(ask: Ask) -> tuple[str, list[Spent]]:
    by = ask.path["by"]
    if by not in _dimensions(ask):
        raise PageMissing(f"There is no cost by {by[:30]} for you.", "The books' page says what there is.")
    since, until = _dates(ask)
    return by, ask.app.usage.spent(cast(Dimension, by), since, until, 200)


# --- waste ------------------------------------------------------------------------------------------------------------


def waste(ask: Ask) -> Shown:
    """Findings by money, each with its proof and what mends it."""
    if not ask.app.worth.is_told():
        raise PageMissing("Worth has not been told yet.", "Report what your systems know; see the how-to on events.")
    time = time_of(ask)
    found = _findings(ask, time)
    mending = ask.app.mending_as(ask.who.person)
    values = {
        "title": "Waste",
        "time": time,
        "named": named,
        "findings": found[:FOUND],
        "more": max(0, len(found) - FOUND),
        "meant": {one.id: mending.foreseen(one.fix) for one in found[:FOUND]} if ask.who.may(Right.MANAGE) else {},
    }
    return Shown("waste.html", values)


def mend(ask: Ask) -> Moved:
    """Do what mends a finding, as it was shown."""
    found = ask.app.worth.as_told().finding(ask.path["finding"])
    mended = ask.app.mending_as(ask.who.person).apply(found.fix, f"finding {found.id}, by {ask.who.person}")
    return Moved("/books/waste", mended.said + (f" Undo: {mended.undo}" if mended.undo else ""))


def tell(ask: Ask) -> Moved:
    """Tell worth anew from all facts that have come."""
    told = ask.app.worth.tell()
    return Moved("/books", "Told anew." if told.fresh else "Nothing has come since it was told last.")


def item(ask: Ask) -> Shown:
    """Where a work item stands, with the facts behind."""
    found = ask.app.outcomes.show(ask.path["item"])
    return Shown("item.html", {"title": found.case.id, "shown": found})


def run(ask: Ask) -> Shown:
    """A run that was reported, with its calls: the entries behind a finding."""
    found = ask.app.usage.run(ask.path["run"])
    if found is None:
        raise PageMissing("No run of this id was reported.", "Runs of this installation stand under Runs.")
    return Shown("reported_run.html", {"title": f"Run {found[0].id}", "run": found[0], "calls": found[1]})


def _csv(head: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([[_harmless(value) for value in line] for line in lines])
    return out.getvalue()


def _harmless(value: object) -> object:
    """A text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


PAGES = (
    Page("GET", "/books", Right.LOOK, books),
    Page("POST", "/books/tell", Right.MANAGE, tell),
    Page("GET", "/books/boards/{unit}", Right.LOOK, board),
    Page("GET", "/books/boards/{unit}/csv", Right.LOOK, board_file),
    Page("GET", "/books/units/{unit}/{name:path}", Right.MANAGE, entries),
    Page("GET", "/books/cost/{by}", Right.LOOK, cost),
    Page("GET", "/books/cost/{by}/csv", Right.LOOK, cost_file),
    Page("GET", "/books/waste", Right.LOOK, waste),
    Page("POST", "/books/waste/{finding}", Right.MANAGE, mend),
    Page("GET", "/books/items/{item:path}", Right.MANAGE, item),
    Page("GET", "/books/runs/{run:path}", Right.MANAGE, run),
)
