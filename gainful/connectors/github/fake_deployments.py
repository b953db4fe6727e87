"""GitHub's deployments as far as our target uses them, written from its public documentation.

Each read of the statuses takes a deployment that is under way a step further, as time does: nothing yet, in progress,
and then what `ends` says of its commit.

Source: docs.github.com/rest/deployments: deployments, deployment statuses; rest/actions/workflows: dispatches.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from gainful.connectors.github.fake import AT, FakeGitHub, Repository
from gainful.sdk.testing.web_server import Reply, Seen


class FakeDeployments(FakeGitHub):
    """The server.

    Args:
        commits: Those that were pushed.
        ends: State in which deployments of a commit end; `success` where nothing is said.
        workflow: Whether deployments go on only once a workflow was started for them.
    """

    routes: ClassVar[tuple[tuple[str, str, Callable[..., Reply]], ...]]

    def __init__(
        self,
        name: str,
        commits: frozenset[str],
        ends: Mapping[str, str] | None = None,
        *,
        workflow: bool = False,
        tokens: tuple[str, ...] = ("token",),
    ) -> None:
        super().__init__({name: Repository()}, tokens)
        self.commits = commits
        self.ends = dict(ends or {})
        self.needs_workflow = workflow
        self.deployments: list[dict[str, Any]] = []
        self.statuses: dict[int, list[dict[str, Any]]] = {}
        self.started: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)

    def set_status(self, number: int, state: str, description: str = "") -> dict[str, Any]:
        """A new status, newest first."""
        made = {"id": next(self._numbers), "state": state, "description": description, "created_at": AT}
        self.statuses[number].insert(0, made)
        return made

    def go_on(self, number: int) -> None:
        """Take a deployment a step further."""
        states = [one["state"] for one in self.statuses[number]]
        started = any(one["inputs"].get("deployment") == str(number) for one in self.started)
        if {"success", "failure", "error"} & set(states) or (self.needs_workflow and not started):
            return
        if "in_progress" not in states:
            self.set_status(number, "in_progress")
            return
        sha = next(one["sha"] for one in self.deployments if one["id"] == number)
        self.set_status(number, self.ends.get(sha, "success"), "by the workflow")


def _json(content: Any, status: int = 200) -> Reply:
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(content).encode())


def _list(server: FakeDeployments, _name: str, _there: Repository, seen: Seen) -> Reply:
    wanted = seen.query.get("environment")
    found = [one for one in server.deployments if wanted in (None, one["environment"])]
    return _json(found[::-1][: int(seen.query.get("per_page", 30))])


def _create(server: FakeDeployments, _name: str, _there: Repository, seen: Seen) -> Reply:
    body = json.loads(seen.body)
    if body["ref"] not in server.commits:
        return _json({"message": f"No ref found for: {body['ref']}"}, 422)
    if body.get("auto_merge", True):
        return _json({"message": "Auto-merged main into the ref on deployment."}, 202)
    made = {
        "id": next(server._numbers), "sha": body["ref"], "ref": body["ref"], "environment": body["environment"],
        "payload": body.get("payload", {}), "created_at": AT, "description": body.get("description"),
    }  # fmt: skip
    server.deployments.append(made)
    server.statuses[made["id"]] = []
    return _json(made, 201)


def _one(server: FakeDeployments, _name: str, _there: Repository, _seen: Seen, number: str) -> Reply:
    found = next((one for one in server.deployments if one["id"] == int(number)), None)
    return _json(found) if found is not None else _json({"message": "Not Found"}, 404)


def _statuses(server: FakeDeployments, _name: str, _there: Repository, _seen: Seen, number: str) -> Reply:
    server.go_on(int(number))
    return _json(server.statuses[int(number)])


def _status(server: FakeDeployments, _name: str, _there: Repository, seen: Seen, number: str) -> Reply:
    body = json.loads(seen.body)
    return _json(server.set_status(int(number), body["state"], body.get("description", "")), 201)


def _dispatch(server: FakeDeployments, _name: str, there: Repository, seen: Seen, workflow: str) -> Reply:
    body = json.loads(seen.body)
    if body["ref"] not in there.branches:
        # A workflow is read from a branch or a tag, never from a commit.
        return _json({"message": f"No ref found for: {body['ref']}"}, 422)
    server.started.append({"workflow": workflow, **body})
    return Reply(204)


FakeDeployments.routes = (
    *FakeGitHub.routes,
    (r"deployments", "GET", _list),
    (r"deployments", "POST", _create),
    (r"deployments/(\d+)", "GET", _one),
    (r"deployments/(\d+)/statuses", "GET", _statuses),
    (r"deployments/(\d+)/statuses", "POST", _status),
    (r"actions/workflows/([^/]+)/dispatches", "POST", _dispatch),
)
