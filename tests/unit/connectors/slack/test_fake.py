"""The imitation itself, asked by Slack's own library: it says what Slack's documentation says."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from gainful.connectors.slack.fake import FakeSlack, Faults
from gainful.connectors.slack.fake.delivery import signature
from gainful.connectors.slack.fake.web_api import SCOPES
from tests.fixtures.waiting import eventually
from tests.unit.connectors.slack.hurried import HurriedClock


@pytest.fixture
def web(slack: FakeSlack) -> WebClient:
    """Slack's own client, as the bot."""
    return WebClient(slack.bot_token, base_url=f"{slack.url}/api/", retry_handlers=[])


def refused(do: Callable[..., Any], **arguments: Any) -> str:
    """Slack's code for why it does not."""
    with pytest.raises(SlackApiError) as caught:
        do(**arguments)
    return str(caught.value.response["error"])


def test_whose_token_it_is(slack: FakeSlack, web: WebClient) -> None:
    found = web.auth_test()
    assert (found["user"], found["bot_id"]) == ("gainful", slack.workspace.bot.bot_id)
    assert set(str(found.headers["x-oauth-scopes"]).split(",")) == set(SCOPES)
    ada = WebClient(slack.person_token("ada"), base_url=f"{slack.url}/api/").auth_test()
    assert (ada["user"], ada.get("bot_id")) == ("ada", None)


def test_who_may_not(slack: FakeSlack, web: WebClient) -> None:
    help_ = slack.channel("help")
    assert refused(WebClient("xoxb-wrong", base_url=f"{slack.url}/api/").auth_test) == "invalid_auth"
    assert refused(WebClient(base_url=f"{slack.url}/api/").auth_test) == "not_authed"
    assert refused(web.api_call, api_method="chat.noSuchThing") == "unknown_method"
    assert refused(web.apps_connections_open, app_token=slack.bot_token) == "not_allowed_token_type"
    assert refused(web.chat_postMessage, channel=slack.channel("general"), text="x") == "not_in_channel"
    assert refused(web.chat_postMessage, channel="C404", text="x") == "channel_not_found"
    assert refused(web.chat_update, channel=help_, ts=slack.say("ada", "help", "x"), text="y") == "cant_update_message"
    slack.faults.missing_scopes = {"chat:write"}
    assert refused(web.chat_postMessage, channel=help_, text="x") == "missing_scope"
    slack.faults.revoked = True
    assert refused(web.auth_test) == "token_revoked"


def test_what_a_message_may_be(slack: FakeSlack, web: WebClient) -> None:
    def no(**arguments: Any) -> str:
        return refused(
            web.api_call, api_method="chat.postMessage", json={"channel": slack.channel("help"), **arguments}
        )

    assert no() == "no_text"
    assert no(text="x", markdown_text="y") == "markdown_text_conflict"
    assert no(blocks=[{"type": "markdown", "text": "x" * 12_001}]) == "msg_blocks_too_long"
    assert no(blocks=[{"type": "carousel"}]) == "invalid_blocks"
    assert no(blocks=[{"type": "actions", "elements": []}]) == "invalid_blocks"
    assert no(text="x", metadata={"event_type": "a b", "event_payload": {}}) == "invalid_metadata_schema"
    assert no(text="x", metadata={"event_type": "ab"}) == "invalid_metadata_format"
    assert no(text="x", metadata={"event_type": "ab", "event_payload": {"x": "y" * 9000}}) == "metadata_too_large"
    assert no(text="x", thread_ts="1.000001") == "thread_not_found"


def test_metadata_is_told_to_who_asks(slack: FakeSlack, web: WebClient) -> None:
    help_, mark = slack.channel("help"), {"event_type": "ours", "event_payload": {"key": "k"}}
    ts = web.chat_postMessage(channel=help_, text="x", metadata=mark)["ts"]
    assert "metadata" not in web.conversations_history(channel=help_)["messages"][0]
    assert web.conversations_history(channel=help_, include_all_metadata=True)["messages"][0]["metadata"] == mark
    web.chat_update(channel=help_, ts=ts, text="y")
    assert web.conversations_history(channel=help_, include_all_metadata=True)["messages"][0]["metadata"] == mark
    web.chat_update(channel=help_, ts=ts, text="y", metadata={})
    assert "metadata" not in web.conversations_history(channel=help_, include_all_metadata=True)["messages"][0]


