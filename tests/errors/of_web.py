"""Reproducers of the web server and what it takes."""

from __future__ import annotations

import asyncio
import socket

from starlette.requests import Request
from starlette.types import Message

from gainful.agents.waking.trigger import WebhookTrigger
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.waking.triggers import Dispatcher, Sources
from gainful.app.waking.webhooks import Webhooks
from gainful.core.clock import system_clock
from gainful.core.errors import GainfulError
from gainful.sdk.secret import Secret
from gainful.storage.agents.occurrence_store import OccurrenceStore
from gainful.storage.settings.web import Server
from gainful.web.reading import read
from gainful.web.server import WebServer
from gainful.web.signature import signed_by_gainful
from gainful.web.webhook import content_of
from tests.errors.registry import Place, reproduces


@reproduces("webhook-refused")
def _nobody_signed_it(place: Place) -> None:
    signed_by_gainful(Secret("webhook:handbook", "a long random secret"), {}, b"{}", system_clock())


@reproduces("webhook-invalid")
def _a_form_instead_of_json(place: Place) -> None:
    content_of("application/x-www-form-urlencoded", b"payload={}")


@reproduces("webhook-secret-missing")
def _nobody_stored_its_secret(place: Place) -> None:
    def complain(error: GainfulError) -> None:
        raise error

    with place.app() as app:
        sources = Sources(app.mails, app.runs)
        store = OccurrenceStore(app.database)
        dispatcher = Dispatcher(store, lambda _: None, list, system_clock, sources, complain)
        trigger = WebhookTrigger(on="webhook")
        Webhooks(dispatcher, app.broker).secret(WakeableAgent("handbook", "ada", (trigger,)), trigger)


@reproduces("request-too-large")
def _a_request_of_more_than_is_taken(place: Place) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b" " * 2000, "more_body": False}

    asyncio.run(read(Request({"type": "http", "method": "POST", "headers": []}, receive), 1024))


@reproduces("address-taken")
def _somebody_listens_there(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        WebServer(Server(port=listening.getsockname()[1]), []).start()
