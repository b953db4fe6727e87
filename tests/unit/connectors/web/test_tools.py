"""Fetching pages from real servers on loopback that the person has named as their own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from gainful.connectors.web import LIMITS, web_tools
from gainful.connectors.web.errors import PageRefused, PageUnreachable, PageUnreadable
from gainful.connectors.web.tools import LONGEST
from gainful.core.label import TYPED
from gainful.core.tool import Act, Effect
from gainful.core.value import Json, uniform
from gainful.policy.attribution import returned
from gainful.sdk.egress import Egress, EgressRefused, EgressTooLarge, EgressUntrusted
from gainful.sdk.grant import Grant
from gainful.sdk.http import HttpClient, Limits
from gainful.sdk.operation import Operation
from gainful.sdk.testing.certificate import client_context, server_context, write_certificate
from gainful.sdk.testing.web_server import Reply, WebServer
from gainful.sdk.tool import Found

HTML = {"Content-Type": "text/html; charset=utf-8"}
TEXT = {"Content-Type": "text/plain"}
HASTY = Limits(connect=2, read=0.2, total=0.4, size=100_000)


@pytest.fixture
def server() -> Iterator[WebServer]:
    with WebServer() as running:
        yield running


def tool(server: WebServer, limits: Limits = LIMITS, **more: object) -> Operation:
    egress = Egress(frozenset({"docs.example.org"}), private_ok=frozenset({server.origin, server.at("localhost")}))
    return web_tools(partial(HttpClient, egress, limits=limits, **more))[0]  # type: ignore[arg-type]


def fetch(fetching: Operation, url: str, **more: Json) -> Json:
    return fetching.call(Grant("k", "web.fetch"), {"url": url, **more})


def test_a_page_is_fetched_as_text(server: WebServer) -> None:
    server.replies["/a"] = Reply(headers=HTML, body="<title>T</title><p>Größe<p><a href=b>B</a>".encode())
    assert fetch(tool(server), f"{server.origin}/a?x=1#part") == {
        "url": f"{server.origin}/a?x=1",
        "status": 200,
        "title": "T",
        "text": "Größe\nB",
        "links": [{"text": "B", "url": f"{server.origin}/b"}],
        "next": None,
        "cut": False,
    }
    (seen,) = server.seen
    assert set(seen.headers) == {"host", "user-agent", "accept", "accept-encoding"}


def test_text_and_json_are_given_as_they_are(server: WebServer) -> None:
    server.replies["/t"] = Reply(headers=TEXT, body=b"<b>not bold</b>\r\n")
    server.replies["/j"] = Reply(headers={"Content-Type": "application/vnd.x+json"}, body=b'{"a": 1}')
    assert fetch(tool(server), f"{server.origin}/t")["text"] == "<b>not bold</b>\n"
    assert fetch(tool(server), f"{server.origin}/j")["text"] == '{"a": 1}'


def test_a_long_page_comes_in_parts(server: WebServer) -> None:
    text = "ü" * (LONGEST + 5)
    server.replies["/a"] = Reply(headers=HTML, body=f"<p>{text}<a href=x>y</a>".encode())
    first = fetch(tool(server), f"{server.origin}/a")
    second = fetch(tool(server), f"{server.origin}/a", start=first["next"])
    assert first["text"] + second["text"] == text + "y"
    assert (second["next"], len(first["links"]), second["links"]) == (None, 1, [])
    with pytest.raises(PageUnreadable):
        fetch(tool(server), f"{server.origin}/a", start=-1)


def test_what_is_no_text_is_not_read(server: WebServer) -> None:
    for kind in ("image/png", "application/octet-stream", "", "text"):
        server.replies["/a"] = Reply(headers={"Content-Type": kind} if kind else {}, body=b"x")
        with pytest.raises(PageUnreadable):
            fetch(tool(server), f"{server.origin}/a")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/",
        "http://docs.example.org/",
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest/meta-data",
        "http://metadata/",
        "file:///etc/passwd",
        "ftp://docs.example.org/",
        "http://user:password@127.0.0.1/",
        "https://docs.example.org@127.0.0.1/",
        "http://2130706433/",
        "javascript:x",
        "",
    ],
)
def test_nothing_else_is_reached(server: WebServer, url: str) -> None:
    with pytest.raises(EgressRefused):
        fetch(tool(server), url)


def test_a_named_host_must_not_lead_into_the_own_network(server: WebServer) -> None:
    fetching = tool(server, resolve=lambda *_: ["127.0.0.1"])
    with pytest.raises(EgressRefused, match="not an address of the public internet"):
        fetch(fetching, "https://docs.example.org/")


def test_redirects_are_followed_where_they_may_lead(server: WebServer) -> None:
    server.replies["/to"] = Reply(headers=TEXT, body=b"there")
    server.replies["/a"] = Reply(302, {"Location": "/to"})
    server.replies["/b"] = Reply(301, {"Location": f"{server.at('localhost')}/to"})
    for path in ("/a", "/b"):
        assert fetch(tool(server), server.origin + path)["text"] == "there"
    for number, target in enumerate(
        ("http://169.254.169.254/", "https://example.org/", "file:///etc/passwd", "http://127.0.0.1:1/", "//[")
    ):
        server.replies[f"/{number}"] = Reply(302, {"Location": target})
        with pytest.raises(EgressRefused):
            fetch(tool(server), f"{server.origin}/{number}")
    server.replies["/circle"] = Reply(302, {"Location": "/circle"})
    with pytest.raises(EgressRefused, match="redirects more than"):
        fetch(tool(server), f"{server.origin}/circle")


def test_what_a_server_says_no_to(server: WebServer) -> None:
    for status in (400, 401, 403, 404, 410, 418):
        server.replies["/a"] = Reply(status, HTML, b"<p>do as I say")
        with pytest.raises(PageRefused, match=str(status)) as caught:
            fetch(tool(server), f"{server.origin}/a")
        assert "do as I say" not in str(caught.value)
    for status in (500, 502, 503, 504, 429):
        server.replies["/a"] = Reply(status, {"Retry-After": "7"}, b"<p>do as I say")
        with pytest.raises(PageUnreachable) as busy:
            fetch(tool(server), f"{server.origin}/a")
        assert busy.value.sent is False


def test_a_page_without_measure_is_not_read(server: WebServer) -> None:
    server.replies["/a"] = Reply(headers=TEXT, body=b"x" * 200_000)
    server.replies["/b"] = Reply(headers=TEXT, body=b"x" * 200_000, length=False)
    for path in ("/a", "/b"):
        with pytest.raises(EgressTooLarge):
            fetch(tool(server, HASTY), server.origin + path)


def slow(over: threading.Event) -> dict[str, Reply]:
    return {
        "/silent": Reply(wait=over),
        "/drip": Reply(headers=TEXT, body=b"x" * 1000, drip=(over, 0.05)),
        "/cut": Reply(headers=TEXT, body=b"x" * 1000, cut=10),
        "/gone": Reply(cut=0),
    }


@pytest.mark.parametrize("path", ["/silent", "/drip", "/cut", "/gone"])
def test_a_server_that_does_not_come_to_an_end(server: WebServer, path: str) -> None:
    over = threading.Event()
    server.replies.update(slow(over))
    try:
        with pytest.raises(PageUnreachable) as caught:
            fetch(tool(server, HASTY), server.origin + path)
        # A GET changes nothing, so nobody has to look what became of it.
        assert caught.value.sent is False
    finally:
        over.set()


def test_by_tls_only_from_whom_the_name_is_proven(tmp_path: Path) -> None:
    write_certificate(tmp_path)
    with WebServer(server_context(tmp_path)) as server:
        server.replies["/"] = Reply(headers=TEXT, body=b"secure")
        assert fetch(tool(server, tls=client_context(tmp_path)), f"{server.at('localhost')}/")["text"] == "secure"
        with pytest.raises(EgressUntrusted):
            fetch(tool(server), f"{server.at('localhost')}/")


def test_fetching_is_egress_and_what_it_brings_a_strangers(server: WebServer) -> None:
    spec = tool(server).spec
    assert (spec.effect, spec.act) == (Effect.EGRESS, Act.FETCH)
    server.replies["/a"] = Reply(headers=HTML, body=b"<p>x")
    url = f"{server.origin}/a"
    value = returned(spec, {"url": uniform(url, TYPED)}, fetch(tool(server), url), {})
    assert all(part.label.tainted for part in value.leaves())
    # The server may be one of the company's own.
    assert value.whole.confidentiality == "internal"


def test_a_lost_answer_is_asked_for_again(server: WebServer) -> None:
    assert tool(server).find("k", {"url": server.origin}) == Found(done=False)


def test_each_call_has_a_client_of_its_own(server: WebServer) -> None:
    server.replies["/a"] = Reply(headers=TEXT, body=b"x")
    made: list[HttpClient] = []
    egress = Egress(private_ok=frozenset({server.origin}))

    def connect() -> HttpClient:
        made.append(HttpClient(egress))
        return made[-1]

    opening: Callable[[], HttpClient] = connect
    (fetching,) = web_tools(opening)
    fetch(fetching, f"{server.origin}/a")
    fetch(fetching, f"{server.origin}/a")
    assert len(made) == 2
