"""What a server that is no homeserver, or in trouble, is to us."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from gainful.connectors.matrix.errors import AnswerTooLarge, Said
from gainful.connectors.matrix.wire import Wire, path_of
from gainful.sdk.chat import ChatRefused, ChatUnreachable
from gainful.sdk.egress import Egress
from gainful.sdk.http import HttpClient, Limits
from gainful.sdk.secret import Handle, Secret


class Odd(ThreadingHTTPServer):
    """Answers everything the same way."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.body = b"{}"
        self.heard: list[tuple[str, str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Odd

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.heard.append((self.command, self.path, self.headers.get("Authorization", "")))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_PUT = do_POST = _answer

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def odd() -> Iterator[Odd]:
    with Odd() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def wire(odd: Odd) -> Iterator[Wire]:
    made = Wire(odd.url, Handle.of(Secret("matrix:test", "syt_token")))
    yield made
    made.close()


def says(odd: Odd, status: int, body: Any) -> None:
    odd.status, odd.body = status, body if isinstance(body, bytes) else json.dumps(body).encode()


def test_every_part_of_a_path_is_quoted(odd: Odd, wire: Wire) -> None:
    wire.get(path_of("rooms", "!a/b:example.org", "event", "$x?#%"))
    assert odd.heard == [
        ("GET", "/_matrix/client/v3/rooms/%21a%2Fb%3Aexample.org/event/%24x%3F%23%25", "Bearer syt_token")
    ]


@pytest.mark.parametrize("method", ["get", "put", "post"])
def test_how_long_to_wait_stands_in_the_body(odd: Odd, wire: Wire, method: str) -> None:
    says(odd, 429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500})
    with pytest.raises(ChatUnreachable) as caught:
        getattr(wire, method)("/x", *([{}] if method != "get" else []))
    assert (caught.value.retry_after, caught.value.sent) == (timedelta(seconds=1.5), False)


@pytest.mark.parametrize("wait", [None, -1, "soon", True, 10**12])
def test_an_odd_wait_is_none(odd: Odd, wire: Wire, wait: Any) -> None:
    says(odd, 429, {"retry_after_ms": wait})
    with pytest.raises(ChatUnreachable) as caught:
        wire.get("/x")
    assert caught.value.retry_after is None


@pytest.mark.parametrize(("status", "body"), [(500, {}), (502, b""), (200, b"<html>"), (404, b"not found"), (200, b"")])
def test_what_nobody_knows_may_have_happened(odd: Odd, wire: Wire, status: int, body: Any) -> None:
    says(odd, status, body)
    with pytest.raises(ChatUnreachable) as caught:
        wire.put("/x", {})
    assert caught.value.sent
    with pytest.raises(ChatUnreachable) as read:
        wire.get("/x")
    assert not read.value.sent


def test_a_no_is_passed_on_with_its_word(odd: Odd, wire: Wire) -> None:
    says(odd, 403, {"errcode": "M_FORBIDDEN", "error": "You may not."})
    with pytest.raises(Said, match="You may not") as caught:
        wire.get("/x")
    assert (caught.value.status, caught.value.errcode) == (403, "M_FORBIDDEN")
    says(odd, 400, ["odd"])
    with pytest.raises(Said, match="no reason given"):
        wire.get("/x")


def test_without_a_token_nothing_is_asked(odd: Odd) -> None:
    with pytest.raises(ChatRefused, match="gainful secrets set matrix:work"):
        Wire(odd.url, Handle("matrix:work", lambda _grant: None)).get("/x")
    assert odd.heard == []


def test_an_answer_that_is_too_large(odd: Odd) -> None:
    says(odd, 200, b" " * 5000)
    egress = Egress(private_ok=frozenset({odd.url}))
    wire = Wire(odd.url, Handle.of(Secret("matrix:test", "x")), lambda: HttpClient(egress, limits=Limits(size=1000)))
    with pytest.raises(AnswerTooLarge):
        wire.get("/x")


def test_nobody_there(wire: Wire, odd: Odd) -> None:
    gone = Wire("http://127.0.0.1:9", Handle.of(Secret("matrix:test", "x")))
    with pytest.raises(ChatUnreachable) as caught:
        gone.put("/x", {})
    assert not caught.value.sent


def test_closing_twice_is_fine_and_it_can_be_used_again(odd: Odd, wire: Wire) -> None:
    wire.get("/x")
    wire.close()
    wire.close()
    assert wire.get("/x") == {}


@pytest.mark.parametrize(
    "url", ["https://Matrix.Example.org", "https://matrix.example.org:443/", "https://matrix.example.org/x"]
)
def test_an_address_has_one_spelling(url: str) -> None:
    wire = Wire(url, Handle("matrix:work", lambda _grant: None))
    with pytest.raises(ChatRefused, match=r"for https://matrix\.example\.org\."):
        wire.get("/x")
