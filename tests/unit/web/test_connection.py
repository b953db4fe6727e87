"""Requests as only an attacker sends them, octet by octet: what is not taken, and who is not waited for."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gainful.storage.settings.web import Server
from gainful.web import connection
from gainful.web.server import WebServer
from tests.fixtures.waiting import eventually

WHOLE = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"


async def _hello(_: Request) -> Response:
    return PlainTextResponse("hello")


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer(Server(), [Route("/hello", _hello, methods=["GET", "POST"])]) as made:
        yield made


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for longer than a moment. Others have their time: a busy machine may pause before they send."""
    monkeypatch.setattr(connection, "HURRY", 0.1)


def dialled(server: WebServer) -> socket.socket:
    host, _, port = server.address.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=30)


def all_of(link: socket.socket) -> bytes:
    """All that comes until the other side ends it."""
    said = b""
    try:
        while more := link.recv(65536):
            said += more
    except ConnectionResetError:
        pass
    return said


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /hello HTTP/1.1\r\nHost: x",
        WHOLE + b"GET /hello HTTP/1.1\r\nHo",
        # Answered before its body has come, which then never does.
        b"POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    ],
    ids=["nothing", "half a request", "half a second request", "half a body that nobody reads"],
)
def test_who_only_holds_the_line_is_not_waited_for(server: WebServer, begun: bytes) -> None:
    def answers() -> int:
        with dialled(server) as link:
            link.sendall(begun)
            return all_of(link).count(b"200 OK")

    # Who paused before they sent anything was not waited for either, and comes again.
    wanted = begun.count(b" /hello HTTP/1.1\r\nHost: x\r\n")
    assert eventually(lambda: answers() == wanted)


@pytest.mark.usefixtures("hurry")
def test_who_trickles_is_not_waited_for_either(server: WebServer) -> None:
    with dialled(server) as link:
        link.sendall(b"GET /hello HTTP/1.1\r\n")
        with pytest.raises(OSError):
            # More than an hour at this pace: it ends because the other side does.
            for _ in range(100_000):
                link.sendall(b"X: y\r\n")
                if not _silent(link):
                    raise ConnectionResetError


def _silent(link: socket.socket) -> bool:
    """Whether nothing has come for a moment, not even the end."""
    link.settimeout(0.05)
    try:
        return bool(link.recv(1))
    except TimeoutError:
        return True
    finally:
        link.settimeout(30)


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
        b"Content-Length: 4\r\nContent-Length: 5\r\n\r\naaaaa",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: +0\r\n\r\n",
    ],
)
def test_a_request_hidden_behind_another_is_not_answered(server: WebServer, framing: bytes) -> None:
    with dialled(server) as link:
        link.sendall(b"POST /hello HTTP/1.1\r\nHost: x\r\n" + framing + WHOLE)
        said = all_of(link)
    assert said.startswith(b"HTTP/1.1 400")
    assert said.count(b"HTTP/1.1 ") == 1
    assert b"hello" not in said


@pytest.mark.parametrize("hosts", [b"", b"Host: x\r\nHost: x\r\n", b"Host: x\r\nHost: y\r\n"])
def test_a_request_is_for_one_host(server: WebServer, hosts: bytes) -> None:
    with dialled(server) as link:
        link.sendall(b"GET /hello HTTP/1.1\r\n" + hosts + b"\r\n")
        assert all_of(link).startswith(b"HTTP/1.1 400")


def test_a_slash_at_the_end_leads_nowhere(server: WebServer) -> None:
    with dialled(server) as link:
        link.sendall(b"GET /hello/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = all_of(link)
    # Behind TLS it would lead to an address without.
    assert said.startswith(b"HTTP/1.1 404")


def test_every_answer_tells_browsers_to_make_nothing_of_it(server: WebServer) -> None:
    for path in (b"/hello", b"/nothing"):
        with dialled(server) as link:
            link.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            said = all_of(link).lower()
        assert b"content-security-policy: default-src 'none'" in said
        assert b"x-content-type-options: nosniff" in said
        assert b"cache-control: no-store" in said
