"""Where the connector may connect to."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest

from gainful.connectors.slack import SlackAccess, SlackChat
from gainful.connectors.slack.fake import FakeSlack
from gainful.core.clock import system_clock
from gainful.sdk.chat import ChatEvent, EventKind
from gainful.sdk.egress import EgressRefused
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Handle, Secret
from tests.unit.connectors.slack.conftest import Open

TOKEN = Handle.of(Secret("slack:bot", "xoxb-very-secret"))


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Leads everybody elsewhere, and remembers whom."""

    seen: ClassVar[list[str]] = []
    target = ""

    def do_POST(self) -> None:
        Elsewhere.seen.append(self.path)
        self.send_response(307)
        self.send_header("Location", f"{Elsewhere.target}{self.path}")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Elsewhere.seen = []
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_slack_itself_is_reached_by_tls_at_public_addresses_alone() -> None:
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    chat = SlackChat(SlackAccess(bot=TOKEN), system_clock, resolve)
    try:
        with pytest.raises(EgressRefused, match=r"slack\.com leads to 127\.0\.0\.1"):
            chat.me()
    finally:
        chat.close()
    assert asked == [("slack.com", 443)]


def test_no_other_server_is_reached_than_the_one_that_was_named(slack: FakeSlack, opened: Open) -> None:
    chat = opened(socket=False)
    away = ChatEvent(
        "e", EventKind.COMMAND, "U1", "C1", datetime.now(UTC), answer_to="https://hooks.slack.com/actions/1"
    )
    with pytest.raises(EgressRefused):
        chat.answer(Grant("k", "chat.answer"), away, "Hello.")
    near = replace(away, answer_to=f"http://localhost:{slack.url.rpartition(':')[2]}/response/r")
    with pytest.raises(EgressRefused):
        chat.answer(Grant("k", "chat.answer"), near, "Hello.")


def test_a_socket_that_leads_elsewhere_is_not_opened(slack: FakeSlack, opened: Open, elsewhere: str) -> None:
    slack.api.url = elsewhere
    chat = opened()
    with pytest.raises(EgressRefused):
        for _ in range(100):
            chat.events(timedelta(seconds=0.1))
    assert Elsewhere.seen == []


def test_a_redirect_is_not_followed(elsewhere: str, slack: FakeSlack) -> None:
    Elsewhere.target = slack.url
    access = replace(slack.access(), base_url=elsewhere, socket=False)
    chat = SlackChat(access, system_clock)
    try:
        with pytest.raises(EgressRefused, match="leads to another address"):
            chat.me()
    finally:
        chat.close()
    assert Elsewhere.seen == ["/api/auth.test"]
    assert slack.calls() == []


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1", "http://user:pass@127.0.0.1", "http://127.1:80", "127.0.0.1:80", "http://127.0.0.1\\@x"]
)
def test_an_address_that_is_not_plain_is_refused(url: str) -> None:
    with pytest.raises(EgressRefused):
        SlackChat.open(SlackAccess(bot=TOKEN, base_url=url), system_clock)


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("", "https://slack.com/api/"),
        ("http://127.0.0.1:8065", "http://127.0.0.1:8065/api/"),
        ("http://127.0.0.1:8065/", "http://127.0.0.1:8065/api/"),
        ("http://127.0.0.1:8065/api", "http://127.0.0.1:8065/api/"),
        ("https://chat.example.org/slack/api/", "https://chat.example.org/slack/api/"),
    ],
)
def test_where_the_methods_lie(url: str, api: str) -> None:
    assert SlackAccess(bot=TOKEN, base_url=url).api_url() == api