def test_markdown_comes_back_as_rich_text_and_loses_its_id(slack: FakeSlack, web: WebClient) -> None:
    blocks = [{"type": "markdown", "text": "**x**", "block_id": "mine"}, {"type": "divider", "block_id": "kept"}]
    web.chat_postMessage(channel=slack.channel("help"), text="x", blocks=blocks)
    (message,) = web.conversations_history(channel=slack.channel("help"))["messages"]
    assert [(block["type"], block["block_id"]) for block in message["blocks"]] == [
        ("rich_text", "b0"),
        ("divider", "kept"),
    ]


def test_lists_come_page_by_page(slack: FakeSlack, web: WebClient) -> None:
    for number in range(7):
        slack.say("ada", "help", f"Line {number}.")
    pages = [page["messages"] for page in web.conversations_history(channel=slack.channel("help"), limit=3)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert pages[0][0]["text"] == "Line 6."
    assert refused(web.conversations_history, channel=slack.channel("help"), limit=5000) == "invalid_limit"
    assert refused(web.conversations_history, channel=slack.channel("help"), cursor="odd") == "invalid_cursor"


def test_a_stream_from_its_beginning_to_its_end(slack: FakeSlack, web: WebClient) -> None:
    help_, thread = slack.channel("help"), slack.say("ada", "help", "hello")
    start: dict[str, Any] = {"channel": help_, "thread_ts": thread}
    assert refused(web.chat_startStream, **start) == "missing_recipient_user_id"
    reader: dict[str, Any] = {"recipient_user_id": slack.member("ada"), "recipient_team_id": slack.workspace.team}
    ts = web.chat_startStream(**start, **reader)["ts"]
    assert refused(web.chat_update, channel=help_, ts=ts, text="x") == "streaming_state_conflict"
    assert refused(web.chat_appendStream, channel=help_, ts=ts, chunks=[{"type": "odd"}]) == "invalid_chunks"
    web.chat_appendStream(channel=help_, ts=ts, chunks=[{"type": "markdown_text", "text": "One "}])
    web.chat_stopStream(channel=help_, ts=ts, chunks=[{"type": "markdown_text", "text": "two."}])
    assert refused(web.chat_appendStream, channel=help_, ts=ts, markdown_text="x") == "message_not_in_streaming_state"
    assert web.conversations_replies(channel=help_, ts=thread)["messages"][-1]["text"] == "One two."


def test_the_librarys_own_stream_works(slack: FakeSlack, web: WebClient) -> None:
    stream = web.chat_stream(
        channel=slack.channel("help"),
        thread_ts=slack.say("ada", "help", "hello"),
        recipient_user_id=slack.member("ada"),
        recipient_team_id=slack.workspace.team,
        buffer_size=4,
    )
    stream.append(markdown_text="One two ")
    stream.append(markdown_text="three.")
    stream.stop()
    assert slack.messages("help")[-1]["text"] == "One two three."


def test_limits_are_kept_and_told() -> None:
    clock = HurriedClock()
    with FakeSlack(limits=True, ticks=clock) as slack:
        web = WebClient(slack.bot_token, base_url=f"{slack.url}/api/", retry_handlers=[])
        for number in range(2):
            web.chat_postMessage(channel=slack.channel("help"), text=str(number))
        with pytest.raises(SlackApiError) as caught:
            web.chat_postMessage(channel=slack.channel("help"), text="too much")
        assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "2")
        web.chat_postMessage(channel=slack.channel("leads"), text="elsewhere")
        clock.now += 2
        web.chat_postMessage(channel=slack.channel("help"), text="again")
        for _ in range(20):
            web.users_list()
        assert refused(web.users_list) == "ratelimited"


def test_what_people_type_becomes_markup(slack: FakeSlack) -> None:
    slack.say("ada", "help", "@bo & @channel: see #help, https://example.org/a?b=1. ada@example.org <3 @nobody")
    bo, help_ = slack.member("bo"), slack.channel("help")
    assert slack.messages("help")[0]["text"] == (
        f"<@{bo}> &amp; <!channel>: see <#{help_}|help>, <https://example.org/a?b=1>. ada@example.org &lt;3 @nobody"
    )


def test_a_fault_counts_down_or_stays() -> None:
    faults = Faults()
    assert faults.flip("failing", 2)
    assert [faults.uses("failing") for _ in range(3)] == [True, True, False]
    assert faults.flip("late", 5)
    assert faults.late == 5.0
    assert faults.flip("revoked", True)
    for name, value in (("revoked", 1), ("nothing", True), ("missing_scopes", ["x"]), ("failing", "2")):
        assert not faults.flip(name, value)


# --- telling the app ---


