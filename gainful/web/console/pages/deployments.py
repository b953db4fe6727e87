"""Deployments: what runs, how the candidate does beside what is live, what the plan said, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from gainful.app.console import Right
from gainful.core.deploy_event import Deployment, Event, EventKind
from gainful.core.deployment import Intent
from gainful.jobs.deploy.watching import series_of
from gainful.web.console.asking import Ask, Moved, Page, PageMissing, Shown
from gainful.web.console.canary import Canary, canary

PATIENCE = timedelta(seconds=2)
"""How long an answer waits for what comes of it."""

HISTORY = 20


def listing(ask: Ask) -> Shown:
    """Each service: its newest deployment, how its watch stands, and what its target says."""
    found = ask.app.deployments.status()
    values = {"title": "Deployments", "services": [(one, _canary(one.last, one.events)) for one in found]}
    return Shown("deployments.html", values, live=("deployments",))


def one(ask: Ask) -> Shown:
    """A service with everything that has happened in its newest deployment, and those before."""
    found = ask.app.deployments.status(ask.path["service"])[0]
    values = {
        "title": f"Deployments of {found.service}",
        "service": found.service,
        "status": found,
        "history": ask.app.deployments.history(found.service, HISTORY),
        **_told(found.last, found.events),
    }
    return Shown("deployment.html", values, live=("deployments",))


def past(ask: Ask) -> Shown:
    """One deployment from the record: its plan, its watch with the moment of decision, all that happened."""
    service, kept = ask.path["service"], ask.app.deployments.kept
    found = kept.find(ask.path["deployment"])
    if found is None or found.service != service:
        raise PageMissing("There is no such deployment.", "The service's page lists the last ones.")
    values = {"title": f"Deployment {found.id} of {service}", "service": service}
    return Shown("deployment_past.html", values | _told(found, kept.events(found.id)), live=("deployments",))


def _told(deployment: Deployment | None, events: Sequence[Event]) -> dict[str, Any]:
    """What a page says of one deployment; the looks are in the chart, and the last of them in the list."""
    looks = [event.key for event in events if event.kind is EventKind.LOOKED]
    return {
        "last": deployment,
        "plan": deployment.plan if deployment is not None else {},
        "canary": _canary(deployment, events),
        "events": [event for event in events if event.kind is not EventKind.LOOKED or event.key == looks[-1]],
    }


def _canary(deployment: Deployment | None, events: Sequence[Event]) -> Canary | None:
    return canary(series_of(deployment.shifted_at, events)) if deployment is not None else None


def plan(ask: Ask) -> Shown:
    """What deploying a revision would change, and whether it is worth it. Changes nothing."""
    desk, service = ask.app.deployments.acting(ask.who.person), ask.path["service"]
    order = desk.order(service, ask.query.get("revision", "").strip()[:200])
    planned = desk.plan(order)
    values = {
        "title": f"Plan for {service}",
        "service": service,
        "revision": order.revision,
        "plan": planned.as_json(),
        "hash": planned.hash,
    }
    return Shown("plan.html", values)


def start(ask: Ask) -> Moved:
    """Deploy what was planned and looked at; what has changed since is not deployed."""
    from dataclasses import replace

    desk, service = ask.app.deployments.acting(ask.who.person), ask.path["service"]
    order = desk.order(service, ask.sent("revision", 200), Intent.CHANGE, ask.form.get("reason", "").strip()[:500])
    confirmed = ask.form.get("confirmed") == "yes"
    begun = desk.start(replace(order, plan=ask.sent("plan", 200), confirmed=confirmed))
    return Moved(f"/deployments/{service}", f"Deployment {begun.id} begins.")


def promote(ask: Ask) -> Moved:
    """Make the candidate live now, at this person's word."""
    desk, service = ask.app.deployments.acting(ask.who.person), ask.path["service"]
    found = desk.promote(service, PATIENCE)
    return Moved(f"/deployments/{service}", f"Deployment {found.id}: {found.state}.")


def rollback(ask: Ask) -> Moved:
    """Give all traffic back to the release before, or end what is under way."""
    desk, service = ask.app.deployments.acting(ask.who.person), ask.path["service"]
    if service not in ask.app.deployments.services.names:
        raise PageMissing("There is no such service.", "See all of them under Deployments.")
    reason = ask.form.get("reason", "").strip()[:500]
    if desk.carried_out(service) is not None:
        found = desk.rollback(service, reason, PATIENCE)
    else:
        found = desk.start(desk.order(service, "", Intent.ROLLBACK, reason))
    return Moved(f"/deployments/{service}", f"Deployment {found.id} goes back: {found.state}.")


PAGES = (
    Page("GET", "/deployments", Right.LOOK, listing),
    Page("GET", "/deployments/{service}", Right.LOOK, one),
    Page("GET", "/deployments/{service}/plan", Right.OPERATE, plan),
    Page("GET", "/deployments/{service}/past/{deployment}", Right.LOOK, past),
    Page("POST", "/deployments/{service}/start", Right.OPERATE, start),
    Page("POST", "/deployments/{service}/promote", Right.OPERATE, promote),
    Page("POST", "/deployments/{service}/rollback", Right.OPERATE, rollback),
)
