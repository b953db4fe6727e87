"""XML of a server that may be anybody's: what WebDAV has in it is read, and nothing else."""

from __future__ import annotations

import pytest

from gainful.connectors.caldav.multistatus import CALDAV, DAV, read
from gainful.sdk.calendar import CalendarUnreachable
from tests.unit.connectors.caldav.odd_server import CALENDAR, HEAD, response, told

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
HOSTILE = {
    "empty": b"",
    "no XML": b"HTTP is fine",
    "a page": b"<html><body>Sign in</body></html>",
    "cut off": HEAD.encode() + b"<d:response>",
    "a billion laughs": f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]><x>&l9;</x>'.encode(),
    "a file of ours": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
    "a document type alone": b'<!DOCTYPE x SYSTEM "http://example.org/x.dtd"><x/>',
    "an entity that nobody defined": HEAD.encode() + b"<d:response>&nbsp;</d:response></d:multistatus>",
    "boxes in boxes": HEAD.encode() + b"<a>" * 10_000 + b"</a>" * 10_000 + b"</d:multistatus>",
    "more parts than anything has": HEAD.encode() + b"<a/>" * 100_001 + b"</d:multistatus>",
    "another namespace": b'<multistatus xmlns="urn:other"/>',
    "an encoding that nobody knows": b'<?xml version="1.0" encoding="x-unknown"?><d:multistatus xmlns:d="DAV:"/>',
    "bytes that are no letters": HEAD.encode() + b"<d:response>\xff\xfe</d:response></d:multistatus>",
    "two ends": HEAD.encode() + b"</d:multistatus></d:multistatus>",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_refused(body: bytes) -> None:
    with pytest.raises(CalendarUnreachable) as caught:
        read(body)
    assert not caught.value.sent


def test_what_is_said_of_each_thing() -> None:
    one, two = read(told(response("/cal/", CALENDAR), response("/cal/a.ics", '<d:getetag>"1"</d:getetag>')).body)
    kinds = one.node(DAV, "resourcetype")
    assert one.href == "/cal/" and kinds is not None and kinds.first(CALDAV, "calendar") is not None
    assert two.text(DAV, "getetag") == '"1"'
    assert two.text(DAV, "displayname") == ""


def test_what_the_server_does_not_give_is_not_there() -> None:
    (one,) = read(told(response("/cal/", "<d:displayname>Secret</d:displayname>", "HTTP/1.1 403 Forbidden")).body)
    assert one.text(DAV, "displayname") == ""


def test_text_in_pieces_is_whole() -> None:
    (one,) = read(told(response("/cal/", "<d:displayname>A &amp; B <![CDATA[<C>]]></d:displayname>")).body)
    assert one.text(DAV, "displayname") == "A & B <C>"
