"""Runs: what is under way and what was, each with its steps, decisions, cost and way back."""

from __future__ import annotations

from datetime import timedelta

from gainful.app.console import Right
from gainful.web.console.asking import Ask, Moved, Page, PageMissing, Shown

BACK = timedelta(days=14)
SHOWN = 200
STEPS = 100


def listing(ask: Ask) -> Shown:
    """The last runs, those under way first."""
    since, wanted = ask.now - BACK, ask.query.get("job", "")[:200]
    rows, count = ask.app.runs.overview(since, wanted, SHOWN)
    values = {
        "title": "Runs",
        "runs": rows,
        "more": count - len(rows),
        "jobs": ask.app.runs.jobs_since(since),
        "wanted": wanted,
        "now": ask.now,
    }
    return Shown("runs.html", values, live=("runs", "approvals"))


def one(ask: Ask) -> Shown:
    """Why a run did what it did."""
    run = ask.app.runs.find(ask.path["run"])
    if run is None:
        raise PageMissing("There is no such run.", "See all of them under Runs.")
    told = ask.app.why(run.id)
    values = {
        "title": f"Run {run.id}",
        "run": run,
        "told": told,
        "steps": told.steps[:STEPS],
        "more": max(0, len(told.steps) - STEPS),
        "stopped": ask.app.guards.stops.reason(run.job),
    }
    return Shown("run.html", values, live=("runs", "approvals") if run.state in ("running", "waiting") else ())


def stop(ask: Ask) -> Moved:
    """Stop the agent or job that a run is of, before its next effect."""
    run = ask.app.runs.find(ask.path["run"])
    if run is None:
        raise PageMissing("There is no such run.", "See all of them under Runs.")
    ask.app.guards.acting(ask.who.person).stop(run.job, f"from run {run.id}")
    return Moved(f"/runs/{run.id}", f"'{run.job}' is stopped before its next effect. Agents lets it go on.")


PAGES = (
    Page("GET", "/runs", Right.OPERATE, listing),
    Page("GET", "/runs/{run}", Right.OPERATE, one),
    Page("POST", "/runs/{run}/stop", Right.OPERATE, stop),
)
