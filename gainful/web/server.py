"""The web server of one process: the routes that it is given, in a thread, at one address.

with WebServer(config.server, [WebhookDoor(hooks, clock, complain, largest).route()]) as server:
    server.address       # "http://127.0.0.1:8787"

It speaks plain HTTP to this machine. Whoever wants to be reached from elsewhere puts a server with TLS in front of it.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from gainful.core.errors import Unavailable
from gainful.storage.settings.web import Server
from gainful.web.connection import Connection
from gainful.web.framing import OneLength
from gainful.web.reading import RequestTooLarge, read

MOST_AT_ONCE = 1000
"""Requests under way, open live views among them; more are told to come again."""

GOODBYE = timedelta(seconds=5)
"""How long requests under way may take when it stops."""

Handle = Callable[[Mapping[str, str], bytes], Awaitable[tuple[int, Mapping[str, str], bytes]]]
"""Answers a request by its headers and body with status, headers and body, as connectors that are called do."""


class AddressTaken(Unavailable):
    """The address at which the web server should listen cannot be had."""

    code = "address-taken"


class WebServer:
    """Listens from `start` to `stop`.

    Args:
        routes: What it answers; everything else is not found.
        on_stop: Lets go of answers that would not end by themselves.
    """

    def __init__(
        self, settings: Server, routes: Sequence[BaseRoute], on_stop: Callable[[], None] | None = None
    ) -> None:
        self._settings = settings
        self._on_stop = on_stop
        app = Starlette(routes=list(routes), exception_handlers={404: _not_found, 405: _not_found})
        # Behind TLS it would lead to an address without.
        app.router.redirect_slashes = False
        self._server = uvicorn.Server(
            uvicorn.Config(
                OneLength(app),
                http=Connection,
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                # Nothing here asks where a request comes from, so nobody need be believed about it.
                proxy_headers=False,
                lifespan="off",
                ws="none",
                limit_concurrency=MOST_AT_ONCE,
                timeout_graceful_shutdown=int(GOODBYE.total_seconds()),
            )
        )
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> WebServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """Where it can be reached, once it has started."""
        if self._socket is None:
            return ""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Listen. Requests that come from now on are answered.

        Raises:
            AddressTaken: Somebody else listens there, or the machine has no such address.
        """
        # Bound here and not by the thread, so that whoever starts it learns that it cannot be.
        self._socket = _bound(self._settings.host, self._settings.port or 0)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="web server", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End what is under way, and listen no more. Safe to call twice."""
        if self._on_stop is not None:
            self._on_stop()
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(GOODBYE.total_seconds() + 5)
        if self._socket is not None:
            self._socket.close()
        self._thread = self._socket = None


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def relayed(path: str, handle: Handle, largest: int) -> Route:
    """A route whose requests a connector answers, such as Slack's events.

    Args:
        largest: Octets of a request's body.
    """

    async def endpoint(request: Request) -> Response:
        try:
            body = await read(request, largest)
        except RequestTooLarge:
            return Response(status_code=413)
        status, headers, content = await handle(dict(request.headers), body)
        return Response(content, status, dict(headers))

    return Route(path, endpoint, methods=["POST"])


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        found = socket.socket(family, kind, protocol)
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(address)
            found.listen(128)
        except OSError:
            found.close()
            raise
    except OSError as error:
        raise AddressTaken(
            f"The web server cannot listen at {host}, port {port}: {error.strerror or error}.",
            "Choose another port under [server] in gainful.toml, or stop who listens there.",
        ) from None
    return found


async def _not_found(request: Request, _: Exception) -> Response:
    del request
    return JSONResponse({"error": {"code": "not-found", "what": "There is nothing here.", "next_move": ""}}, 404)
