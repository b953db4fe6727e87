"""Signed requests of the Events API: what is let in, and when it is answered."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web

from gainful.connectors.slack import SlackChat, listener
from gainful.connectors.slack.errors import SlackUnset
from gainful.connectors.slack.fake import FakeSlack
from gainful.connectors.slack.fake.delivery import signature
from gainful.connectors.slack.listener import HttpAnswer
from gainful.sdk.chat import ChatUnreachable, EventKind
from gainful.sdk.secret import Handle
from tests.unit.connectors.slack.conftest import Open

BODY = json.dumps(
    {
        "type": "event_callback",
        "event_id": "Ev1",
        "event": {"type": "message", "channel": "C00000001", "user": "U00000002", "text": "Hi", "ts": "1.000001"},
    }
)


@pytest.fixture
def asked() -> Iterator[ThreadPoolExecutor]:
    """Where requests are answered, each in an event loop of its own, as a web server does."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def chat(opened: Open) -> SlackChat:
    """A client that waits for requests."""
    return opened(socket=False)


def signed(slack: FakeSlack, body: str = BODY, age: timedelta = timedelta(0), **changes: str) -> Mapping[str, str]:
    stamp = str(int((datetime.now(UTC) - age).timestamp()))
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": signature(slack.signing_secret, stamp, body),
        **changes,
    }


def ask(pool: ThreadPoolExecutor, chat: SlackChat, headers: Mapping[str, str], body: str = BODY) -> Future[HttpAnswer]:
    return pool.submit(lambda: asyncio.run(chat.handle(headers, body.encode())))


def test_a_signed_event_is_answered_once_it_is_written_down(
    slack: FakeSlack, chat: SlackChat, asked: ThreadPoolExecutor
) -> None:
    answer = ask(asked, chat, signed(slack))
    (event,) = chat.events(timedelta(seconds=10))
    assert not answer.done()
    assert event.id == "message:C00000001:1.000001"
    assert chat.events(timedelta(0)) == []
    assert answer.result(10)[0] == 200


def test_an_event_that_nobody_writes_down_is_refused_in_time(
    slack: FakeSlack, chat: SlackChat, asked: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "ANSWER_WITHIN", 0.2)
    answer = ask(asked, chat, signed(slack))
    assert len(chat.events(timedelta(seconds=10))) == 1
    assert answer.result(10)[0] == 503
    assert chat.events(timedelta(0)) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Slack-Signature": "v0=" + "0" * 64},
        {"X-Slack-Signature": ""},
        {"X-Slack-Request-Timestamp": "1700000000"},
        {"X-Slack-Request-Timestamp": ""},
        {"X-Slack-Request-Timestamp": "soon"},
        {"X-Slack-Request-Timestamp": "-1"},
    ],
)
def test_what_slack_did_not_sign_is_not_heard(slack: FakeSlack, chat: SlackChat, headers: dict[str, Any]) -> None:
    status, _, body = asyncio.run(chat.handle(signed(slack, **headers), BODY.encode()))
    assert status == 401
    assert b"Hi" not in body
    assert chat.events(timedelta(0)) == []


def test_another_secret_another_body_and_an_old_request_are_not_heard(slack: FakeSlack, chat: SlackChat) -> None:
    stamp = str(int(datetime.now(UTC).timestamp()))
    foreign = {
        **signed(slack),
        "X-Slack-Signature": signature("another", stamp, BODY),
        "X-Slack-Request-Timestamp": stamp,
    }
    changed = signed(slack, BODY.replace("Hi", "Ho"))
    old = signed(slack, age=timedelta(minutes=6))
    for headers in (foreign, changed, old):
        assert asyncio.run(chat.handle(headers, BODY.encode()))[0] == 401
    assert chat.events(timedelta(0)) == []


def test_the_same_request_again_is_the_same_event(slack: FakeSlack, chat: SlackChat, asked: ThreadPoolExecutor) -> None:
    headers = signed(slack)
    first = ask(asked, chat, headers)
    (event,) = chat.events(timedelta(seconds=10))
    assert chat.events(timedelta(0)) == []
    again = ask(asked, chat, headers)
    (repeated,) = chat.events(timedelta(seconds=10))
    assert chat.events(timedelta(0)) == []
    assert repeated == event
    assert [answer.result(10)[0] for answer in (first, again)] == [200, 200]


def test_slack_is_told_that_the_address_is_ours(slack: FakeSlack, chat: SlackChat) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"})
    status, _, answer = asyncio.run(chat.handle(signed(slack, body), body.encode()))
    assert (status, b"3eZbrw1a" in answer) == (200, True)
    status, _, answer = asyncio.run(chat.handle({**signed(slack, body), "X-Slack-Signature": "v0=0"}, body.encode()))
    assert (status, b"3eZbrw1a" in answer) == (401, False)


