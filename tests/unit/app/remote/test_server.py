"""A remote server that is away, slow, strange or hostile: what is said, what is sent again, and what is not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.app.remote import Remote, RemoteDesk
from gainful.app.remote.errors import (
    RemoteAnswerUnreadable,
    RemoteFailed,
    RemoteInvalid,
    RemoteScopeMissing,
    RemoteUnreachable,
)
from gainful.app.remote.remote import origin_of
from gainful.app.remote.server import LIMITS, RemoteServer
from gainful.core.errors import GainfulError
from gainful.sdk.http import Limits
from gainful.sdk.secret import Secret
from gainful.sdk.testing.certificate import server_context, write_certificate
from gainful.sdk.testing.web_server import Reply, WebServer

TOKEN = Secret("token", "gainful_for-this-test-alone")
VERSION = {"gainful-api": "1"}


def problem(status: int, code: str, what: str = "It is so.") -> Reply:
    return Reply(status, VERSION, json.dumps({"error": {"code": code, "what": what, "next_move": "Do."}}).encode())


class Asked:
    """A server that answers as told, and what waits between tries."""

    def __init__(self, server: WebServer, limits: Limits = LIMITS) -> None:
        self.server = server
        self.waits: list[float] = []
        self.remote = RemoteServer(Remote("team", server.origin, TOKEN), limits, self.waits.append)

    def answers(self, path: str, *replies: Reply) -> None:
        """These answers, one after the other."""
        left = list(replies)
        self.server.replies[f"/api/v1{path}"] = lambda _seen: left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture
def asked() -> Iterator[Asked]:
    with WebServer() as server:
        made = Asked(server)
        with made.remote:
            yield made


def test_the_token_goes_in_its_header_and_nowhere_else(asked: Asked) -> None:
    asked.answers("/agents", Reply(200, VERSION, b"[]"))
    assert asked.remote.get("/agents", run="", days="3") == []
    (seen,) = asked.server.seen
    assert seen.headers["authorization"] == f"Bearer {TOKEN.reveal()}"
    assert seen.path == "/api/v1/agents?days=3"


def test_what_changes_nothing_is_asked_for_again(asked: Asked) -> None:
    asked.answers("/agents", Reply(503), Reply(502), Reply(200, VERSION, b"[1]"))
    assert asked.remote.get("/agents") == [1]
    assert len(asked.waits) == 2


def test_a_server_that_says_when_is_waited_for_no_longer_than_a_moment(asked: Asked) -> None:
    asked.answers("/agents", Reply(429, {"retry-after": "2"}), Reply(200, VERSION, b"[]"))
    asked.remote.get("/agents")
    assert asked.waits == [2.0]
    asked.answers("/agents", Reply(503, {"retry-after": "3600"}))
    with pytest.raises(RemoteUnreachable) as raised:
        asked.remote.get("/agents")
    assert raised.value.retry_after == timedelta(hours=1)
    assert asked.waits == [2.0]


def test_what_changes_something_is_sent_once_and_said_to_be_uncertain(asked: Asked) -> None:
    asked.answers("/agents/all/stop", Reply(cut=0))
    with pytest.raises(RemoteUnreachable, match="may have been done"):
        asked.remote.post("/agents/all/stop", {})
    assert len(asked.server.seen) == 1
    asked.answers("/agents/all/stop", Reply(429))
    with pytest.raises(RemoteUnreachable) as raised:
        asked.remote.post("/agents/all/stop", {})
    assert "may have been done" not in str(raised.value), "who is too busy has not taken it"


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    never = threading.Event()
    with WebServer() as server:
        slow = Asked(server, Limits(read=0.05, total=0.2))
        slow.answers("/agents", Reply(wait=never))
        with slow.remote, pytest.raises(RemoteUnreachable, match="did not answer in time"):
            slow.remote.get("/agents")
        never.set()


def test_the_servers_own_error_keeps_its_code_and_status(asked: Asked) -> None:
    for status, exit_code in {400: 2, 404: 2, 409: 2, 403: 3, 500: 5}.items():
        asked.answers("/agents", problem(status, "card-changed"))
        with pytest.raises(RemoteFailed) as raised:
            asked.remote.get("/agents")
        assert (raised.value.code, raised.value.exit_code) == ("card-changed", exit_code)
        assert raised.value.as_json() == {"code": "card-changed", "what": "It is so.", "next_move": "Do."}
    assert RemoteFailed.code == "remote-failed", "of that error alone"


@pytest.mark.parametrize("right", ["look", "answer", "audit", "operate", "manage"])
def test_the_scope_that_is_missing_is_named(asked: Asked, right: str) -> None:
    asked.answers("/agents", problem(403, "not-allowed", f"This token's scopes do not allow to {right}."))
    with pytest.raises(RemoteScopeMissing) as raised:
        asked.remote.get("/agents")
    assert f"--scope {'read' if right == 'look' else right}`" in raised.value.next_move


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {}, b"[]"),
        Reply(302, {"location": "/elsewhere"}),
        Reply(200, VERSION, b"<h1>no</h1>"),
        Reply(200, VERSION, b"[" * 100_000),
        Reply(404, VERSION, b"[]"),
        Reply(418, VERSION, b'{"error": "tea"}'),
    ],
    ids=["no version", "redirect", "no JSON", "deep", "no reason", "no error"],
)
def test_what_is_no_answer_of_ours_is_not_taken_for_one(asked: Asked, reply: Reply) -> None:
    asked.answers("/agents", reply)
    with pytest.raises((RemoteAnswerUnreadable, RemoteInvalid)):
        asked.remote.get("/agents")


def test_a_redirect_takes_the_token_nowhere(asked: Asked) -> None:
    with WebServer() as other:
        asked.answers("/agents", Reply(307, {"location": f"{other.origin}/api/v1/agents"}))
        with pytest.raises(RemoteInvalid):
            asked.remote.get("/agents")
        assert not other.seen


@pytest.mark.parametrize(
    "content",
    [None, {}, [1], [{"id": 1}], "x", [{"agent": "a", "by": "b", "at": "2026-11-29T08:00:00", "reason": ""}]],
)
def test_an_answer_of_another_shape_is_told_and_not_shown(asked: Asked, content: object) -> None:
    asked.answers("/stops", Reply(200, VERSION, json.dumps(content).encode()))
    desk = RemoteDesk(asked.remote.remote, server=asked.remote)
    with pytest.raises(RemoteAnswerUnreadable):
        desk.guards.stops.all()


def test_a_server_of_ones_own_authority_is_trusted_by_its_file(tmp_path: Path) -> None:
    write_certificate(tmp_path)
    with WebServer(server_context(tmp_path)) as server:
        server.replies["/api/v1/me"] = Reply(
            200, VERSION, b'{"person": "ann@example.org", "role": "lead", "rights": ["look"]}'
        )
        with RemoteDesk(Remote("team", server.origin, TOKEN, str(tmp_path / "cert.pem"))) as desk:
            assert desk.who.person == "ann@example.org"
    with pytest.raises(RemoteInvalid, match="authority"):
        RemoteServer(Remote("team", "https://127.0.0.1:1", TOKEN, str(tmp_path / "missing.pem")))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://gainful.example.org", "https://gainful.example.org"),
        ("https://Gainful.example.org:443/", "https://gainful.example.org"),
        ("https://10.1.2.3:8443", "https://10.1.2.3:8443"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://localhost:8787", "http://localhost:8787"),
        ("http://[::1]:8787", "http://[::1]:8787"),
    ],
)
def test_an_address_has_one_spelling(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "http://gainful.example.org",
        "http://10.1.2.3",
        "https://gainful.example.org/console",
        "https://ann@gainful.example.org",
        "https://gainful.example.org?x=1",
        "ftp://gainful.example.org",
        "gainful.example.org",
        "",
    ],
)
def test_an_address_that_cannot_be_is_refused(url: str) -> None:
    with pytest.raises(RemoteInvalid):
        origin_of(url)


def test_a_path_cannot_lead_elsewhere(asked: Asked) -> None:
    desk = RemoteDesk(asked.remote.remote, server=asked.remote)
    for evil in ("../me", "..", "a/../../me", "x?y=1", "x#y", "%2e%2e"):
        with pytest.raises(GainfulError):
            desk.approvals.find(evil)
    paths = [one.path for one in asked.server.seen]
    assert all(path.startswith("/api/v1/approvals/") and path.count("/") == 4 and "?" not in path for path in paths)
