"""The connector of feeds: the contract of all connectors, and real documents from a server on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gainful_feeds
import pytest
from gainful_feeds.connector import FeedUnknown
from gainful_feeds.feed import FeedUnreadable, entries_of

from gainful.core.value import Json
from gainful.sdk.egress import EgressRefused
from gainful.sdk.testing.connector import ConnectorContract, context, grant
from gainful.sdk.tool import ToolUnreachable

RSS = b"""<rss version="2.0"><channel><title>News</title>
<item><title>Older</title><link>https://news.example.org/1</link><pubDate>Sat, 21 Nov 2026 08:00:00 GMT</pubDate></item>
<item><title>New &amp; <![CDATA[<b>bold</b>]]></title><description>&lt;p&gt;Said.&lt;/p&gt;</description>
<pubDate>Sun, 22 Nov 2026 09:00:00 +0100</pubDate></item></channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>One</title><link href="https://news.example.org/2"/>
<updated>2026-11-22T08:00:00Z</updated><summary>Said.</summary></entry></feed>"""


PAGES = {"/rss": RSS, "/atom": ATOM, "/page": b"<html></html>"}


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path in PAGES else 404)
        self.end_headers()
        self.wfile.write(PAGES.get(self.path, b""))

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def origin() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class TestFeeds(ConnectorContract):
    connector = gainful_feeds.connector

    def settings(self) -> Json:
        return {"feeds": {"news": "https://news.example.org/rss"}}


def call(origin: str, name: str, *, reach: bool = True, **arguments: Json) -> Json:
    feeds = {page: f"{origin}/{page}" for page in ("rss", "atom", "page", "gone")}
    made = gainful_feeds.connector.tools(context({"feeds": feeds}, own_servers=[origin] if reach else []))
    (tool,) = [tool for tool in made if tool.spec.name == name]
    return tool.call(grant(tool), arguments)


def test_the_newest_comes_first_as_plain_text(origin: str) -> None:
    new, older = call(origin, "feeds.entries", feed="rss")
    assert new == {"title": "New & bold", "link": "", "text": "Said.", "at": "2026-11-22T08:00:00+00:00"}
    assert (older["title"], older["link"]) == ("Older", "https://news.example.org/1")
    assert call(origin, "feeds.entries", feed="rss", since="2026-11-22") == [new]


def test_atom_and_the_list(origin: str) -> None:
    (entry,) = call(origin, "feeds.entries", feed="atom")
    assert (entry["title"], entry["link"], entry["text"]) == ("One", "https://news.example.org/2", "Said.")
    assert call(origin, "feeds.list") == ["atom", "gone", "page", "rss"]


def test_what_cannot_be_read(origin: str) -> None:
    with pytest.raises(FeedUnreadable):
        call(origin, "feeds.entries", feed="page")
    with pytest.raises(ToolUnreachable):
        call(origin, "feeds.entries", feed="gone")
    with pytest.raises(FeedUnknown):
        call(origin, "feeds.entries", feed="other")
    with pytest.raises(FeedUnknown):
        call(origin, "feeds.entries", feed="rss", since="yesterday")
    with pytest.raises(EgressRefused):
        call(origin, "feeds.entries", feed="rss", reach=False)


@pytest.mark.parametrize("document", [b"", b"<rss>", b"<!DOCTYPE x [<!ENTITY a 'aa'>]><rss>&a;</rss>", b"\xff\xfe"])
def test_documents_that_are_no_feed(document: bytes) -> None:
    with pytest.raises(FeedUnreadable):
        entries_of(document)
