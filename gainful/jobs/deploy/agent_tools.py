"""The tools by which agents deploy: `deploy.plan`, `deploy.status`, `deploy.start`, `deploy.rollback`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Protocol

from gainful.core.ids import stable_id
from gainful.core.tool import ToolSpec
from gainful.core.value import Json
from gainful.sdk.declaration import read_declaration
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation, nothing_left
from gainful.sdk.tool import Found


class Deploying(Protocol):
    """What these tools ask of deployments; see `gainful.app.deploying.deployments`."""

    def planned(self, service: str, revision: str) -> Mapping[str, Any]:
        """The plan, as JSON."""

    def standing(self, service: str) -> Mapping[str, Any]:
        """How the service stands, as JSON."""

    def started(self, agent: str, deployment: str, service: str, revision: str, reason: str) -> Mapping[str, Any]:
        """The deployment with this id, which a server makes of it."""

    def taken_back(self, agent: str, deployment: str, service: str, reason: str) -> Mapping[str, Any]:
        """The deployment that goes back: the one under way, or a new one with this id."""

    def known(self, deployment: str) -> Mapping[str, Any] | None:
        """The deployment with this id; None where there is none."""


@cache
def agent_specs() -> Mapping[str, ToolSpec]:
    """The declarations, by name."""
    file = resources.files("gainful.jobs.deploy") / "tools.toml"
    return read_declaration(file.read_text(encoding="utf-8"))


def agent_tools(agent: str, deployments: Deploying) -> list[Operation]:
    """All four, for this agent."""

    def plan(_grant: Grant, given: Mapping[str, Json]) -> Json:
        return dict(deployments.planned(given["service"], given.get("revision", "")))

    def status(_grant: Grant, given: Mapping[str, Json]) -> Json:
        return dict(deployments.standing(given["service"]))

    def start(grant: Grant, given: Mapping[str, Json]) -> Json:
        key = deployment_of(grant.key)
        return dict(deployments.started(agent, key, given["service"], given["revision"], given.get("reason", "")))

    def rollback(grant: Grant, given: Mapping[str, Json]) -> Json:
        key = deployment_of(grant.key)
        return dict(deployments.taken_back(agent, key, given["service"], given.get("reason", "")))

    def became(key: str, _given: Mapping[str, Json]) -> Found:
        found = deployments.known(deployment_of(key))
        return Found(found is not None, dict(found) if found is not None else None)

    spec = agent_specs()
    return [
        Operation(spec["deploy.plan"], plan, nothing_left),
        Operation(spec["deploy.status"], status, nothing_left),
        Operation(spec["deploy.start"], start, became),
        # Asking twice for the same way back is asking for it once.
        Operation(spec["deploy.rollback"], rollback, became),
    ]


def deployment_of(key: str) -> str:
    """The id of the deployment that the call of this key starts."""
    return stable_id("deployment of a call", key)