def envelopes(slack: FakeSlack, do: Callable[[], object], many: int, acknowledge: bool = True) -> list[dict[str, Any]]:
    """What a socket brings."""

    async def listen() -> list[dict[str, Any]]:
        async with aiohttp.ClientSession() as http:
            async with http.post(
                f"{slack.url}/api/apps.connections.open", headers={"Authorization": f"Bearer {slack.app_token}"}
            ) as answer:
                url = (await answer.json())["url"]
            async with http.ws_connect(url) as socket:
                found = [await socket.receive_json(timeout=120)]
                await asyncio.to_thread(do)
                while len(found) < many + 1:
                    found.append(await socket.receive_json(timeout=120))
                    if acknowledge and "envelope_id" in found[-1]:
                        await socket.send_json({"envelope_id": found[-1]["envelope_id"]})
                return found

    return asyncio.run(listen())


def test_a_socket_says_hello_and_brings_events(slack: FakeSlack) -> None:
    hello, first, second = envelopes(slack, lambda: slack.say("ada", "help", "@gainful hello"), 2)
    assert (hello["type"], hello["num_connections"]) == ("hello", 1)
    assert [one["payload"]["event"]["type"] for one in (first, second)] == ["message", "app_mention"]
    assert (first["type"], first["retry_attempt"], first["accepts_response_payload"]) == ("events_api", 0, False)
    assert first["payload"]["event_id"] != second["payload"]["event_id"]


def test_a_ticket_is_good_once(slack: FakeSlack) -> None:
    web = WebClient(base_url=f"{slack.url}/api/")
    url = str(web.apps_connections_open(app_token=slack.app_token)["url"])
    assert url.startswith("ws://127.0.0.1:")

    async def twice() -> int:
        async with aiohttp.ClientSession() as http, http.ws_connect(url):
            try:
                await http.ws_connect(url)
            except aiohttp.WSServerHandshakeError as error:
                return error.status
        return 0

    assert asyncio.run(twice()) == 403


def test_no_more_than_ten_sockets(slack: FakeSlack) -> None:
    web = WebClient(base_url=f"{slack.url}/api/")

    async def eleven() -> list[str]:
        async with aiohttp.ClientSession() as http:
            said, kept = [], []
            for _ in range(11):
                url = await asyncio.to_thread(web.apps_connections_open, app_token=slack.app_token)
                kept.append(await http.ws_connect(str(url["url"])))
                said.append((await kept[-1].receive_json(timeout=120)).get("reason", ""))
            return said

    assert asyncio.run(eleven()) == [""] * 10 + ["too_many_websockets"]


def test_what_is_not_acknowledged_is_sent_three_times_more_and_then_given_up() -> None:
    with FakeSlack(pace=0.001) as slack:
        _, *found = envelopes(slack, lambda: slack.say("ada", "help", "hello"), 4, acknowledge=False)
        assert [one["retry_attempt"] for one in found] == [0, 1, 2, 3]
        assert {one["payload"]["event_id"] for one in found} == {found[0]["payload"]["event_id"]}
        assert [one["retry_reason"] for one in found[1:]] == ["timeout"] * 3
        assert eventually(lambda: not slack.unacknowledged())
        assert [sent.given_up for sent in slack.sent()] == [True]


def test_a_press_is_not_sent_again() -> None:
    with FakeSlack(pace=0.001) as slack:
        slack.command("ada", "help", "/ask")
        assert eventually(lambda: not slack.unacknowledged())
        (sent,) = slack.sent()
        assert (sent.given_up, len(sent.tries)) == (True, 1)


def test_requests_are_signed_as_slacks_library_wants_it() -> None:
    stamp = str(int(time.time()))
    verifier = SignatureVerifier("secret")
    assert verifier.is_valid("body", stamp, signature("secret", stamp, "body"))
    assert not verifier.is_valid("body2", stamp, signature("secret", stamp, "body"))


def test_nothing_is_told_of_where_the_app_is_not(slack: FakeSlack) -> None:
    slack.say("ada", "general", "@gainful hello")
    assert slack.sent() == []
    slack.invite("general")
    slack.say("ada", "general", "@gainful hello")
    assert len(slack.sent()) == 2


# --- ids and time ---


def test_ids_and_times_are_the_same_each_time() -> None:
    def run(seed: str = "") -> tuple[list[Any], list[str]]:
        with FakeSlack(clock=lambda: datetime(2026, 11, 22, 8, 0, tzinfo=UTC), pace=1000.0, seed=seed) as slack:
            slack.say("ada", "help", "one")
            slack.say("ada", "help", "two")
            return slack.messages("help"), [sent.event for sent in slack.sent()]

    assert run() == run()
    assert [message["ts"] for message in run()[0]] == ["1795334400.000000", "1795334400.000001"]
    assert run("x")[0] == run()[0]
    assert run("x")[1] != run()[1]


