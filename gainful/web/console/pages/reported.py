"""A work item and a run as they were reported: the facts behind a figure, in the order of their time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gainful.app.console import Right
from gainful.core.fact import Evidence
from gainful.core.money import Money
from gainful.web.console.asking import Ask, Page, PageMissing, Shown
from gainful.worth.record import Case

CALLS = 500
"""Calls of a run that are known here at most."""

_SHOWS = {
    "effect": "that it changed something",
    "survived": "that it is still there",
    "money": "that it brought or saved money",
    "read": "that somebody opened it",
    "documented": "that a document had answered it already",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One fact about an item.

    Args:
        text: What happened.
        run: The run that it tells of; empty: none.
        cost: What that run cost.
    """

    at: datetime
    text: str
    run: str = ""
    cost: Money | None = None


def item(ask: Ask) -> Shown:
    """Where a work item stands: who asked for it, what worked on it, who accepted it, what came of it."""
    found = ask.app.outcomes.show(ask.path["item"])
    lines = sorted(_lines(found.case), key=lambda line: line.at)
    return Shown("item.html", {"title": found.case.id, "shown": found, "lines": lines})


def _lines(case: Case) -> Iterator[Line]:
    if case.item is not None:
        yield Line(case.item.at, f"asked for by {case.item.requester}")
    for use in case.uses:
        yield Line(use.run.at, f"{use.run.agent} began to work on it", use.run.id, Money(use.cost))
    for claim in case.claims:
        yield Line(claim.at, f"claimed by {claim.claimant}")
    for one in case.verdicts:
        yield Line(one.at, f"{'accepted' if one.accepted else 'refused'} by {one.by}")
    for seen in case.evidence:
        yield Line(seen.at, f"{seen.system.removeprefix('system:')} shows {_shown(seen)}")
    for undone in case.reversals:
        yield Line(undone.at, f"undone, says {undone.by}" + (f": {undone.why}" if undone.why else ""))


def _shown(seen: Evidence) -> str:
    if seen.what == "effect" and seen.before and seen.before == seen.after:
        return "that it changed nothing"
    left = f", {seen.share:.0%} of it" if seen.what == "survived" and seen.share < 1 else ""
    return _SHOWS[seen.what] + left


def run(ask: Ask) -> Shown:
    """A run that was reported, with its calls: the entries behind a finding."""
    found = ask.app.usage.run(ask.path["run"])
    if found is None:
        raise PageMissing("No run of this id was reported.", "Runs of this installation stand under Runs.")
    told, calls = found
    costs = [call.cost for call in calls if call.cost is not None]
    values = {
        "title": f"Run {told.id}",
        "run": told,
        "calls": calls,
        "whole": Money(sum(costs, start=0)) if costs else None,
        "first": len(calls) if len(calls) == CALLS else 0,
    }
    return Shown("reported_run.html", values)


PAGES = (
    Page("GET", "/books/items/{item:path}", Right.MANAGE, item),
    Page("GET", "/books/runs/{run:path}", Right.MANAGE, run),
)
