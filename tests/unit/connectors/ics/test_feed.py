"""A published calendar: fetched when it has changed, with its secret, from its server alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gainful.connectors.ics import FeedCalendar
from gainful.core.errors import Refused
from gainful.sdk.calendar import CalendarRefused, CalendarUnreachable, CalendarUnreadable, NoSuchCalendar
from gainful.sdk.http import Limits
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.calendar import BERLIN, DAY, MEETING, NEXT, event


class Publisher:
    """A server that answers as told, and remembers the headers that came."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, event(MEETING), {"ETag": '"1"'}
        self.heard: list[tuple[str, dict[str, str]]] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.heard.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(publisher.status)
                for name, value in publisher.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(publisher.body)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def feed(self, path: str = "/work.ics", secret: str | None = None, **options: object) -> FeedCalendar:
        handle = Handle.of(Secret("calendar:work", secret) if secret else None)
        return FeedCalendar("work", self.origin + path, handle, BERLIN, **options)  # type: ignore[arg-type]


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_what_has_not_changed_is_not_sent_again(publisher: Publisher) -> None:
    feed = publisher.feed()
    feed.events(DAY, NEXT)
    publisher.status, publisher.body = 304, b""
    assert len(feed.events(DAY, NEXT).events) == 1
    assert publisher.heard[1][1]["if-none-match"] == '"1"'


def test_by_its_date_where_there_is_no_mark(publisher: Publisher) -> None:
    publisher.headers = {"Last-Modified": "Mon, 23 Nov 2026 08:00:00 GMT"}
    feed = publisher.feed()
    feed.text()
    feed.text()
    assert publisher.heard[1][1]["if-modified-since"] == "Mon, 23 Nov 2026 08:00:00 GMT"


def test_a_server_that_says_unchanged_before_it_was_asked(publisher: Publisher) -> None:
    publisher.status, publisher.body, publisher.headers = 304, b"", {}
    with pytest.raises(CalendarUnreachable):
        publisher.feed().events(DAY, NEXT)


def test_an_old_copy_is_never_shown_as_new(publisher: Publisher) -> None:
    feed = publisher.feed()
    feed.events(DAY, NEXT)
    publisher.status = 500
    with pytest.raises(CalendarUnreachable):
        feed.events(DAY, NEXT)


def test_the_secret_stands_in_the_address(publisher: Publisher) -> None:
    publisher.feed("/private-{secret}/basic.ics", "s3cr3t-token").text()
    assert publisher.heard[0][0] == "/private-s3cr3t-token/basic.ics"


def test_the_secret_stays_out_of_errors(publisher: Publisher) -> None:
    publisher.status = 403
    with pytest.raises(CalendarRefused) as caught:
        publisher.feed("/private-{secret}/basic.ics", "s3cr3t-token").text()
    assert "s3cr3t" not in str(caught.value)


def test_signing_in(publisher: Publisher) -> None:
    publisher.feed(secret="pass wörd", user="ada").text()
    assert publisher.heard[0][1]["authorization"] == "Basic YWRhOnBhc3Mgd8O2cmQ="


@pytest.mark.parametrize("path", ["/work.ics", "/private-{secret}/basic.ics"])
def test_no_secret_is_stored(publisher: Publisher, path: str) -> None:
    with pytest.raises(CalendarRefused, match="No secret is stored"):
        publisher.feed(path, user="ada").text()
    assert publisher.heard == []


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, CalendarRefused), (403, CalendarRefused), (404, NoSuchCalendar), (410, NoSuchCalendar)]
    + [(status, CalendarUnreachable) for status in (204, 400, 429, 500, 503)],
)
def test_it_is_not_given(publisher: Publisher, status: int, error: type[Exception]) -> None:
    publisher.status = status
    with pytest.raises(error):
        publisher.feed().events(DAY, NEXT)


def test_a_page_to_sign_in_is_no_calendar(publisher: Publisher) -> None:
    publisher.body = b"<html>Sign in</html>"
    with pytest.raises(CalendarUnreadable):
        publisher.feed().events(DAY, NEXT)


def test_too_large(publisher: Publisher) -> None:
    publisher.body = b"x" * 2_000
    with pytest.raises(Refused):
        publisher.feed(limits=Limits(size=1_000)).text()


def test_another_server_is_not_asked(publisher: Publisher) -> None:
    publisher.status, publisher.headers = 302, {"Location": "http://127.0.0.2:9/work.ics"}
    with pytest.raises(Refused):
        publisher.feed().text()


def test_nobody_answers() -> None:
    with pytest.raises(CalendarUnreachable) as caught:
        FeedCalendar("work", "http://127.0.0.1:1/work.ics", Handle.of(None), BERLIN).text()
    assert not caught.value.sent