def test_tokens_are_made_up_for_who_asks() -> None:
    made = iter(["one", "two", "three"])
    slack = FakeSlack(secrets=lambda: next(made))
    assert (slack.bot_token, slack.app_token, slack.signing_secret) == ("xoxb-one", "xapp-two", "three")


# --- the page ---


@pytest.fixture
def page(slack: FakeSlack) -> Iterator[Callable[..., tuple[int, Any]]]:
    """Asks the page's server."""
    host = urlsplit(slack.url).netloc
    connection = http.client.HTTPConnection(host, timeout=120)

    def ask(method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        given = {"Origin": slack.url, "Content-Type": "application/json", **headers}
        connection.request(method, path, json.dumps(body) if body is not None else None, given)
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(
            content
        ) if answer.headers.get_content_type() == "application/json" else content

    yield ask
    connection.close()


Ask = Callable[..., tuple[int, Any]]


def test_a_person_writes_reacts_presses_and_commands(slack: FakeSlack, page: Ask, web: WebClient) -> None:
    help_ = slack.channel("help")
    assert page("POST", "/page-do/say", {"as": "ada", "channel": help_, "text": "@gainful hello"})[0] == 200
    ts = slack.posts("help")[0].ts
    assert page("POST", "/page-do/react", {"as": "bo", "channel": help_, "ts": ts, "name": "eyes"})[0] == 200
    assert page("POST", "/page-do/say", {"as": "bo", "channel": help_, "text": "/ask why", "thread": ts})[0] == 200
    button = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Yes"}, "value": "id"}
    asked = web.chat_postMessage(channel=help_, text="Sure?", blocks=[{"type": "actions", "elements": [button]}])["ts"]
    assert page("POST", "/page-do/press", {"as": "bo", "channel": help_, "ts": asked, "value": "id"})[0] == 200
    kinds = [sent.payload.get("type") or sent.payload.get("command") for sent in slack.sent()]
    assert kinds == ["event_callback", "event_callback", "event_callback", "/ask", "event_callback", "block_actions"]


def test_a_person_sees_their_rooms_alone(slack: FakeSlack, page: Ask) -> None:
    names = {
        name: [room["name"] for room in page("GET", f"/page-state?as={name}")[1]["rooms"]] for name in ("ada", "bo")
    }
    assert names == {"ada": ["help", "general", "leads", "gainful"], "bo": ["help", "general", "gainful"]}
    assert page("GET", "/page-state?as=gainful")[0] == 400
    assert page("GET", "/page-state?as=nobody")[0] == 400


def test_switches_are_flipped(slack: FakeSlack, page: Ask) -> None:
    assert page("POST", "/page-do/fault", {"name": "late", "value": 5})[0] == 200
    assert slack.faults.late == 5.0
    assert page("POST", "/page-do/fault", {"name": "late", "value": "soon"})[0] == 409
    assert page("POST", "/page-do/lapse", {})[0] == 200
    assert page("POST", "/page-do/disconnect", {})[0] == 200
    assert page("POST", "/page-do/invite", {"channel": slack.channel("general")})[0] == 200
    assert page("POST", "/page-do/nothing", {})[0] == 400


def test_another_site_can_neither_read_nor_act(slack: FakeSlack, page: Ask) -> None:
    said = {"as": "ada", "channel": slack.channel("help"), "text": "hello"}
    for headers in (
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Content-Type": "text/plain"},
        {"Host": "evil.example.org"},
        {"Host": "evil.example.org", "Origin": "http://evil.example.org"},
    ):
        assert page("POST", "/page-do/say", said, **headers)[0] == 403
    for path in ("/", "/page-state?as=ada", "/page-changes", "/page/page.js"):
        assert page("GET", path, Host="evil.example.org")[0] == 403
    assert slack.posts("help") == []


def test_the_page_loads_nothing_from_elsewhere(slack: FakeSlack, page: Ask) -> None:
    for path in ("/", "/page/page.html", "/page/page.css", "/page/page.js", "/archives/C1/p1"):
        status, content = page("GET", path)
        assert status == 200
        assert b"http://" not in content.replace(b"http://www.w3.org/2000/svg", b"")
        assert b"innerHTML" not in content
    assert page("GET", "/page/server.py")[0] == 404
    assert page("GET", "/page/..%2Fserver.py")[0] == 404


def test_what_goes_over_the_wire_is_shown(slack: FakeSlack, page: Ask, web: WebClient) -> None:
    web.auth_test()
    slack.say("ada", "help", "hello")
    lines = page("GET", "/page-state?as=ada")[1]["wire"]
    assert [(line["what"], line["state"], line["from_app"]) for line in lines] == [
        ("auth.test", "ok", True),
        ("message", "waiting", False),
    ]
