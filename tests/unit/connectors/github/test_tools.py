"""Issues, pull requests and checks, against our own imitation of GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gainful.connectors.github import Api, github_tools
from gainful.connectors.github.errors import GitHubInvalid, GitHubRefused, GitHubUnreachable
from gainful.connectors.github.fake import READ, FakeGitHub, Repository
from gainful.connectors.github.tools import LONGEST, LONGEST_ALL
from gainful.core.label import TYPED, Integrity
from gainful.core.tool import Act, Effect
from gainful.core.value import Json, uniform
from gainful.policy.attribution import returned
from gainful.sdk.egress import EgressRefused, EgressUnreachable
from gainful.sdk.grant import Grant
from gainful.sdk.operation import ArgumentInvalid, Operation
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.web_server import Reply
from gainful.sdk.tool import Found

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
Tools = Mapping[str, Operation]


@pytest.fixture
def server() -> Iterator[FakeGitHub]:
    repositories = {
        "ada/site": Repository(branches={"main": "a" * 40, "fix/one": "b" * 40}),
        "ada/secret": Repository(rights={"ghp-reader": READ}),
        "bo/site": Repository(),
    }
    with FakeGitHub(repositories, ("ghp-known", "ghp-reader")) as running:
        yield running


def made(
    server: FakeGitHub, token: str = "ghp-known", repositories: tuple[str, ...] = ("ada/*",)
) -> dict[str, Operation]:
    handle = Handle.of(Secret("github", token))
    api = Api(server.origin, repositories, handle, lambda: NOW, own=True)
    return {tool.spec.name.removeprefix("github."): tool for tool in github_tools(api, "helper")}


@pytest.fixture
def tools(server: FakeGitHub) -> Tools:
    return made(server)


def call(tools: Tools, what: str, /, key: str = "k1", **given: Json) -> Json:
    return tools[what].call(Grant(key, f"github.{what}"), {"repository": "ada/site", **given})


def find(tools: Tools, what: str, /, key: str = "k1", **given: Json) -> Found | None:
    return tools[what].find(key, {"repository": "ada/site", **given})


def test_how_far_each_reaches(tools: Tools) -> None:
    writing = {name for name, tool in tools.items() if (tool.spec.effect, tool.spec.act) == (Effect.EGRESS, Act.SEND)}
    assert writing == {"create_issue", "comment", "create_pull"}
    assert all(tool.spec.effect is Effect.READ for name, tool in tools.items() if name not in writing)


# --- reading ---


def test_issues_without_the_pull_requests_among_them(server: FakeGitHub, tools: Tools) -> None:
    server.add("ada/site", "First", "A text")
    server.add("ada/site", "Change", head={"ref": "fix/one", "sha": "b" * 40}, base={"ref": "main"}, draft=True)
    server.add("ada/site", "Old", state="closed")
    assert [one["number"] for one in call(tools, "issues")] == [1]
    assert [one["title"] for one in call(tools, "issues", state="all")] == ["First", "Old"]
    (pull,) = call(tools, "pulls")
    assert (pull["number"], pull["head"], pull["commit"], pull["draft"]) == (2, "fix/one", "b" * 40, True)
    (request, *_) = server.seen
    assert request.headers["authorization"] == "Bearer ghp-known"
    assert request.headers["x-github-api-version"] == "2022-11-28"
    with pytest.raises(GitHubInvalid, match="no state"):
        call(tools, "issues", state="merged")


def test_an_issue_with_all_of_its_comments(server: FakeGitHub, tools: Tools) -> None:
    server.add("ada/site", "First", "A text")
    for number in range(250):
        server.say("ada/site", 1, f"comment {number}")
    found = call(tools, "issue", number=1)
    assert (found["text"], found["title"], found["by"], found["labels"]) == ("A text", "First", "ada", ["bug"])
    assert [one["text"] for one in found["comments"]] == [f"comment {number}" for number in range(250)]
    assert found["comments"][0]["by"] == ""
    assert found["cut"] is False
    # The address of the next page leads elsewhere, and nobody went there.
    assert len(server.seen) == 4


def test_of_too_much_the_newest_is_told(server: FakeGitHub, tools: Tools) -> None:
    server.add("ada/site", "First", "x" * (LONGEST * 2))
    for number in range(10):
        server.say("ada/site", 1, f"{number}" + "x" * 10_000)
    found = call(tools, "issue", number=1)
    assert len(found["text"]) == LONGEST
    assert [one["text"][0] for one in found["comments"]] == ["5", "6", "7", "8", "9"]
    assert found["cut"] is True
    for _ in range(600):
        server.say("ada/site", 1, "x")
    assert call(tools, "issue", number=1)["cut"] is True


def test_a_pull_request_with_its_diffs(server: FakeGitHub, tools: Tools) -> None:
    server.add("ada/site", "Change", "Why", head={"ref": "fix/one", "sha": "b" * 40}, base={"ref": "main"}, merged=True)
    server.repositories["ada/site"].files += [
        {"filename": "a", "status": "modified", "patch": "-a\n+b"},
        {"filename": "picture", "status": "added"},
        {"filename": "none", "status": "removed", "patch": None},
    ]
    found = call(tools, "pull", number=1)
    assert (found["text"], found["merged"], found["base"], found["cut"]) == ("Why", True, "main", False)
    assert found["files"] == [
        {"path": "a", "change": "modified", "diff": "-a\n+b"},
        {"path": "picture", "change": "added", "diff": ""},
        {"path": "none", "change": "removed", "diff": ""},
    ]
    large = [{"filename": f"f{n}", "status": "added", "patch": "x" * 30_000} for n in range(320)]
    server.repositories["ada/site"].files += large
    found = call(tools, "pull", number=1)
    assert sum(len(one["diff"]) for one in found["files"]) == LONGEST_ALL
    assert (len(found["files"]), found["cut"]) == (300, True)


def test_how_the_checks_stand(server: FakeGitHub, tools: Tools) -> None:
    there = server.repositories["ada/site"]
    there.runs += [{"name": f"t{n}", "status": "completed", "conclusion": "success"} for n in range(120)]
    there.runs.append({"name": "slow", "status": "in_progress", "conclusion": None})
    there.statuses.append({"context": "ci/old", "state": "failure"})
    found = call(tools, "checks", revision="fix/one")
    assert found["commit"] == "b" * 40
    assert (len(found["checks"]), found["cut"]) == (122, False)
    assert found["checks"][-2:] == [{"name": "slow", "state": "in_progress"}, {"name": "ci/old", "state": "failure"}]
    assert server.seen[0].path.startswith("/repos/ada/site/commits/fix%2Fone/check-runs?")
    with pytest.raises(GitHubInvalid, match="No commit found"):
        call(tools, "checks", revision="nowhere")


@pytest.mark.parametrize("revision", ["..", ".", "", "../../../bo/site/commits/main", "../../user", "a/../../../x?y#z"])
def test_a_revision_leads_nowhere_else(server: FakeGitHub, tools: Tools, revision: str) -> None:
    with pytest.raises(GitHubInvalid):
        call(tools, "checks", revision=revision)
    assert all(one.path.startswith("/repos/ada/site/commits/") and "/../" not in one.path for one in server.seen)


@pytest.mark.parametrize(
    "name", ["site", "ada/site/x", "ada/../bo", "../ada", "ada/..", "", "ada/si te", "ada%2fsite/x"]
)
def test_a_repository_is_owner_and_name(server: FakeGitHub, tools: Tools, name: str) -> None:
    with pytest.raises((GitHubInvalid, GitHubRefused)):
        call(tools, "issues", repository=name)
    assert server.seen == []


def test_only_the_repositories_that_the_person_named(server: FakeGitHub) -> None:
    exact = made(server, repositories=("Ada/Site",))
    assert call(exact, "issues") == []
    assert call(exact, "issues", repository="ADA/SITE".lower()) == []
    for name in ("ada/secret", "bo/site", "adam/site"):
        with pytest.raises(GitHubRefused, match="not among the repositories"):
            call(exact, "issues", repository=name)
    with pytest.raises(GitHubRefused):
        call(made(server), "issues", repository="bo/site")


# --- writing ---


def test_an_issue_is_opened_once_and_found_again(server: FakeGitHub, tools: Tools) -> None:
    given = {"title": "Größe", "text": "It is <!-- wrong"}
    assert find(tools, "create_issue", **given) is None
    answer = call(tools, "create_issue", **given)
    (issue,) = server.repositories["ada/site"].issues
    assert answer == {"id": issue["id"], "url": issue["html_url"], "number": 1}
    # What hides the rest of the text does not hide who wrote it.
    assert issue["body"].startswith("<sub>Written by the agent helper.</sub>\n\nIt is <!-- wrong\n\n<!-- gainful ")
    assert find(tools, "create_issue", **given) == Found(done=True, answer=answer)
    assert find(tools, "create_issue", key="k2", **given) is None


def test_a_comment_is_found_among_many(server: FakeGitHub, tools: Tools) -> None:
    server.add("ada/site", "First")
    for _ in range(300):
        server.say("ada/site", 1, "x")
    given: dict[str, Json] = {"number": 1, "text": "Mine"}
    answer = call(tools, "comment", **given)
    assert set(answer) == {"id", "url"}
    for _ in range(30):
        server.say("ada/site", 1, "later")
    assert find(tools, "comment", **given) == Found(done=True, answer=answer)
    assert find(tools, "comment", key="k2", **given) is None


def test_a_pull_request_is_opened_and_found(server: FakeGitHub, tools: Tools) -> None:
    given: dict[str, Json] = {"title": "Fix", "text": "Why", "head": "fix/one", "base": "main", "draft": True}
    answer = call(tools, "create_pull", **given)
    assert answer["number"] == 1
    assert json.loads(server.seen[-1].body)["draft"] is True
    assert find(tools, "create_pull", **given) == Found(done=True, answer=answer)
    with pytest.raises(GitHubInvalid, match="already exists"):
        call(tools, "create_pull", key="k2", **given)
    with pytest.raises(GitHubInvalid, match="Validation Failed"):
        call(tools, "create_pull", key="k3", **{**given, "head": "none"})


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("create_issue", {"title": "", "text": "x"}),
        ("create_issue", {"title": "a\nb", "text": "x"}),
        ("create_issue", {"title": "x" * 257, "text": "x"}),
        ("comment", {"number": 0, "text": "x"}),
        ("comment", {"number": -1, "text": "x"}),
        ("comment", {"number": 99, "text": "x"}),
        ("issue", {"number": 0}),
        ("issue", {"number": 99}),
        ("pull", {"number": 99}),
    ],
)
def test_what_github_does_not_know_or_take(tools: Tools, what: str, given: dict[str, Json]) -> None:
    with pytest.raises(GitHubInvalid):
        call(tools, what, **given)


def test_numbers_are_numbers(tools: Tools) -> None:
    for wrong in ("1", 1.5, True, "1/../2"):
        with pytest.raises(ArgumentInvalid):
            call(tools, "issue", number=wrong)


# --- rights, limits, trouble ---


def test_no_right_is_told_apart_as_far_as_github_tells(server: FakeGitHub) -> None:
    with pytest.raises(GitHubRefused, match="Bad credentials") as caught:
        call(made(server, "stolen-secret"), "issues")
    assert "stolen-secret" not in str(caught.value)
    with pytest.raises(GitHubInvalid, match="also says so where the token may not look"):
        call(made(server), "issues", repository="ada/secret")
    reading = made(server, "ghp-reader")
    assert call(reading, "issues", repository="ada/secret") == []
    with pytest.raises(GitHubRefused, match="not accessible"):
        call(reading, "create_issue", repository="ada/secret", title="x", text="y")


LIMITS = [
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(NOW.timestamp()) + 90)}, "x", timedelta(seconds=90)),
    ({"Retry-After": "7"}, "x", timedelta(seconds=7)),
    ({}, "You have exceeded a secondary rate limit", timedelta(minutes=1)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "soon"}, "x", timedelta(minutes=1)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"}, "x", timedelta(days=1)),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, "x", timedelta(0)),
]


@pytest.mark.parametrize(("headers", "message", "wait"), LIMITS)
def test_a_limit_says_when_to_come_again_and_that_nothing_happened(
    server: FakeGitHub, tools: Tools, headers: dict[str, str], message: str, wait: timedelta
) -> None:
    server.next.append(Reply(403, headers, json.dumps({"message": message}).encode()))
    with pytest.raises(GitHubUnreachable) as caught:
        call(tools, "create_issue", title="x", text="y")
    assert (caught.value.retry_after, caught.value.sent) == (wait, False)
    assert server.repositories["ada/site"].issues == []


def test_too_many_requests_says_so_too(server: FakeGitHub, tools: Tools) -> None:
    server.next.append(Reply(429, {"Retry-After": "7"}, b""))
    with pytest.raises(EgressUnreachable) as caught:
        call(tools, "comment", number=1, text="y")
    assert (caught.value.retry_after, caught.value.sent) == (timedelta(seconds=7), False)


TROUBLE: list[Any] = [
    Reply(500, {}, b""),
    Reply(503, {}, b""),
    Reply(200, {}, b"<html>"),
    Reply(cut=0),
    Reply(201, {}, b"{" + b" " * 1000, cut=10),
]
ODD: list[Any] = [
    Reply(201, {}, b"[]"),
    Reply(201, {}, b'"x"'),
    Reply(201, {}, b'{"id": 1}'),
    lambda reply: Reply(reply.status, reply.headers, reply.body, cut=10),
]


@pytest.mark.parametrize("trouble", TROUBLE + ODD)
def test_after_a_write_whose_answer_is_lost_nobody_knows(server: FakeGitHub, tools: Tools, trouble: Any) -> None:
    server.next.append(trouble)
    with pytest.raises((GitHubUnreachable, EgressUnreachable)) as caught:
        call(tools, "create_issue", title="x", text="y")
    assert caught.value.sent is True
    found = find(tools, "create_issue", title="x", text="y")
    assert (found is not None) == bool(server.repositories["ada/site"].issues)


@pytest.mark.parametrize("trouble", TROUBLE)
def test_reading_in_trouble_is_told_and_no_riddle(server: FakeGitHub, tools: Tools, trouble: Any) -> None:
    server.next.append(trouble)
    with pytest.raises((GitHubUnreachable, EgressUnreachable)):
        call(tools, "issues")


def test_a_form_that_nobody_documented(server: FakeGitHub, tools: Tools) -> None:
    for body in (b'[{"number": 1}]', b"[7]", b'{"a": 1}', b"7", b"null"):
        server.next.append(Reply(200, {}, body))
        with pytest.raises(GitHubUnreachable, match="not documented") as caught:
            call(tools, "issues")
        assert caught.value.sent is False


def test_no_redirect_takes_the_token_elsewhere(server: FakeGitHub, tools: Tools) -> None:
    server.next.append(Reply(301, {"Location": "https://evil.example.net/"}))
    with pytest.raises(EgressRefused):
        call(tools, "issues")
    server.next.append(Reply(307, {"Location": f"{server.at('localhost')}/repos/ada/site/issues"}))
    with pytest.raises(EgressUnreachable) as caught:
        call(tools, "create_issue", title="x", text="y")
    assert caught.value.sent is True
    assert server.repositories["ada/site"].issues == []
    # A repository that was renamed is where GitHub says, on the same server.
    server.next.append(Reply(301, {"Location": "/repos/ada/site/issues"}))
    assert call(tools, "issues", repository="ada/old-name") == []


def test_a_private_address_is_for_servers_that_the_person_named(server: FakeGitHub) -> None:
    handle = Handle.of(Secret("github", "ghp-known"))
    api = Api("https://localhost", ("ada/*",), handle, lambda: NOW)
    tools = {tool.spec.name.removeprefix("github."): tool for tool in github_tools(api, "helper")}
    with pytest.raises(EgressRefused, match="not an address of the public internet"):
        call(tools, "issues")


def test_without_a_token_nothing_is_shown(server: FakeGitHub) -> None:
    api = Api(server.origin, ("ada/*",), Handle.of(None), lambda: NOW, own=True)
    tools = {tool.spec.name.removeprefix("github."): tool for tool in github_tools(api, "helper")}
    with pytest.raises(GitHubRefused):
        call(tools, "issues")
    assert "authorization" not in server.seen[0].headers


def test_whose_words_it_brings(server: FakeGitHub, tools: Tools) -> None:
    server.add("ada/site", "First", "A text")
    server.say("ada/site", 1, "x")
    asked = {"repository": uniform("ada/site", TYPED), "number": uniform(1, TYPED)}
    value = returned(tools["issue"].spec, asked, call(tools, "issue", number=1), {})
    assert value["text"].label.tainted
    assert value["comments"][0]["text"].label.tainted
    assert value["by"].label.tainted
    assert value["number"].label.integrity is Integrity.TRUSTED
    assert value["comments"][0]["id"].label.integrity is Integrity.TRUSTED
