"""The tools of GitHub.

What they write begins by naming the agent, and ends in a mark that is not shown, by which a lost call is found again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import wraps
from typing import Any

from gainful.connectors.github.api import Api
from gainful.connectors.github.errors import GitHubInvalid, GitHubUnreachable
from gainful.core.tool import Effect
from gainful.core.value import Json
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Do, Look, Operation, nothing_left
from gainful.sdk.tool import Found

MOST_PAGES = 5
LONGEST = 20_000
"""Characters of one text in an answer."""

LONGEST_ALL = 60_000
"""Characters of all comments, or of all diffs, in an answer: what a model reads is paid for."""

_NEWEST = {"sort": "created", "direction": "desc"}
_STATES = ("open", "closed", "all")


def github_tools(api: Api, agent: str) -> list[Operation]:
    """All of them; what they write says that this agent wrote it."""
    tools = _GitHubTools(api, agent)
    spec = declared("github")

    def operation(name: str, do: Do, look: Look = nothing_left) -> Operation:
        sent = spec[name].effect is not Effect.READ
        return Operation(spec[name], _readable(do, sent=sent), look)

    return [
        operation("github.issues", tools.issues),
        operation("github.issue", tools.issue),
        operation("github.pulls", tools.pulls),
        operation("github.pull", tools.pull),
        operation("github.checks", tools.checks),
        operation("github.create_issue", tools.create_issue, tools.created_issue),
        operation("github.comment", tools.comment, tools.commented),
        operation("github.create_pull", tools.create_pull, tools.created_pull),
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
        found = self._api.get(given["repository"], "issues", _number(given))
        return {**_issue(found), "text": _text(found), **self._comments(given)}

    def pulls(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        found = self._api.get(given["repository"], "pulls", state=_state(given), per_page="50")
        return [_pull(one) for one in found]

    def pull(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository, number = given["repository"], _number(given)
        found = self._api.get(repository, "pulls", number)
        files, more = self._api.pages(repository, "pulls", number, "files", most=3)
        diffs = _fitting([str(one.get("patch") or "") for one in files])
        changed = [
            {"path": one["filename"], "change": one["status"], "diff": diff}
            for one, diff in zip(files, diffs, strict=True)
        ]
        cut = more or any(len(one.get("patch") or "") > len(diff) for one, diff in zip(files, diffs, strict=True))
        rest = self._comments(given)
        return {
            **_pull(found), "text": _text(found), "merged": bool(found.get("merged")), "files": changed, **rest,
            "cut": cut or rest["cut"],
        }  # fmt: skip

    def checks(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        repository, revision = given["repository"], given["revision"]
        runs, more = self._api.pages(
            repository, "commits", revision, "check-runs", most=MOST_PAGES, within="check_runs"
        )
        status = self._api.get(repository, "commits", revision, "status", per_page="100")
        found = [{"name": one["name"], "state": one["conclusion"] or one["status"]} for one in runs]
        found += [{"name": one["context"], "state": one["state"]} for one in status["statuses"]]
        return {"commit": status["sha"], "checks": found, "cut": more}

    def create_issue(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        body = {"title": _title(given), "body": self._signed(given["text"], grant.key)}
        return _place(self._api.post(given["repository"], "issues", body=body))

    def created_issue(self, key: str, given: Mapping[str, Json]) -> Found | None:
        return self._found(key, given["repository"], "issues", state="all")

    def comment(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        body = {"body": self._signed(given["text"], grant.key)}
        return _place(self._api.post(given["repository"], "issues", _number(given), "comments", body=body))

    def commented(self, key: str, given: Mapping[str, Json]) -> Found | None:
        # Those of one issue come oldest first and in no other order; those of the repository can be turned around.
        return self._found(key, given["repository"], "issues", "comments")

    def create_pull(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        body = {
            "title": _title(given),
            "body": self._signed(given["text"], grant.key),
            "head": given["head"],
            "base": given["base"],
            "draft": given.get("draft", False),
        }
        return _place(self._api.post(given["repository"], "pulls", body=body))

    def created_pull(self, key: str, given: Mapping[str, Json]) -> Found | None:
        return self._found(key, given["repository"], "pulls", state="all")

    def _comments(self, given: Mapping[str, Json]) -> dict[str, Json]:
        """The newest comments that fit, in their order."""
        number = _number(given)
        found, more = self._api.pages(given["repository"], "issues", number, "comments", most=MOST_PAGES)
        texts = [_text(one) for one in found]
        kept = 0
        while kept < len(found) and sum(map(len, texts[len(texts) - kept - 1 :])) <= LONGEST_ALL:
            kept += 1
        newest = found[len(found) - kept :]
        return {"comments": [_comment(one) for one in newest], "cut": more or kept < len(found)}

    def _signed(self, text: str, key: str) -> str:
        # First of all: an open comment or code block in the text would hide what stands behind it.
        return f"<sub>Written by the agent {self._agent}.</sub>\n\n{text}\n\n{_mark(key)}"

    def _found(self, key: str, repository: str, *path: str, **params: str) -> Found | None:
        """What was written with this mark, among the newest. GitHub may show it late: not to find it proves nothing."""
        found, _ = self._api.pages(repository, *path, most=1, **_NEWEST, **params)
        for one in found:
            if _mark(key) in (one.get("body") or ""):
                return Found(done=True, answer=_place(one))
        return None


def _readable(do: Do, *, sent: bool) -> Do:
    """The same, with an error of ours when the answer has not the form that is documented."""

    @wraps(do)
    def read(grant: Grant, given: Mapping[str, Json]) -> Json:
        try:
            return do(grant, given)
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            raise GitHubUnreachable(
                "GitHub answered in a form that is not documented.", "Look there yourself.", sent=sent
            ) from error

    return read


def _mark(key: str) -> str:
    return f"<!-- gainful {hashlib.sha256(b'github ' + key.encode()).hexdigest()[:32]} -->"


def _fitting(diffs: Sequence[str]) -> list[str]:
    """The diffs, cut where they are too long or too many."""
    left, found = LONGEST_ALL, []
    for diff in diffs:
        found.append(diff[: min(LONGEST, left)])
        left -= len(found[-1])
    return found


def _text(one: Mapping[str, Any]) -> str:
    return str(one.get("body") or "")[:LONGEST]


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
    return {"id": one["id"], "created_at": one["created_at"], "by": _login(one), "text": _text(one)}


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
