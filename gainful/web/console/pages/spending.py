"""What inference cost: by model, tool, team, agent and day, and from each sum down to the runs behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal, cast, get_args
from urllib.parse import quote, urlencode

from gainful.app.console import Right
from gainful.core.money import Money
from gainful.storage.facts.usage_store import Dimension, Spent
from gainful.web.console.asking import Ask, File, FormInvalid, Page, PageMissing, Shown
from gainful.web.console.charts import columns
from gainful.web.console.chosen import days_of
from gainful.web.console.dates import brief
from gainful.web.console.dates import day as in_words
from gainful.web.console.sheet import csv_of
from gainful.worth.assessment import Standing

SHOWN, LISTED, PARTS, MODELS = 50, 200, 10, 6
EVERYTHING = 1_000_000
DIMENSIONS = (*get_args(Dimension), "day")


def costs(ask: Ask, since: date, until: date) -> dict[str, object]:
    """What all of it cost, as the books show it to the owner: by day, and the dearest models."""
    days = ask.app.usage.by_day(since, until)
    models = ask.app.usage.spent("model", since, until, MODELS)
    return {
        "spent": _together(days),
        "days": columns("Cost by day", [(one.name, float(one.cost.amount)) for one in days], day_of),
        "models": [(one, page_of("model", one.name, since, until)) for one in models],
    }


def published_costs(months: Sequence[tuple[str, Standing]]) -> dict[str, object]:
    """The same for everybody else: whole months as they were published. What is finer may be one person's day."""
    return {
        "spent": sum((one.cost for _, one in months), Money(0)),
        "days": columns("Cost by month", [(brief(month), float(one.cost.amount)) for month, one in months]),
        "models": [],
    }


def cost(ask: Ask) -> Shown:
    """What each model, tool, team or agent cost, or each day."""
    by, rows = _spent(ask)
    since, until = days_of(ask)
    values = {
        "title": f"Cost by {by}",
        "by": by,
        "rows": [(one, _behind(by, one.name, since, until)) for one in rows],
        "whole": _together(rows),
        "most": max((one.cost.amount for one in rows), default=0),
        "most_rows": LISTED,
        "dimensions": DIMENSIONS,
        "since": since,
        "until": until - timedelta(days=1),
    }
    return Shown("cost.html", values)


def cost_file(ask: Ask) -> File:
    """The same as a file, whole: whoever adds its rows up gets what all of it cost."""
    by, rows = _spent(ask, EVERYTHING)
    since, until = days_of(ask)
    lines = [(one.name, one.cost.amount, one.calls, one.failed, one.unpriced) for one in rows]
    days = f"{since}-{until - timedelta(days=1)}"
    return File(f"cost-{by}-{days}.csv", csv_of((by, "cost_usd", "calls", "failed_calls", "unpriced_calls"), lines))


def one(ask: Ask) -> Shown:
    """What one model or tool cost, day by day."""
    by, name = ask.path["by"], ask.query.get("name", "")
    if by not in ("model", "tool"):
        raise PageMissing(f"There are no days of one {by[:30]}.", "There are of a model and of a tool.")
    since, until = days_of(ask)
    days = ask.app.usage.by_day(since, until, cast(Literal["model", "tool"], by), name)
    values = {
        "title": f"Cost of {name or f'no {by} that is known'}",
        "by": by,
        "name": name,
        "since": since,
        "until": until - timedelta(days=1),
        "days": [(one, day_of(one.name)) for one in days],
        "whole": _together(days),
        "chart": columns("Cost by day", [(one.name, float(one.cost.amount)) for one in days], day_of),
    }
    return Shown("spending.html", values)


def day(ask: Ask) -> Shown:
    """The dearest runs of one day, of everybody or of one team or agent."""
    try:
        begin = date.fromisoformat(ask.path["day"])
        before, after = begin - timedelta(days=1), begin + timedelta(days=1)
    except (ValueError, OverflowError):
        raise FormInvalid("This is no date.", "Write dates like 2026-11-29.") from None
    by, name = ask.query.get("by", ""), ask.query.get("name", "")
    if by not in ("", "team", "agent"):
        raise PageMissing(f"There are no runs by {by[:30]}.", "There are by team and by agent.")
    whose = cast(Literal["team", "agent"], by) if by else None
    values = {
        "title": in_words(begin) + (f", {name or f'no {by} that is known'}" if by else ""),
        "by": by,
        "name": name,
        "day": begin.isoformat(),
        "before": before.isoformat(),
        "after": after.isoformat() if after <= ask.now.date() else "",
        "parts_of": [] if by else [(kind, ask.app.usage.spent(kind, begin, after, PARTS)) for kind in _PARTS],
        "runs": ask.app.usage.runs(begin, after, SHOWN, whose, name),
        "most": SHOWN,
        "link": day_of,
    }
    return Shown("day.html", values)


def page_of(by: str, name: str, since: date, until: date) -> str:
    """The address of what one model or tool cost in a time, the end left out."""
    days = {"since": since.isoformat(), "until": (until - timedelta(days=1)).isoformat()}
    return f"/books/spending/{by}?{urlencode({'name': name, **days})}"


def day_of(day: str, by: str = "", name: str = "") -> str:
    """The address of a day's page."""
    return f"/books/days/{day}" + (f"?{urlencode({'by': by, 'name': name})}" if by else "")


_PARTS: tuple[Dimension, ...] = ("model", "tool", "team")


def _behind(by: str, name: str, since: date, until: date) -> str:
    """The page behind a row."""
    if by in ("model", "tool"):
        return page_of(by, name, since, until)
    if by == "day":
        return day_of(name)
    months = {"from": f"{since:%Y-%m}", "to": f"{until - timedelta(days=1):%Y-%m}"}
    return f"/books/units/{by}/{quote(name, safe='')}?{urlencode(months)}"


def _spent(ask: Ask, most: int = LISTED) -> tuple[str, list[Spent]]:
    by = ask.path["by"]
    if by not in DIMENSIONS:
        raise PageMissing(f"There is no cost by {by[:30]}.", "There is by model, tool, team, agent and day.")
    since, until = days_of(ask)
    if by == "day":
        return by, ask.app.usage.by_day(since, until)[::-1]
    return by, ask.app.usage.spent(cast(Dimension, by), since, until, most)


def _together(rows: Sequence[Spent]) -> Money:
    return sum((one.cost for one in rows), Money(0))


PAGES = (
    Page("GET", "/books/cost/{by}", Right.MANAGE, cost),
    Page("GET", "/books/cost/{by}/csv", Right.MANAGE, cost_file),
    Page("GET", "/books/spending/{by}", Right.MANAGE, one),
    Page("GET", "/books/days/{day}", Right.MANAGE, day),
)
