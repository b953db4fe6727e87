"""A server that behaves like GitHub's REST API as far as our tools use it, written from its public documentation.

    with FakeGitHub({"ada/site": Repository()}) as server:
        api = Api(server.origin, ["ada/site"], token, clock, own=True)

Pages with `Link` headers, tokens with rights, 404 for what a token may not see, limits, and whatever a test puts before
the next answers.
"""

from __future__ import annotations

import itertools
import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import unquote

from gainful.sdk.testing.web_server import Reply, Seen, WebServer

READ, WRITE = "read", "write"
AT = "2026-11-22T08:00:00Z"


@dataclass
class Repository:
    """What lies in one repository.

    Args:
        rights: What each token may do, `read` or `write`; None of them: whoever signs in may write.
        branches: Commit by branch.
        files: Of every pull request.
        runs, statuses: Of every commit.
    """

    rights: Mapping[str, str] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=lambda: {"main": "a" * 40})
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)


class FakeGitHub(WebServer):
    """The server.

    Args:
        repositories: By `owner/name`.
        tokens: Those that are known.
    """

    routes: ClassVar[tuple[tuple[str, str, Callable[..., Reply]], ...]] = ()

    def __init__(self, repositories: Mapping[str, Repository], tokens: tuple[str, ...] = ("token",)) -> None:
        super().__init__()
        self.repositories = dict(repositories)
        self.tokens = tokens
        self.next: deque[Reply | Callable[[Reply], Reply]] = deque()
        """Takes the place of the next answers, or changes them after they have come about."""
        self._ids = itertools.count(1000)

    def answer(self, seen: Seen) -> Reply:
        """As GitHub would."""
        self.seen.append(seen)
        instead = self.next.popleft() if self.next else None
        if isinstance(instead, Reply):
            return instead
        reply = self._answer(seen)
        return instead(reply) if instead is not None else reply

    def _answer(self, seen: Seen) -> Reply:
        if seen.headers.get("x-github-api-version") != "2022-11-28":
            return _error(400, "Bad Request: unsupported API version")
        token = seen.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            return _error(401, "Bad credentials")
        parts = [unquote(part) for part in seen.path.partition("?")[0].split("/")]
        if parts[1] != "repos" or len(parts) < 5:
            return _error(404, "Not Found")
        repository = self.repositories.get("/".join(parts[2:4]))
        right = repository.rights.get(token, "" if repository.rights else WRITE) if repository is not None else ""
        if repository is None or not right:
            # Whoever may not see it does not learn that it is there.
            return _error(404, "Not Found")
        if seen.method == "POST" and right != WRITE:
            return _error(403, "Resource not accessible by personal access token")
        name = "/".join(parts[2:4])
        path = "/".join(parts[4:])
        for pattern, method, act in self.routes:
            found = re.fullmatch(pattern, path)
            if found and method == seen.method:
                return act(self, name, repository, seen, *found.groups())
        return _error(404, "Not Found")

    # --- what there is ---

    def add(self, name: str, title: str, body: str = "", **more: Any) -> dict[str, Any]:
        """A new issue; with `head` a pull request."""
        repository = self.repositories[name]
        number = len(repository.issues) + 1
        kind = "pull" if "head" in more else "issues"
        made = {
            "id": next(self._ids), "number": number, "title": title, "body": body, "state": "open",
            "created_at": AT, "updated_at": AT, "user": {"login": "ada"}, "labels": [{"name": "bug"}],
            "html_url": f"https://github.com/{name}/{kind}/{number}", **more,
        }  # fmt: skip
        if kind == "pull":
            made["pull_request"] = {"url": f"https://api.github.com/repos/{name}/pulls/{number}"}
        repository.issues.append(made)
        return made

    def say(self, name: str, number: int, body: str) -> dict[str, Any]:
        """A new comment."""
        made = {
            "id": next(self._ids), "body": body, "created_at": AT, "user": None, "issue": number,
            "html_url": f"https://github.com/{name}/issues/{number}#issuecomment",
        }  # fmt: skip
        self.repositories[name].comments.append(made)
        return made


def _error(status: int, message: str, errors: list[dict[str, str]] | None = None) -> Reply:
    content = {"message": message, **({"errors": errors} if errors else {}), "documentation_url": "https://docs"}
    return _json(content, status)


def _json(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(content).encode())


