"""Deployments as agents' tools ask for them. What an agent starts is asked about; what it takes back is not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from gainful.app.deploying.deployments import Deployments
from gainful.core.deploy_event import Deployment, Wish
from gainful.core.deployment import Intent
from gainful.jobs.deploy.agent_tools import agent_tools
from gainful.jobs.deploy.order import Order
from gainful.sdk.tool import Tool


class ForAgents:
    """The other side of the tools.

    Args:
        person: On whose behalf agents work here.
    """

    def __init__(self, deployments: Deployments, person: str) -> None:
        self._deployments = deployments
        self._person = person

    def tools(self, agent: str) -> Iterable[Tool]:
        """The tools of this agent; none where there are no services."""
        return agent_tools(agent, self) if self._deployments.services.names else ()

    def planned(self, service: str, revision: str) -> Mapping[str, Any]:
        """The plan, as JSON."""
        return self._deployments.plan(self._deployments.order(service, revision)).as_json()

    def standing(self, service: str) -> Mapping[str, Any]:
        """How the service stands, as JSON."""
        found = self._deployments.status(service)[0]
        events = [{"kind": str(one.kind), "at": one.at.isoformat(), "text": one.text} for one in found.events]
        return {"service": service, "last": _told(found.last) if found.last is not None else None, "events": events}

    def started(self, agent: str, deployment: str, service: str, revision: str, reason: str) -> Mapping[str, Any]:
        """The deployment with this id, which a server makes of it."""
        order = self._order(agent, service, revision, Intent.CHANGE, reason)
        return _told(self._deployments.runs.start(order, deployment))

    def taken_back(self, agent: str, deployment: str, service: str, reason: str) -> Mapping[str, Any]:
        """The deployment that goes back: the one under way, or a new one with this id."""
        running = self._deployments.carried_out(service)
        if running is not None:
            self._deployments.kept.ask_for(running.id, Wish("rollback", f"agent {agent}"))
            return _told(running)
        order = self._order(agent, service, "", Intent.ROLLBACK, reason)
        return _told(self._deployments.runs.start(order, deployment))

    def known(self, deployment: str) -> Mapping[str, Any] | None:
        """The deployment with this id; None where there is none."""
        found = self._deployments.kept.find(deployment)
        return _told(found) if found is not None else None

    def _order(self, agent: str, service: str, revision: str, intent: Intent, reason: str) -> Order:
        at = self._deployments.order(service).asked_at
        return Order(service, revision, self._person, f"agent:{agent}", at, intent, reason)


def _told(deployment: Deployment) -> dict[str, Any]:
    told = {
        "deployment": deployment.id,
        "service": deployment.service,
        "state": str(deployment.state),
        "why": deployment.why,
        "revision": deployment.revision,
    }
    return dict(json.loads(json.dumps(told)))
