"""The doors of one installation: where other systems reach it while `gainful serve` runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from starlette.routing import BaseRoute

from gainful.app import Gainful
from gainful.app.telemetry import Telemetry, Tokens
from gainful.app.waking.triggers import Dispatcher
from gainful.app.waking.webhooks import Webhooks
from gainful.core.errors import GainfulError
from gainful.sdk.chat import CalledChat
from gainful.web.deploy_hook import DeployHookDoor
from gainful.web.otlp import TelemetryDoor
from gainful.web.outcome_hook import OutcomeHookDoor
from gainful.web.server import WebServer, is_loopback, relayed
from gainful.web.signature import is_one_of
from gainful.web.webhook import WebhookDoor

KB = 1024


def doors(app: Gainful, wakers: Dispatcher, complain: Callable[[GainfulError], None]) -> AbstractContextManager[object]:
    """The web server, listening from `with` to its end; nothing where the settings name no port.

    Raises:
        AddressTaken: It cannot listen there.
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
    )
    routes.append(TelemetryDoor(telemetry, complain, intake).route())
    for name, setting in app.chats.connections.settings.items():
        chat = app.chats.connections.chat(name) if setting.hear == "events" else None
        if isinstance(chat, CalledChat):
            routes.append(relayed(f"/chats/{name}", chat.handle, largest))
    server = WebServer(settings, routes)
    port = app.config.intake.grpc_port
    return server if port is None else _both(server, telemetry, f"{settings.host}:{port}", intake)


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
