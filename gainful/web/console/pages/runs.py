"""Runs: what is under way and what was, each with its steps, decisions, cost and way back."""

from __future__ import annotations

from datetime import timedelta

from gainful.app.console import Right
from gainful.app.explaining.replay import without_mails
from gainful.app.explaining.why import without_texts
from gainful.core.run import Run
from gainful.web.console.asking import Ask, Moved, Page, PageMissing, Shown

BACK = timedelta(days=14)
SHOWN = 200
STEPS = 100
STRIP = 80
"""Steps of a replay up to which each has a place of its own to go to."""


def listing(ask: Ask) -> Shown:
    """The last runs, those under way first."""
    since, wanted = ask.now - BACK, ask.query.get("job", "")[:200]
    rows, count = ask.app.runs.overview(since, wanted, SHOWN)
    values = {
        "title": "Runs",
        "runs": rows,
        "costs": ask.app.ledger.costs([run.id for run in rows]),
        "more": count - len(rows),
        "jobs": ask.app.runs.jobs_since(since),
        "wanted": wanted,
        "now": ask.now,
    }
    return Shown("runs.html", values, live=("runs", "approvals"))


def one(ask: Ask) -> Shown:
    """Why a run did what it did."""
    run = _run(ask)
    told = ask.app.why(run.id)
    if not ask.who.may(Right.MAIL):
        told = without_texts(told)
    values = {
        "title": f"Run {run.id}",
        "run": run,
        "told": told,
        "steps": told.steps[:STEPS],
        "more": max(0, len(told.steps) - STEPS),
        "stopped": ask.app.guards.stops.reason(run.job, run.id),
        "agent_stopped": ask.app.guards.stops.reason(run.job),
        "standing": ask.app.run_control.standing(run),
    }
    return Shown("run.html", values, live=("runs", "approvals") if run.state in ("running", "waiting") else ())


def replay(ask: Ask) -> Shown:
    """A run step by step as it was recorded, and what today's rules would say. Changes nothing."""
    found = ask.app.replays.of(_run(ask).id)
    if not ask.who.may(Right.MAIL):
        # The texts of other steps are left out by the template, which names them.
        found = without_mails(found)
    last = len(found.frames)
    given = ask.query.get("step", "1")
    number = min(max(int(given), 1), max(last, 1)) if given.isdecimal() and len(given) <= 9 else 1
    values = {
        "title": f"Replay of run {found.run.id}",
        "replay": found,
        "frame": found.frames[number - 1] if found.frames else None,
        "number": number,
        "last": last,
        "strip": found.frames if last <= STRIP else (),
    }
    return Shown("replay.html", values)


def _run(ask: Ask) -> Run:
    """The run of the address.

    Raises:
        PageMissing: There is none.
    """
    run = ask.app.runs.find(ask.path["run"])
    if run is None:
        raise PageMissing("There is no such run.", "See all of them under Runs.")
    return run


def stop(ask: Ask) -> Moved:
    """Stop a run before its next effect; what else its agent does goes on."""
    run = _run(ask)
    done = ask.app.run_control.acting(ask.who.person).stop(run.id, ask.form.get("reason", "").strip()[:300])
    return Moved(f"/runs/{run.id}", done.said)


def resume(ask: Ask) -> Moved:
    """Let a run go on whose process died, or whose question was answered."""
    run = _run(ask)
    done = ask.app.run_control.acting(ask.who.person).resume(run.id)
    return Moved(f"/runs/{run.id}", done.said)


PAGES = (
    Page("GET", "/runs", Right.OPERATE, listing),
    Page("GET", "/runs/{run}", Right.OPERATE, one),
    Page("GET", "/runs/{run}/replay", Right.OPERATE, replay),
    Page("POST", "/runs/{run}/stop", Right.OPERATE, stop),
    Page("POST", "/runs/{run}/resume", Right.OPERATE, resume),
)
