"""A CalDAV server of a few lines, for what a well-behaved one cannot be made to do."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gainful.connectors.caldav import CalDavCalendar, Server
from gainful.core.clock import system_clock
from gainful.sdk.http import Limits
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.calendar import ADA, BERLIN

HEAD = '<?xml version="1.0" encoding="utf-8"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'


@dataclass
class Reply:
    """What is answered, with status and headers."""

    status: int = 207
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Heard:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def told(*responses: str) -> Reply:
    """A multistatus with these responses."""
    return Reply(207, f"{HEAD}{''.join(responses)}</d:multistatus>".encode())


def response(href: str, properties: str, status: str = "HTTP/1.1 200 OK") -> str:
    """What it says of one thing."""
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{properties}</d:prop>"
        f"<d:status>{status}</d:status></d:propstat></d:response>"
    )


CALENDAR = "<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>"


class OddServer:
    """Answers by method and path; what it has no answer for is not found."""

    def __init__(self) -> None:
        self.replies: dict[tuple[str, str], Reply | Callable[[Heard], Reply]] = {}
        self.heard: list[Heard] = []
        self._clients: list[Server] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self._server.shutdown()
        self._server.server_close()

    def server(self, secret: str | None = "pass wörd", *, auth: str = "password", size: int = 1_000_000) -> Server:
        handle = Handle.of(Secret("calendar:work", secret) if secret is not None else None)
        limits = Limits(size=size, total=5)
        client = Server(self.origin, "ada", handle, auth=auth, limits=limits)  # type: ignore[arg-type]
        self._clients.append(client)
        return client

    def calendar(self, path: str = "/cal/", **options: object) -> CalDavCalendar:
        """The calendar at /cal/, which is there unless said otherwise."""
        self.replies.setdefault(("PROPFIND", "/cal/"), told(response("/cal/", CALENDAR)))
        settings: dict[str, object] = {"usual": BERLIN, "addresses": (ADA,), "clock": system_clock, **options}
        return CalDavCalendar(self.server(), path, **settings)  # type: ignore[arg-type]


def _handler(odd: OddServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            heard = Heard(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            odd.heard.append(heard)
            found = odd.replies.get((self.command, self.path), Reply(404))
            reply = found(heard) if callable(found) else found
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_PUT = do_DELETE = do_OPTIONS = do_PROPFIND = do_REPORT = _answer

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler
