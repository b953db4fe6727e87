"""The doors of one installation: where other systems reach it while `gainful serve` runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from gainful.app import Gainful
from gainful.app.books.telemetry import Telemetry, Tokens
from gainful.app.waking.triggers import Dispatcher
from gainful.app.waking.webhooks import Webhooks
from gainful.core.errors import GainfulError, Invalid
from gainful.sdk.chat import CalledChat
from gainful.web.deploy_hook import DeployHookDoor
from gainful.web.health import health_routes
from gainful.web.otlp import TelemetryDoor
from gainful.web.outcome_hook import OutcomeHookDoor
from gainful.web.server import WebServer, is_loopback, relayed
from gainful.web.signature import is_one_of
from gainful.web.webhook import WebhookDoor

if TYPE_CHECKING:
    from gainful.web.console import ConsoleSite

KB = 1024


class ConsoleExposed(Invalid):
    """The console would be reached from elsewhere without TLS."""

    code = "console-exposed"


def doors(app: Gainful, wakers: Dispatcher, complain: Callable[[GainfulError], None]) -> AbstractContextManager[object]:
    """The web server, listening from `with` to its end; nothing where the settings name no port.

    Raises:
        AddressTaken: It cannot listen there.
        ConsoleExposed: It would listen beyond this machine without TLS in front.
        GainfulError: A chat that is to be called cannot be opened.
    """
    settings = app.config.server
    if settings.port is None:
        return nullcontext()
    largest = settings.largest_kb * KB
    routes: list[BaseRoute] = [
        # First: what is called `deploy` there is no agent.
        DeployHookDoor(app.deploy_hooks, app.clock, complain, largest).route(),
        WebhookDoor(Webhooks(wakers, app.broker), app.clock, complain, largest).route(),
    ]
    routes.append(OutcomeHookDoor(app.told, app.clock, complain, largest).route())
    intake = app.config.intake.largest_mb * KB * KB
    tokens = Tokens(app.secrets.names, app.broker, app.clock)
    telemetry = Telemetry(
        app.telemetry,
        lambda given: is_one_of(given, tokens.all()),
        app.clock,
        intake,
        open_=app.config.intake.open and is_loopback(settings.host),
        person_of=app.access.reporter,
    )
    routes.append(TelemetryDoor(telemetry, complain, intake).route())
    for name, setting in app.chats.connections.settings.items():
        chat = app.chats.connections.chat(name) if setting.hear == "events" else None
        if isinstance(chat, CalledChat):
            routes.append(relayed(f"/chats/{name}", chat.handle, largest))
    routes += health_routes(app, app.access)
    site = _console(app, complain)
    if site is not None:
        routes.append(Mount("/", site))
    server = WebServer(settings, routes, on_stop=site.close if site is not None else None)
    port = app.config.intake.grpc_port
    return server if port is None else _both(server, telemetry, f"{settings.host}:{port}", intake)


def _console(app: Gainful, complain: Callable[[GainfulError], None]) -> _Console | None:
    """The console, where the settings have it."""
    settings, server = app.config.console, app.config.server
    if not settings.on:
        return None
    if not is_loopback(server.host) and not settings.public_url:
        raise ConsoleExposed(
            f"The console would listen at {server.host}, where others can read what passes.",
            "Put a server with TLS in front and name its address: public_url under [console]. Or set on = false there.",
        )
    names = {server.host, "localhost", "127.0.0.1", "[::1]"} if is_loopback(server.host) else {server.host}
    return _Console(app, {f"{name}:{server.port}" for name in names}, complain)


class _Console:
    """The console, made when somebody asks for it: a server that only takes telemetry needs no memory for it."""

    def __init__(self, app: Gainful, hosts: Iterable[str], complain: Callable[[GainfulError], None]) -> None:
        self._app = app
        self._hosts = tuple(hosts)
        self._complain = complain
        self._lock = threading.Lock()
        self._site: ConsoleSite | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        site = self._site if self._site is not None else await run_in_threadpool(self._made)
        await site.application(scope, receive, send)

    def _made(self) -> ConsoleSite:
        from gainful.web.console import ConsoleSite

        with self._lock:
            if self._site is None:
                self._site = ConsoleSite(
                    self._app, self._app.access, self._app.config.console, self._hosts, self._complain
                )
            return self._site

    def close(self) -> None:
        """Let everybody who watches go."""
        if self._site is not None:
            self._site.live.close()


@contextmanager
def _both(server: WebServer, telemetry: Telemetry, address: str, largest: int) -> Iterator[object]:
    """The web server, and telemetry over gRPC beside it."""
    from gainful.intake.otlp.rpc import RpcServer

    rpc = RpcServer(address, telemetry.admit, telemetry.export, largest)
    with server:
        rpc.start()
        try:
            yield server
        finally:
            rpc.stop()
