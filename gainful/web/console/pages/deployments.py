"""Deployments: what runs, how the candidate does beside what is live, what the plan said, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from gainful.app.console import Right
from gainful.core.deploy_event import Deployment
from gainful.core.deployment import Intent
from gainful.web.console.asking import Ask, Moved, Page, PageMissing, Shown

PATIENCE = timedelta(seconds=2)
"""How long an answer waits for what comes of it."""

HISTORY = 20


def listing(ask: Ask) -> Shown:
    """Each service: its newest deployment, and what its target says."""
    values = {"title": "Deployments", "services": ask.app.deployments.status()}
    return Shown("deployments.html", values, live=("deployments",))


def one(ask: Ask) -> Shown:
    """A service with everything that has happened in its newest deployment, and those before."""
    found = ask.app.deployments.status(ask.path["service"])[0]
    values = {
        "title": f"Deployments of {found.service}",
        "status": found,
        "plan": _plan(found.last),
        "history": ask.app.deployments.history(found.service, HISTORY),
    }
    return Shown("deployment.html", values, live=("deployments",))


def _plan(deployment: Deployment | None) -> Mapping[str, Any]:
    return deployment.plan if deployment is not None else {}


def plan(ask: Ask) -> Shown:
    """What deploying a revision would change, and whether it is worth it. Changes nothing."""
    desk, service = ask.app.deployments.acting(ask.who.person), ask.path["service"]
    planned = desk.plan(desk.order(service, ask.query.get("revision", "").strip()[:200]))
    values = {"title": f"Plan for {service}", "service": service, "plan": planned.as_json(), "hash": planned.hash}
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
    Page("POST", "/deployments/{service}/start", Right.OPERATE, start),
    Page("POST", "/deployments/{service}/promote", Right.OPERATE, promote),
    Page("POST", "/deployments/{service}/rollback", Right.OPERATE, rollback),
)
