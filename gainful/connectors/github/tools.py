"""The tools of GitHub. What they write ends in a mark that is not shown, by which a lost call is found again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from gainful.connectors.github.api import PAGE, Api
from gainful.connectors.github.errors import GitHubInvalid
from gainful.core.value import Json
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation, nothing_left
from gainful.sdk.tool import Found

MOST_PAGES = 10
LONGEST_PATCH = 20_000


def github_tools(api: Api, agent: str) -> list[Operation]:
    """All of them; what they write says that this agent wrote it."""
    tools = _GitHubTools(api, agent)
    spec = declared("github")
    return [
        Operation(spec["github.issues"], tools.issues, nothing_left),
        Operation(spec["github.issue"], tools.issue, nothing_left),
        Operation(spec["github.pulls"], tools.pulls, nothing_left),
        Operation(spec["github.pull"], tools.pull, nothing_left),
        Operation(spec["github.checks"], tools.checks, nothing_left),
        Operation(spec["github.create_issue"], tools.create_issue, tools.created_issue),
        Operation(spec["github.comment"], tools.comment, tools.commented),
        Operation(spec["github.create_pull"], tools.create_pull, tools.created_pull),
    ]


class _GitHubTools:
    def __init__(self, api: Api, agent: str) -> None:
        self._api = api
        self._agent = agent

    def issues(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        found = self._api.get(given["repository"], "issues", state=_state(given), per_page="50")
        # GitHub lists pull requests among the issues.
        return [_issue(one) for one in found if "pull_request" not in one]

    def issue(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository, number = given["repository"], _number(given)
        found = self._api.get(repository, f"issues/{number}")
        comments = self._api.get(repository, f"issues/{number}/comments", per_page=str(PAGE))
        return {**_issue(found), "text": found.get("body") or "", "comments": [_comment(one) for one in comments]}

    def pulls(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        found = self._api.get(given["repository"], "pulls", state=_state(given), per_page="50")
        return [_pull(one) for one in found]

    def pull(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository, number = given["repository"], _number(given)
        found = self._api.get(repository, f"pulls/{number}")
        files = self._api.get(repository, f"pulls/{number}/files", per_page=str(PAGE))
        comments = self._api.get(repository, f"issues/{number}/comments", per_page=str(PAGE))
        return {
            **_pull(found),
            "text": found.get("body") or "",
            "merged": bool(found.get("merged")),
            "files": [
                {"path": one["filename"], "change": one["status"], "diff": one.get("patch", "")[:LONGEST_PATCH]}
                for one in files
            ],
            "comments": [_comment(one) for one in comments],
        }

    def checks(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository, revision = given["repository"], given["revision"]
        runs = self._api.get(repository, f"commits/{revision}/check-runs", per_page=str(PAGE))["check_runs"]
        status = self._api.get(repository, f"commits/{revision}/status")
        found = [{"name": one["name"], "state": one["conclusion"] or one["status"]} for one in runs]
        found += [{"name": one["context"], "state": one["state"]} for one in status["statuses"]]
        return {"commit": status["sha"], "checks": found}

    def create_issue(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        body = {"title": _title(given), "body": self._signed(given["text"], grant.key)}
        return _place(self._api.post(given["repository"], "issues", body))

    def created_issue(self, key: str, given: Mapping[str, Json]) -> Found | None:
        newest = {"state": "all", "sort": "created", "direction": "desc"}
        return self._found(key, given["repository"], "issues", 1, **newest)

    def comment(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        path = f"issues/{_number(given)}/comments"
        return _place(self._api.post(given["repository"], path, {"body": self._signed(given["text"], grant.key)}))

    def commented(self, key: str, given: Mapping[str, Json]) -> Found | None:
        # Oldest first, and in no other order.
        return self._found(key, given["repository"], f"issues/{_number(given)}/comments", MOST_PAGES)

    def create_pull(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        body = {
            "title": _title(given),
            "body": self._signed(given["text"], grant.key),
            "head": given["head"],
            "base": given["base"],
            "draft": given.get("draft", False),
        }
        return _place(self._api.post(given["repository"], "pulls", body))

    def created_pull(self, key: str, given: Mapping[str, Json]) -> Found | None:
        newest = {"state": "all", "sort": "created", "direction": "desc"}
        return self._found(key, given["repository"], "pulls", 1, **newest)

    def _signed(self, text: str, key: str) -> str:
        return f"{text}\n\n<sub>Written by the agent {self._agent}.</sub>\n{_mark(key)}"

    def _found(self, key: str, repository: str, path: str, pages: int, **params: str) -> Found | None:
        """What was written with this mark. GitHub may show it late: not to find it proves nothing."""
        for page in range(1, pages + 1):
            batch = self._api.get(repository, path, per_page=str(PAGE), page=str(page), **params)
            for one in batch:
                if _mark(key) in (one.get("body") or ""):
                    return Found(done=True, answer=_place(one))
            if len(batch) < PAGE:
                break
        return None


def _mark(key: str) -> str:
    return f"<!-- gainful {hashlib.sha256(b'github ' + key.encode()).hexdigest()[:32]} -->"


def _issue(one: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "number": one["number"],
        "state": one["state"],
        "created_at": one["created_at"],
        "updated_at": one["updated_at"],
        "url": one["html_url"],
        "title": one["title"],
        "by": _login(one),
        "labels": [label["name"] if isinstance(label, dict) else label for label in one.get("labels", [])],
    }


def _pull(one: Mapping[str, Any]) -> dict[str, Json]:
    return {
        **_issue(one),
        "draft": bool(one.get("draft")),
        "head": one["head"]["ref"],
        "commit": one["head"]["sha"],
        "base": one["base"]["ref"],
    }


def _comment(one: Mapping[str, Any]) -> dict[str, Json]:
    return {"id": one["id"], "created_at": one["created_at"], "by": _login(one), "text": one.get("body") or ""}


def _login(one: Mapping[str, Any]) -> str:
    # Somebody who has left has no name.
    return str((one.get("user") or {}).get("login", ""))


def _place(one: Mapping[str, Any]) -> dict[str, Json]:
    found: dict[str, Json] = {"id": one["id"], "url": one["html_url"]}
    return {**found, "number": one["number"]} if "number" in one else found


def _number(given: Mapping[str, Json]) -> int:
    number: int = given["number"]
    if number < 1:
        raise GitHubInvalid(f"{number} is no number of an issue.", "Issues count from 1.")
    return number


def _title(given: Mapping[str, Json]) -> str:
    title: str = given["title"].strip()
    if not title or len(title) > 256 or not title.isprintable():
        raise GitHubInvalid(f"{title[:60]!r} is no title.", "Write one line of at most 256 characters.")
    return title


def _state(given: Mapping[str, Json]) -> str:
    state: str = given.get("state", "open")
    if state not in _STATES:
        raise GitHubInvalid(f"'{state[:40]}' is no state.", f"States: {', '.join(_STATES)}.")
    return state


_STATES = ("open", "closed", "all")
