"""Today: what happened while one was away, what needs one first, and what it cost and saved."""

from __future__ import annotations

from datetime import timedelta

from gainful.app.console import Right
from gainful.core.deploy_event import Deployment
from gainful.gate.approval_sheet import gist, title, until
from gainful.web.console.asking import Ask, Moved, Page, Shown

BACK = timedelta(days=1)
REVIEWED = 8
"""Mails at once whose label is asked for."""


def today(ask: Ask) -> Shown:
    """The morning's page."""
    app = ask.app
    mailbox = ask.who.may(Right.MAIL)
    return Shown(
        "today.html",
        {
            "title": "Today",
            "approvals": [
                (one, title(one), gist(one), until(one.expires_at, ask.now)) for one in app.approvals.waiting()
            ],
            "stopped": [app.guards.stops.reason(stop.agent) for stop in app.guards.stops.all()],
            "flying": _under_way(ask),
            "brief": app.triage.brief(None, ask.now - BACK) if mailbox else None,
            "review": app.triage.to_review(None, REVIEWED) if mailbox else [],
            "labels": list(app.labels.values()),
            "label_name": app.triage.label_name,
            "own": app.worth.as_told().own(ask.who.viewer) if app.worth.is_told() else None,
        },
        live=("approvals", "runs", "deployments", "agents"),
    )


def _under_way(ask: Ask) -> list[Deployment]:
    return ask.app.deployments.kept.under_way()


def label(ask: Ask) -> Moved:
    """Say what a mail really is; learned from at once."""
    found = ask.app.triage.correct(ask.path["mail"], ask.sent("label", 100))
    said = f"Noted: “{found.record.subject[:60] or '(no subject)'}” is {found.label}. The next run knows."
    return Moved("/", f"{said} In the mailbox it keeps its old label: {found.problem}" if found.problem else said)


def undo(ask: Ask) -> Moved:
    """Take back what a run, or what was done to one mail."""
    report = ask.app.triage.undo(ask.path["target"])
    left = f" {len(report.left)} stay as you left them." if report.left else ""
    return Moved("/", f"{len(report.restored)} put back as before.{left}")


PAGES = (
    Page("GET", "/", Right.LOOK, today),
    Page("POST", "/mails/{mail}/label", Right.MAIL, label),
    Page("POST", "/undo/{target}", Right.MAIL, undo),
)
