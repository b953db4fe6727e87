"""Today: what happened while one was away, what needs one first, and what it cost and saved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gainful.app.console import Right
from gainful.core.deploy_event import Deployment
from gainful.gate.approval_sheet import gist, how_long, title
from gainful.jobs.deploy.watching import series_of
from gainful.jobs.digest.brief import Brief
from gainful.web.approval_desk import desk_of
from gainful.web.console.asking import Ask, Moved, Page, Shown
from gainful.web.console.canary import Canary, canary

BACK = timedelta(days=1)
REVIEWED, AT_ONCE = 8, 4
"""Mails whose label is asked for, and how many of them are open to see."""


def today(ask: Ask) -> Shown:
    """The morning's page."""
    app = ask.app
    mailbox = ask.who.may(Right.MAIL)
    return Shown(
        "today.html",
        {
            "title": "Today",
            "approvals": [
                (one, title(one), gist(one), how_long(one.expires_at, ask.now))
                for one in desk_of(app, ask.who).waiting()
            ],
            "stopped": [app.guards.stops.reason(stop.agent) for stop in app.guards.stops.all()],
            "flying": _under_way(ask),
            "brief": _brief(ask) if mailbox else None,
            "review": app.triage.to_review(None, REVIEWED) if mailbox else [],
            "left": [(one, app.by_hand.under_way(one.item)) for one in app.leaving.waiting()] if mailbox else [],
            "at_once": AT_ONCE,
            "labels": list(app.labels.values()),
            "label_name": app.triage.label_name,
            "own": app.worth.as_told().own(ask.who.viewer) if app.worth.is_told() else None,
        },
        live=("approvals", "runs", "deployments", "agents"),
    )


def _brief(ask: Ask) -> Brief:
    """What triage has done: runs of others are told of elsewhere, and would push its own off the page."""
    brief = ask.app.triage.brief(None, ask.now - BACK)
    return replace(brief, runs=tuple(run for run in brief.runs if run.job == "triage"))


def _under_way(ask: Ask) -> list[tuple[Deployment, Canary | None]]:
    """Deployments under way, each with how its watch stands."""
    kept = ask.app.deployments.kept
    return [(one, canary(series_of(one.shifted_at, kept.events(one.id)))) for one in kept.under_way()]


def label(ask: Ask) -> Moved:
    """Say what a mail really is; learned from at once."""
    found = ask.app.triage.correct(ask.path["mail"], ask.sent("label", 100))
    name = ask.app.triage.label_name(found.label).replace("_", " ")
    said = f"Noted: “{found.record.subject[:60] or '(no subject)'}” is {name}. The next run knows."
    return Moved("/", f"{said} In the mailbox it keeps its old label: {found.problem}" if found.problem else said)


def undo(ask: Ask) -> Moved:
    """Take back what a run, or what was done to one mail."""
    report = ask.app.triage.undo(ask.path["target"])
    left = f" {len(report.left)} stay as you left them." if report.left else ""
    return Moved("/", f"{len(report.restored)} put back as before.{left}")


def begin_by_hand(ask: Ask) -> Moved:
    """Begin to measure what an item takes by hand."""
    ask.app.by_hand.start(ask.path["item"], ask.who.person)
    return Moved("/", "The clock runs. Say here when it is done.")


def done_by_hand(ask: Ask) -> Moved:
    """Book what it took."""
    found = ask.app.by_hand.done(ask.path["item"], ask.who.person)
    took = f"{float(found.seconds) / 60:.0f} minutes"
    return Moved("/", f"Booked: {took}." if found.measured else f"{took} cannot be one stretch, so they do not count.")


PAGES = (
    Page("GET", "/", Right.LOOK, today),
    Page("POST", "/mails/{mail}/label", Right.MAIL, label),
    Page("POST", "/undo/{target}", Right.MAIL, undo),
    Page("POST", "/by-hand/{item:path}/begin", Right.MAIL, begin_by_hand),
    Page("POST", "/by-hand/{item:path}/done", Right.MAIL, done_by_hand),
)
