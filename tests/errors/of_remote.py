"""Reproducers of what goes wrong between this machine and a remote server."""

from __future__ import annotations

import io
import json
from typing import Any

from gainful.app.remote import Remote
from gainful.app.remote.server import LIMITS, RemoteServer
from gainful.cli.context import Context
from gainful.cli.main import cli
from gainful.sdk.http import Limits
from gainful.sdk.secret import Secret
from gainful.sdk.testing.certificate import server_context, write_certificate
from gainful.sdk.testing.web_server import Reply, WebServer
from tests.errors.registry import Place, reproduces

TOKEN = Secret("token", "gainful_of-nobody-at-all")
VERSION = {"gainful-api": "1"}


def _asked(reply: Reply, limits: Limits = LIMITS) -> Any:
    """What a server that answers so is taken for."""
    with WebServer() as server:
        server.replies["/api/v1/agents"] = reply
        with RemoteServer(Remote("team", server.origin, TOKEN), limits, sleep=lambda _: None) as asked:
            return asked.get("/agents")


def _problem(code: str, what: str = "It is so.") -> bytes:
    return json.dumps({"error": {"code": code, "what": what, "next_move": "Do this."}}).encode()


@reproduces("remote-invalid")
def _an_address_without_tls(place: Place) -> None:
    with place.app() as app:
        app.remotes.made("team", "http://gainful.example.org", TOKEN)


@reproduces("no-such-remote")
def _a_server_that_nobody_named(place: Place) -> None:
    with place.app() as app:
        app.remotes.find("team")


@reproduces("remote-unsupported")
def _a_command_for_this_machine_alone(place: Place) -> None:
    context = Context(place.home.path)
    place.patch.setattr("sys.stdin", io.StringIO())
    cli.main(["--remote", "team", "init"], standalone_mode=False, obj=context)


@reproduces("remote-unreachable")
def _a_server_that_is_away(place: Place) -> None:
    with WebServer() as server:
        origin = server.origin
    with RemoteServer(Remote("team", origin, TOKEN), sleep=lambda _: None) as asked:
        asked.get("/agents")


@reproduces("remote-untrusted")
def _a_certificate_of_nobody(place: Place) -> None:
    write_certificate(place.path)
    with WebServer(server_context(place.path)) as server, RemoteServer(Remote("team", server.origin, TOKEN)) as asked:
        asked.get("/agents")


@reproduces("remote-token-refused")
def _a_token_that_has_expired(place: Place) -> None:
    _asked(Reply(401, VERSION, _problem("token-refused")))


@reproduces("remote-scope-missing")
def _a_token_that_may_only_look(place: Place) -> None:
    _asked(
        Reply(403, VERSION, _problem("not-allowed", "This token's scopes, or its person's role, do not allow to look."))
    )


@reproduces("remote-version-differs")
def _a_server_of_another_age(place: Place) -> None:
    _asked(Reply(200, {"gainful-api": "2"}, b"[]"))


@reproduces("remote-answer-too-large")
def _an_answer_without_end(place: Place) -> None:
    _asked(Reply(200, VERSION, b" " * 2000), Limits(size=1000))


@reproduces("remote-answer-unreadable")
def _a_page_of_somebody_elses(place: Place) -> None:
    _asked(Reply(200, {}, b"<h1>Welcome to our network</h1>"))


@reproduces("remote-failed")
def _a_no_whose_name_cannot_be(place: Place) -> None:
    _asked(Reply(500, VERSION, _problem("No Such Thing")))
