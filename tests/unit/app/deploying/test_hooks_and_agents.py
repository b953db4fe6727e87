"""What agents and build servers start: planned by a server, asked about, and the same when it is asked for again."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.core.deploy_event import Deployment, Event, EventKind, State, Wish
from gainful.core.deployment import Intent
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Secret
from gainful.sdk.tool import Found, Tool
from gainful.storage.settings.config import Home
from gainful.web.deploy_hook import DeployHookDoor

SECRET = "a-long-random-secret"
COMMIT = "a" * 40


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Gainful]:
    home = tmp_path / "home"
    home.mkdir()
    (home / "gainful.toml").write_text(
        f'[git.repositories]\nshop = "{tmp_path}/shop"\n[[services]]\nname = "shop"\nrepository = "shop"\n'
        'target = { kind = "command" }\n'
    )
    with Gainful.open(Home(home)) as opened:
        opened.secrets.put("webhook:deploy-shop", Secret("webhook:deploy-shop", SECRET))
        yield opened


def door(app: Gainful) -> DeployHookDoor:
    return DeployHookDoor(app.deploy_hooks, app.clock, lambda error: None, 1000)


def signed(app: Gainful, content: object, secret: str = SECRET) -> tuple[dict[str, str], bytes]:
    body, stamp = json.dumps(content).encode(), str(int(app.clock().timestamp()))
    sign = hmac.new(secret.encode(), b".".join((stamp.encode(), b"", body)), hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-gainful-timestamp": stamp, "x-gainful-signature": f"v1={sign}"}
    return headers, body


def by_github(content: object, event: str = "push") -> tuple[dict[str, str], bytes]:
    body = json.dumps(content).encode()
    sign = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={sign}", "x-github-event": event}
    return headers, body


def test_a_signed_request_is_a_deployment_and_sent_again_the_same(app: Gainful) -> None:
    request = signed(app, {"revision": COMMIT, "author": "ada"})
    first, second = door(app).answer("shop", *request), door(app).answer("shop", *request)
    assert first.status == 202
    assert first.body["id"] == second.body["id"]
    kept = app.deployments.history("shop")
    assert [(one.revision, one.author, one.by) for one in kept] == [(COMMIT, "ada", "hook")]


def test_a_push_to_the_branch_counts_and_nothing_else(app: Gainful) -> None:
    push = {"ref": "refs/heads/main", "after": COMMIT, "pusher": {"name": "ada"}}
    assert door(app).answer("shop", *by_github(push)).status == 202
    assert door(app).answer("shop", *by_github({**push, "ref": "refs/heads/other"})).body == {"state": "ignored"}
    assert door(app).answer("shop", *by_github({**push, "deleted": True})).body == {"state": "ignored"}
    assert door(app).answer("shop", *by_github(push, "ping")).body == {"state": "ignored"}


@pytest.mark.parametrize("content", [{"revision": "--upload-pack=evil"}, {"revision": 7}, {"revision": "a b"}])
def test_what_names_no_revision_starts_nothing(app: Gainful, content: object) -> None:
    assert door(app).answer("shop", *signed(app, content)).body == {"state": "ignored"}
    assert app.deployments.history("shop") == []


def test_without_the_secret_nothing_is_told(app: Gainful) -> None:
    wrong = door(app).answer("shop", *signed(app, {}, "another"))
    nowhere = door(app).answer("till", *signed(app, {}))
    assert (wrong.status, wrong.body) == (401, nowhere.body)


def tools(app: Gainful) -> dict[str, Tool]:
    return {name: tool for name, tool in app.toolbox.tools("helper").items() if name.startswith("deploy.")}


def test_what_an_agent_starts_is_found_again(app: Gainful) -> None:
    start = tools(app)["deploy.start"]
    given = {"service": "shop", "revision": COMMIT}
    assert start.find("k", given) == Found(done=False)
    told = start.call(Grant("k", "deploy.start"), given)
    assert told["state"] == "planned"
    assert start.find("k", given) == Found(done=True, answer=told)
    kept = app.deployments.history("shop")[0]
    assert (kept.by, kept.author) == ("agent:helper", app.guards.person)


def test_an_agent_takes_back_what_is_under_way(app: Gainful) -> None:
    running = Deployment("d1", "shop", "main", Intent.CHANGE, "ada", "hand", State.PLANNED, app.clock())
    app.deployments.kept.begin(running)
    from dataclasses import replace

    shifted = Event("shifted", EventKind.SHIFTED, app.clock(), "It has 20 % of the traffic.")
    app.deployments.kept.record(replace(running, state=State.WATCHING), shifted)
    told = tools(app)["deploy.rollback"].call(Grant("k", "deploy.rollback"), {"service": "shop"})
    assert told["deployment"] == "d1"
    assert app.deployments.kept.wish("d1") == Wish("rollback", "agent helper")


def test_without_services_there_are_no_tools(tmp_path: Path) -> None:
    with Gainful.open(Home(tmp_path / "home")) as app:
        assert tools(app) == {}
