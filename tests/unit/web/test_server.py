"""A real server on loopback: what comes in over the wire, and what goes out."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.app.tooling.scopes import declared_scopes
from gainful.app.waking.webhooks import Webhooks
from gainful.gate.broker import Broker
from gainful.sdk.secret import Secret
from gainful.storage.settings.web import Server
from gainful.web import reading
from gainful.web.server import AddressTaken, WebServer, relayed
from gainful.web.webhook import WebhookDoor
from tests.unit.app.wakers import World
from tests.unit.web.signing import KEY, NOON, signed

BODY = b'{"build": 7}'


class Vault:
    """One secret."""

    def get(self, name: str) -> Secret | None:
        return Secret(name, KEY) if name == "webhook:handbook" else None


class Site:
    """A server in front of a dispatcher, and requests to it."""

    def __init__(self, database: Engine) -> None:
        self.world = World(database)
        self.broker = Broker(Vault(), declared_scopes)
        hooks = Webhooks(self.world.dispatcher, self.broker)
        door = WebhookDoor(hooks, lambda: NOON, self.world.complain, 1024)
        self.server = WebServer(Server(), [door.route(), relayed("/slack/events", self.relay, 100)])

    async def relay(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        return 203, {"x-was": headers["x-is"]}, body[::-1]

    def request(
        self, path: str, headers: Mapping[str, str], body: bytes = BODY, method: str = "POST"
    ) -> tuple[int, Any, http.client.HTTPResponse]:
        host, _, port = self.server.address.removeprefix("http://").rpartition(":")
        with closing(http.client.HTTPConnection(host, int(port), timeout=30)) as connection:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        return answer.status, json.loads(content) if content.startswith(b"{") else content, answer


@pytest.fixture
def site(database: Engine) -> Iterator[Site]:
    found = Site(database)
    with found.server:
        yield found


def test_a_signed_request_wakes_the_agent_once(site: Site) -> None:
    site.world.agent({"on": "webhook"}, {"on": "webhook", "name": "nightly build", "secret": "handbook"})
    status, told, answer = site.request("/hooks/handbook/webhook", signed(BODY, "build-7"))
    assert (status, told["state"]) == (202, "accepted")
    assert answer.headers["cache-control"] == "no-store"
    assert "server" not in answer.headers
    assert site.request("/hooks/handbook/webhook", signed(BODY, "build-7"))[0] == 200
    assert site.request("/hooks/handbook/nightly%20build", signed(BODY, "build-7"))[0] == 202
    site.world.dispatcher.look()
    started = site.world.taken()
    assert [occurrence.trigger for occurrence in started] == ["webhook", "nightly build"]
    assert started[0].id == told["id"]
    assert started[0].about == {"event": "", "body": {"build": 7}}
    assert started[0].label.tainted
    assert site.broker.lent == {("webhook:handbook", "webhook"): 3}


def test_a_secret_that_is_not_stored_is_the_owners_trouble(site: Site) -> None:
    site.world.agent({"on": "webhook"}, name="other")
    assert site.request("/hooks/other/webhook", signed(BODY))[0] == 401
    assert [error.code for error in site.world.complaints] == ["webhook-secret-missing"]


def test_only_what_there_is_and_only_by_post(site: Site) -> None:
    for method, path in (("GET", "/hooks/handbook/webhook"), ("POST", "/"), ("POST", "/hooks/a/b/c"), ("PUT", "/x")):
        status, told, _ = site.request(path, {}, method=method)
        assert (status, told["error"]["code"]) == (404, "not-found")


@pytest.mark.parametrize("length", [True, False])
def test_a_large_body_is_not_read(site: Site, length: bool) -> None:
    site.world.agent({"on": "webhook"})
    body = b" " * 1025
    host, _, port = site.server.address.removeprefix("http://").rpartition(":")
    with closing(http.client.HTTPConnection(host, int(port), timeout=30)) as connection:
        sent = body if length else iter([body[:1000], body[1000:]])
        connection.request("POST", "/hooks/handbook/webhook", sent, signed(body), encode_chunked=not length)
        answer = connection.getresponse()
        assert answer.status == 413
        assert json.loads(answer.read())["error"]["code"] == "request-too-large"


def test_who_does_not_send_what_was_promised_is_not_waited_for(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.2)
    host, _, port = site.server.address.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"POST /hooks/handbook/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_another_route_is_answered_by_who_knows_it(site: Site) -> None:
    status, content, answer = site.request("/slack/events", {"X-Is": "here"}, b"abc")
    assert (status, content, answer.headers["x-was"]) == (203, b"cba", "here")
    assert site.request("/slack/events", {"X-Is": "here"}, b"a" * 101)[0] == 413


def test_an_address_that_is_taken_is_told(site: Site) -> None:
    host, _, port = site.server.address.removeprefix("http://").rpartition(":")
    with pytest.raises(AddressTaken, match=f"cannot listen at {host}, port {port}"):
        WebServer(Server(port=int(port)), []).start()
    with pytest.raises(AddressTaken, match="nowhere"):
        WebServer(Server(host="nowhere.invalid"), []).start()


def test_after_the_end_nobody_listens(database: Engine) -> None:
    found = Site(database)
    found.server.start()
    address = found.server.address
    assert address.startswith("http://127.0.0.1:")
    found.server.stop()
    found.server.stop()
    host, _, port = address.removeprefix("http://").rpartition(":")
    with pytest.raises(OSError):
        socket.create_connection((host, int(port)), timeout=1)


def test_six_is_an_address_as_well() -> None:
    if not socket.has_ipv6:
        pytest.skip("This machine has no IPv6.")
    with WebServer(Server(host="::1"), []) as server:
        assert server.address.startswith("http://[::1]:")
