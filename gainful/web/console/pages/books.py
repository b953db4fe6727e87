"""The books: worth, cost, waste and its mending, useful weeks, boards; each number with what is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import cast, get_args
from urllib.parse import quote

from gainful.app.console import Right
from gainful.app.worth import Role, Unit
from gainful.web.console.asking import Ask, File, Moved, Page, PageMissing, Shown
from gainful.web.console.charts import Whisker, line, over_time, whiskers
from gainful.web.console.chosen import Time, days_of, time_of
from gainful.web.console.dates import brief, named
from gainful.web.console.pages.spending import costs, published_costs
from gainful.web.console.sheet import csv_of
from gainful.worth.assessment import Standing, UsefulWeek
from gainful.worth.finding import KINDS, WasteFinding
from gainful.worth.months import begin_of, end_of, over_months
from gainful.worth.waste.detector import SHOWN as NAMED

SHOWN, CHARTED, FOUND, TOLD, YEAR, WEEKS = 50, 12, 20, 3, 12, 8
EVERYBODY = 1_000_000
UNITS = get_args(Unit)


def books(ask: Ask) -> Shown:
    """One page: worth with its interval, cost over time, waste, useful weeks, the board of teams."""
    app, worth, time = ask.app, ask.app.worth.as_told(), time_of(ask)
    owner = ask.who.may(Right.MANAGE)
    if not owner:
        # What was told a moment ago, less what was told yesterday, may be one person's day; and so may a day's cost.
        time = replace(time, months=time.months or time.known[-YEAR:])
        if not time.months:
            return _unpublished(ask)
    since, until = days_of(ask, time)
    values = {
        "title": "Books",
        "time": time,
        "named": named,
        "since": since,
        "until": until - timedelta(days=1),
        **(costs(ask, since, until) if owner else published_costs(worth.months.each(time.months, ask.who.viewer))),
        "told": None,
    }
    if not app.worth.is_told():
        return Shown("books.html", values)
    told = worth.tell_for(ask.who.viewer)
    whole, board, own = _standing(ask, time)
    weeks = [one for one in _ended_weeks(ask) if _is_in(one, time)]
    values |= {
        "told": told.kept,
        "whole": whole,
        "behind": _behind(time, since, until, owner=owner),
        "assumed": told.assumed,
        "rate": worth.settings.rate,
        "target": worth.settings.target,
        "grace": worth.months.grace.days,
        "board": board,
        "chart": whiskers("Net worth of each team, with its interval", _teams(board, time, linked=owner)),
        "months": over_time("Net worth by month, with its interval", _months(ask, time)),
        "weeks": line("People with a useful week", _useful(weeks), worth.settings.target),
        "last_week": weeks[-1] if weeks else None,
        "held": Decimal(told.kept.hold_out_cost),
        "findings": _findings(ask, time, TOLD)[0],
        "words": KINDS,
        "own": own,
    }
    return Shown("books.html", values)


def _unpublished(ask: Ask) -> Shown:
    """What there is to say to everybody before the first month is published."""
    worth = ask.app.worth.as_told()
    own = worth.own(ask.who.viewer) if ask.app.worth.is_told() else None
    return Shown("unpublished.html", {"title": "Books", "grace": worth.months.grace.days, "own": own})


def _behind(time: Time, since: date, until: date, *, owner: bool) -> dict[str, str]:
    """The pages behind the figures of everybody together, as far as there are any for this person."""
    pages = {"worth": f"/books/boards/team{time.query}", "waste": f"/books/waste{time.query}"}
    return pages | ({"cost": f"/books/cost/model?since={since}&until={until - timedelta(days=1)}"} if owner else {})


def _months(ask: Ask, time: Time) -> list[Whisker]:
    """Everybody together, month by month: of the chosen time, or the last year."""
    each = ask.app.worth.months.each((time.months or time.known)[-YEAR:], ask.who.viewer)
    return [_whisker(brief(month), one, f"/books?from={month}&to={month}") for month, one in each]


def _teams(board: Sequence[Standing], time: Time, *, linked: bool) -> list[Whisker]:
    pages = [_unit_page("team", one.unit) + time.query if linked and one.unit else "" for one in board]
    return [_whisker(one.unit or "(no team)", one, page) for one, page in zip(board, pages, strict=True)]


def _unit_page(unit: str, name: str) -> str:
    return f"/books/units/{unit}/{quote(name, safe='')}"


def _whisker(name: str, one: Standing, to: str) -> Whisker:
    return Whisker(name, float(one.net.low), float(one.net.middle), float(one.net.high), to)


def _standing(ask: Ask, time: Time) -> tuple[Standing, list[Standing], Standing | None]:
    """Everybody together, teams, and the viewer's own row, in the chosen time."""
    worth, viewer = ask.app.worth.as_told(), ask.who.viewer
    if not time.months:
        return worth.tell().kept.organisation, worth.board("team", viewer, CHARTED), worth.own(viewer)
    chosen = worth.months.over(time.months, "team", viewer)
    return chosen.whole, list(chosen.rows[:CHARTED]), chosen.own


def _findings(ask: Ask, time: Time, most: int) -> tuple[list[WasteFinding], int]:
    """The dearest that the viewer may see, and how many there are; in a chosen time what lies in it, even partly."""
    worth, viewer = ask.app.worth.as_told(), ask.who.viewer
    within = (time.since, time.until) if time.months else None
    return worth.findings_for(viewer, most, within), worth.finding_count_for(viewer, within)


