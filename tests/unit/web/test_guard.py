"""Whose pages may change something: by scheme and host together, and by nothing that only looks like them."""

from __future__ import annotations

import asyncio

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message

from gainful.web.console.guard import OwnPages

OWN = {"host": "127.0.0.1:8787"}
PUBLIC = {"host": "gainful.example.org"}


def status(headers: dict[str, str], method: str = "POST") -> int:
    """What a request is answered with; 200 where it went on."""
    guard = OwnPages(PlainTextResponse("on"), ["127.0.0.1:8787", "[::1]:8787"], by_tls=["gainful.example.org"])
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": "/", "headers": raw, "query_string": b""}
    asyncio.run(guard(scope, receive, send))
    return int(said[0]["status"])


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({**OWN, "origin": "http://127.0.0.1:8787"}, 200),
        ({**PUBLIC, "origin": "https://gainful.example.org"}, 200),
        # A page that somebody on the way has made up without TLS.
        ({**PUBLIC, "origin": "http://gainful.example.org"}, 403),
        ({**OWN, "origin": "null"}, 403),
        ({**OWN, "origin": ""}, 403),
        ({**OWN, "origin": "file://127.0.0.1:8787"}, 403),
        ({**OWN, "origin": "http://127.0.0.1"}, 403),
        ({**OWN, "origin": "http://127.0.0.1:8787.evil.example"}, 403),
        ({**OWN, "origin": "http://evil.example@127.0.0.1:8787"}, 403),
        ({**OWN, "origin": "http://127.0.0.1:3000"}, 403),
        ({**OWN, "sec-fetch-site": "same-origin"}, 200),
        ({**OWN, "sec-fetch-site": "same-site"}, 403),
        ({**OWN, "sec-fetch-site": "none"}, 403),
        (OWN, 403),
    ],
)
def test_only_a_page_of_ours_changes_something(headers: dict[str, str], wanted: int) -> None:
    assert status(headers) == wanted


@pytest.mark.parametrize(
    ("host", "wanted"),
    [
        ("127.0.0.1:8787", 200),
        ("[::1]:8787", 200),
        ("GAINFUL.example.org", 200),
        ("gainful.example.org.", 421),
        ("gainful.example.org:443", 421),
        ("evil@127.0.0.1:8787", 421),
        ("127.0.0.1:8787 evil.example", 421),
        ("127.1:8787", 421),
        ("2130706433:8787", 421),
        ("[::ffff:127.0.0.1]:8787", 421),
        ("127.0.0.1", 421),
        ("", 421),
    ],
)
def test_a_page_is_asked_for_under_a_name_of_ours(host: str, wanted: int) -> None:
    assert status({"host": host}, "GET") == wanted
    assert status({"host": "evil.example", "x-forwarded-host": host, "forwarded": f"host={host}"}, "GET") == 421
