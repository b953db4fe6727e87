"""The calendar contract over a file, and over an address where it is published."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from gainful.connectors.ics import FeedCalendar, FileCalendar
from gainful.sdk.calendar import Calendar
from gainful.sdk.secret import Handle
from gainful.sdk.testing.calendar import BERLIN, ReadOnlyContract

EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"


class Texts:
    """What others have put there, as one text."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.texts: dict[str, bytes] = {"": EMPTY}
        self.write()

    def put(self, uid: str, text: bytes) -> None:
        self.texts[uid] = text
        self.write()

    def write(self) -> None:
        self.file.write_bytes(b"".join(self.texts.values()))


class TestFile(ReadOnlyContract):
    @pytest.fixture(autouse=True)
    def calendar(self, tmp_path: Path) -> None:
        self.texts = Texts(tmp_path / "work.ics")

    def make(self) -> Calendar:
        return FileCalendar("work", self.texts.file, BERLIN)

    def put(self, uid: str, text: bytes) -> None:
        self.texts.put(uid, text)


class _Published(http.server.SimpleHTTPRequestHandler):
    """Python's own file server, with a mark of the content as real ones give it."""

    def do_GET(self) -> None:
        body = (Path(self.directory) / "work.ics").read_bytes()
        mark = f'"{sha256(body).hexdigest()}"'
        same = self.headers.get("If-None-Match") == mark
        self.send_response(304 if same else 200)
        self.send_header("ETag", mark)
        self.send_header("Content-Length", "0" if same else str(len(body)))
        self.end_headers()
        if not same:
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def published(tmp_path: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Published, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/work.ics"
    server.shutdown()
    server.server_close()


class TestFeed(ReadOnlyContract):
    @pytest.fixture(autouse=True)
    def calendar(self, tmp_path: Path, published: str) -> None:
        self.texts = Texts(tmp_path / "work.ics")
        self.url = published

    def make(self) -> Calendar:
        return FeedCalendar("work", self.url, Handle.of(None), BERLIN)

    def put(self, uid: str, text: bytes) -> None:
        self.texts.put(uid, text)