def _paged(seen: Seen, items: list[Any], within: str = "") -> Reply:
    """A page of the items, with the address of the next."""
    size, page = int(seen.query.get("per_page", 30)), int(seen.query.get("page", 1))
    if seen.query.get("direction") == "desc":
        items = items[::-1]
    part = items[(page - 1) * size : page * size]
    headers = {"Link": f'<https://elsewhere.example.net/?page={page + 1}>; rel="next"'}
    content = {"total_count": len(items), within: part} if within else part
    return _json(content, headers=headers if page * size < len(items) else {})


def _is_pull(one: Mapping[str, Any]) -> bool:
    return "pull_request" in one


def _wanted(seen: Seen, items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    state = seen.query.get("state", "open")
    yield from (one for one in items if state in ("all", one["state"]))


def _issues(_server: FakeGitHub, _name: str, there: Repository, seen: Seen) -> Reply:
    return _paged(seen, list(_wanted(seen, there.issues)))


def _pulls(_server: FakeGitHub, _name: str, there: Repository, seen: Seen) -> Reply:
    return _paged(seen, [one for one in _wanted(seen, there.issues) if _is_pull(one)])


def _one(_server: FakeGitHub, _name: str, there: Repository, _seen: Seen, kind: str, number: str) -> Reply:
    found = next((one for one in there.issues if one["number"] == int(number)), None)
    if found is None or (kind == "pulls" and not _is_pull(found)):
        return _error(404, "Not Found")
    return _json(found)


def _comments(_server: FakeGitHub, _name: str, there: Repository, seen: Seen, number: str = "") -> Reply:
    return _paged(seen, [one for one in there.comments if not number or one["issue"] == int(number)])


def _files(_server: FakeGitHub, _name: str, there: Repository, seen: Seen, _number: str) -> Reply:
    return _paged(seen, there.files)


def _runs(_server: FakeGitHub, _name: str, there: Repository, seen: Seen, revision: str) -> Reply:
    known = {*there.branches, *there.branches.values()}
    return _paged(seen, there.runs, "check_runs") if revision in known else _error(422, f"No commit found: {revision}")


def _status(_server: FakeGitHub, _name: str, there: Repository, _seen: Seen, revision: str) -> Reply:
    return _json({"sha": there.branches.get(revision, revision), "state": "success", "statuses": there.statuses})


def _create(server: FakeGitHub, name: str, there: Repository, seen: Seen, kind: str) -> Reply:
    body = json.loads(seen.body)
    if not body.get("title"):
        return _error(422, "Validation Failed", [{"code": "missing_field", "field": "title"}])
    if kind == "issues":
        return _json(server.add(name, body["title"], body.get("body", "")), 201)
    head, base = body.get("head", ""), body.get("base", "")
    if head not in there.branches or base not in there.branches:
        return _error(422, "Validation Failed", [{"code": "invalid", "field": "head"}])
    if any(_is_pull(one) and one["head"]["ref"] == head for one in there.issues):
        return _error(422, "Validation Failed", [{"message": f"A pull request already exists for ada:{head}."}])
    ends = {"head": {"ref": head, "sha": there.branches[head]}, "base": {"ref": base}, "draft": body.get("draft")}
    return _json(server.add(name, body["title"], body.get("body", ""), **ends), 201)


def _comment(server: FakeGitHub, name: str, there: Repository, seen: Seen, number: str) -> Reply:
    if not any(one["number"] == int(number) for one in there.issues):
        return _error(404, "Not Found")
    body = json.loads(seen.body).get("body", "")
    if len(body) > 65536:
        return _error(422, "Validation Failed", [{"code": "too_long", "field": "body"}])
    return _json(server.say(name, int(number), body), 201)


_ROUTES: tuple[tuple[str, str, Callable[..., Reply]], ...] = (
    (r"issues", "GET", _issues),
    (r"pulls", "GET", _pulls),
    (r"(issues|pulls)/(\d+)", "GET", _one),
    (r"issues/comments", "GET", _comments),
    (r"issues/(\d+)/comments", "GET", _comments),
    (r"pulls/(\d+)/files", "GET", _files),
    (r"commits/(.+)/check-runs", "GET", _runs),
    (r"commits/(.+)/status", "GET", _status),
    (r"(issues|pulls)", "POST", _create),
    (r"issues/(\d+)/comments", "POST", _comment),
)

FakeGitHub.routes = _ROUTES
