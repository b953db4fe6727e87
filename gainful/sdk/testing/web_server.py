"""A web server on loopback that answers as it is told and remembers what it was asked.

with WebServer() as server:
    server.replies["/a"] = Reply(body=b"Hello")
    server.replies["/b"] = lambda seen: Reply(404 if seen.query else 200)
    ...                                # point a client at server.origin
    print(server.seen[0].headers["user-agent"])
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived.

    Args:
        path: With its query.
        headers: By name in small letters.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        """The parameters; of several with one name the last."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers.

    Args:
        length: Tell how long it is; otherwise the end of the connection is the end of the body.
        wait: Answer only once this is set.
        cut: Close the connection after this many octets of the body; 0 for before any answer.
        drip: Send the body octet by octet, and between two of them wait until this is set, or this many seconds.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    length: bool = True
    wait: threading.Event | None = None
    cut: int | None = None
    drip: tuple[threading.Event, float] | None = None


class WebServer:
    """Runs from `with` to its end, in threads, on a port of its own.

    Args:
        tls: Speak TLS with this.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.replies: dict[str, Reply | Callable[[Seen], Reply]] = {}
        self.seen: list[Seen] = []
        self._scheme = "https" if tls else "http"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        # A client that breaks off is nothing that a test has to see.
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return self.at("127.0.0.1")

    def at(self, host: str) -> str:
        """The same under another name."""
        return f"{self._scheme}://{host}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, seen: Seen) -> Reply:
        """What there is to answer; 404 where nobody said."""
        self.seen.append(seen)
        found = self.replies.get(seen.path.partition("?")[0], Reply(404))
        return found(seen) if callable(found) else found


def _handler(server: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = server.answer(Seen(self.command, self.path, headers, body))
            if reply.wait is not None:
                reply.wait.wait(30)
            self.close_connection = self.close_connection or not reply.length or reply.cut is not None
            if reply.cut == 0:
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.length:
                self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            if self.command != "HEAD":
                with suppress(OSError):
                    self._send(reply)

        def _send(self, reply: Reply) -> None:
            if reply.drip is None:
                self.wfile.write(reply.body[: reply.cut])
                return
            over, seconds = reply.drip
            for octet in reply.body:
                self.wfile.write(bytes([octet]))
                self.wfile.flush()
                if over.wait(seconds):
                    break

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

        def log_message(self, *_: object) -> None:
            """Says nothing: the requests are kept, not printed."""

    return Handler