def _ended_weeks(ask: Ask) -> list[UsefulWeek]:
    """Useful weeks of everybody together. One that has not ended yet would look like a bad one; published ones have."""
    worth, viewer = ask.app.worth.as_told(), ask.who.viewer
    found = worth.engagement_together(viewer)
    if viewer.role is not Role.OWNER:
        return found
    ended = min(worth.tell().kept.until, ask.now) - timedelta(days=7)
    return [one for one in found if one.week <= f"{ended:%Y-%m-%d}"]


def _is_in(week: UsefulWeek, time: Time) -> bool:
    return not time.months or time.months[0] <= week.week[:7] <= time.months[-1]


def _useful(weeks: Sequence[UsefulWeek]) -> list[tuple[str, float]]:
    return [(one.week, one.useful / one.eligible) for one in weeks if one.eligible]


# --- boards -----------------------------------------------------------------------------------------------------------


def board(ask: Ask) -> Shown:
    """Teams, agents, or people who asked to be shown, by what their work was surely worth. There is no other order."""
    unit, time = _unit(ask), time_of(ask)
    if not ask.app.worth.is_told():
        raise PageMissing("Worth has not been told yet.", "Report what your systems know; see docs/how-to/events.md.")
    rows = _rows(ask, unit, time, SHOWN + 1)
    values = {
        "title": _title(ask, unit),
        "unit": unit,
        "time": time,
        "named": named,
        "rows": rows[:SHOWN],
        "more": len(rows) > SHOWN,
        "names": ask.app.directory.names(one.unit for one in rows[:SHOWN]) if unit == "person" else {},
    }
    return Shown("board.html", values)


def _title(ask: Ask, unit: Unit) -> str:
    if unit == "person":
        return "Board of people who asked to be shown"
    return f"Board of {unit}s" if unit == "team" or ask.who.may(Right.MANAGE) else "Board of your own agents"


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
    return File(f"board-{unit}{when}.csv", csv_of((*head, *more), lines))


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
    if unit == "person" or not found:
        raise PageMissing("Nothing is known of this in that time.", "Its board lists what is.")
    since, until = begin_of(found[0][0]), end_of(found[-1][0])
    values = {
        "title": f"{unit.capitalize()} {name or '(no team)'}",
        "unit": unit,
        "name": name,
        "time": time,
        "named": named,
        "months": found,
        "chart": over_time(
            "Net worth by month",
            [_whisker(brief(month), one, f"{_unit_page(unit, name)}?from={month}&to={month}") for month, one in found],
        ),
        "whole": _whole(ask, time, unit, name) or over_months([one for _, one in found], unit, name),
        "runs": ask.app.usage.runs(since.date(), until.date(), SHOWN, unit, name),
        "most": SHOWN,
    }
    return Shown("entries.html", values)


def _whole(ask: Ask, time: Time, unit: Unit, name: str) -> Standing | None:
    """Of all that is known, the row that stands on the board; None of a chosen time, whose months are added up.

    Months that are added up have a wider interval: one page would call sure what another one does not.
    """
    return None if time.months else ask.app.worth.as_told().unit(unit, name)


def _unit(ask: Ask) -> Unit:
    unit = ask.path["unit"]
    if unit not in UNITS:
        raise PageMissing(f"There is no board by {unit[:30]}.", "There are boards by team, agent and person.")
    return cast(Unit, unit)


# --- useful weeks -----------------------------------------------------------------------------------------------------


def weeks(ask: Ask) -> Shown:
    """How many people of each team had a useful week, in the last weeks."""
    if not ask.app.worth.is_told():
        raise PageMissing("Worth has not been told yet.", "Report what your systems know; see docs/how-to/events.md.")
    worth = ask.app.worth.as_told()
    shown = [one.week for one in _ended_weeks(ask)][-WEEKS:]
    found = worth.engagement(shown[0]) if shown else []
    teams: dict[str, dict[str, UsefulWeek]] = {}
    for one in found:
        if one.week in shown and one.eligible:
            teams.setdefault(one.team, {})[one.week] = one
    values = {
        "title": "People with a useful week",
        "weeks": shown,
        "teams": sorted(teams.items()),
        "target": worth.settings.target,
    }
    return Shown("weeks.html", values)


# --- waste ------------------------------------------------------------------------------------------------------------


def waste(ask: Ask) -> Shown:
    """Findings by money, each with its proof and what mends it."""
    if not ask.app.worth.is_told():
        raise PageMissing("Worth has not been told yet.", "Report what your systems know; see docs/how-to/events.md.")
    time = time_of(ask)
    found, count = _findings(ask, time, FOUND)
    meant = ask.app.mending_as(ask.who.person).foreseen([one.fix for one in found]) if ask.who.may(Right.MANAGE) else []
    values = {
        "title": "Waste",
        "time": time,
        "named": named,
        "findings": found,
        "words": KINDS,
        "more": count - len(found),
        "most_runs": NAMED,
        "meant": {one.id: will for one, will in zip(found, meant, strict=False)},
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


PAGES = (
    Page("GET", "/books", Right.LOOK, books),
    Page("POST", "/books/tell", Right.MANAGE, tell),
    Page("GET", "/books/boards/{unit}", Right.LOOK, board),
    Page("GET", "/books/boards/{unit}/csv", Right.LOOK, board_file),
    Page("GET", "/books/units/{unit}/{name:path}", Right.MANAGE, entries),
    Page("GET", "/books/weeks", Right.MANAGE, weeks),
    Page("GET", "/books/waste", Right.LOOK, waste),
    Page("POST", "/books/waste/{finding}", Right.MANAGE, mend),
)