def test_presses_and_commands_come_as_forms(slack: FakeSlack, chat: SlackChat, asked: ThreadPoolExecutor) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    press = {
        "type": "block_actions",
        "trigger_id": "1.1",
        "user": {"id": "U00000002"},
        "channel": {"id": "C00000001"},
        "actions": [{"type": "button", "value": "id:nonce", "action_ts": "7.5"}],
    }
    for body, kind in (
        (urlencode({"payload": json.dumps(press)}), EventKind.PRESSED),
        (urlencode({"command": "/ask", "text": "why & how", "user_id": "U1", "trigger_id": "1.2"}), EventKind.COMMAND),
    ):
        answer = ask(asked, chat, {**signed(slack, body), **form}, body)
        (event,) = chat.events(timedelta(seconds=10))
        assert event.kind is kind
        chat.events(timedelta(0))
        assert answer.result(10)[0] == 200


def test_what_is_of_no_interest_is_answered_at_once(slack: FakeSlack, chat: SlackChat) -> None:
    body = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "channel_created"}})
    assert asyncio.run(chat.handle(signed(slack, body), body.encode()))[0] == 200


def test_that_slack_has_dropped_events_is_told_once(slack: FakeSlack, chat: SlackChat) -> None:
    body = json.dumps({"type": "app_rate_limited", "minute_rate_limited": 1518467820})
    assert asyncio.run(chat.handle(signed(slack, body), body.encode()))[0] == 200
    with pytest.raises(ChatUnreachable, match="not delivered"):
        chat.events(timedelta(seconds=10))
    assert chat.events(timedelta(0)) == []


def test_without_a_signing_secret_nothing_is_let_in(slack: FakeSlack, opened: Open) -> None:
    chat = opened(socket=False, signing=Handle.of(None))
    assert asyncio.run(chat.handle(signed(slack), BODY.encode()))[0] == 503
    with pytest.raises(SlackUnset, match="signing"):
        chat.events(timedelta(seconds=10))
    assert chat.events(timedelta(0)) == []


def test_odd_bodies(slack: FakeSlack, chat: SlackChat) -> None:
    assert asyncio.run(chat.handle(signed(slack), b"\xff\xfe"))[0] == 401
    assert asyncio.run(chat.handle(signed(slack), b"x" * (1024 * 1024 + 1)))[0] == 413
    for body in ("", "[]", "null", "not json", '{"type": 7}'):
        status, _, _ = asyncio.run(chat.handle(signed(slack, body), body.encode()))
        assert status in (200, 400, 500), body
    assert chat.events(timedelta(0)) == []


def test_who_we_are_cannot_be_told(slack: FakeSlack, chat: SlackChat) -> None:
    slack.faults.revoked = True
    assert asyncio.run(chat.handle(signed(slack), BODY.encode()))[0] == 503
    slack.faults.revoked = False
    assert chat.events(timedelta(0)) == []


def test_the_environment_changes_nothing(slack: FakeSlack, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "SLACK_CLIENT_ID",
        "SLACK_CLIENT_SECRET",
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SLACK_APP_TOKEN",
    ):
        monkeypatch.setenv(name, "from the environment")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    chat = opened()
    slack.say("ada", "help", "@gainful hello")
    while not (found := chat.events(timedelta(seconds=1))):
        slack.lapse()
    assert found[0].kind is EventKind.MENTION
    assert {call.error for call in slack.calls()} == {""}


def test_the_whole_way_over_http(slack: FakeSlack, chat: SlackChat) -> None:
    with Served(chat) as url:
        slack.post_events_to(url)
        slack.say("ada", "help", "@gainful hello")
        slack.command("ada", "help", "/ask", "why")
        found: dict[str, Any] = {}
        while len(found) < 2:
            found |= {event.id: event for event in chat.events(timedelta(seconds=5))}
        while slack.unacknowledged():
            chat.events(timedelta(seconds=0.1))
    assert {event.kind for event in found.values()} == {EventKind.MENTION, EventKind.COMMAND}
    assert all(len(sent.tries) == 1 for sent in slack.sent())


class Served:
    """A web server that hands requests to the client, in a loop that is not the client's."""

    def __init__(self, chat: SlackChat) -> None:
        self._chat = chat
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> str:
        async def handle(request: web.Request) -> web.Response:
            status, headers, body = await self._chat.handle(request.headers, await request.read())
            return web.Response(status=status, headers=headers, body=body)

        app = web.Application()
        app.router.add_post("/slack/events", handle)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/slack/events"
