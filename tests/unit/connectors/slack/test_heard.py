"""Which happening a payload tells of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from gainful.connectors.slack.heard import heard
from gainful.connectors.slack.reading import Account
from gainful.connectors.slack.words import mark
from gainful.sdk.chat import EventKind

ME = Account("U0", "gainful", "B0", "T0", "https://example.slack.com/", person="U9")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def event(**content: Any) -> dict[str, Any]:
    return {"type": "event_callback", "event_id": "Ev1", "event": content}


def message(**content: Any) -> dict[str, Any]:
    usual = {"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "text": "Hi", "ts": "1.1"}
    return event(**{**usual, **content})


def test_a_mention_that_comes_as_two_events_is_one() -> None:
    first = heard(message(text="<@U0> hi"), ME, NOW)
    second = heard(event(type="app_mention", channel="C1", user="U1", text="<@U0> hi", ts="1.1"), ME, NOW)
    assert first is not None
    assert second is not None
    assert (first.id, first.kind) == (second.id, second.kind) == ("message:C1:1.1", EventKind.MENTION)


def test_kinds_of_messages() -> None:
    for content, kind in (
        ({}, EventKind.MESSAGE),
        ({"text": "<@U7> hi"}, EventKind.MESSAGE),
        ({"text": "<@U0> hi"}, EventKind.MENTION),
        ({"channel": "D1", "channel_type": "im"}, EventKind.DIRECT),
        ({"channel": "D1", "channel_type": "im", "text": "<@U0> hi"}, EventKind.DIRECT),
        ({"subtype": "thread_broadcast"}, EventKind.MESSAGE),
    ):
        found = heard(message(**content), ME, NOW)
        assert found is not None
        assert found.kind is kind


def test_an_edit_that_names_the_agent_is_news() -> None:
    was = heard(message(), ME, NOW)
    now = heard(
        event(type="app_mention", channel="C1", user="U1", text="<@U0>", ts="1.1", edited={"ts": "2.2"}), ME, NOW
    )
    assert was is not None
    assert now is not None
    assert was.id != now.id


@pytest.mark.parametrize(
    "payload",
    [
        message(user="U0"),
        message(bot_id="B0", user=""),
        message(user="U9", blocks=[mark("handbook", 0, "k")]),
        message(subtype="message_changed", hidden=True),
        message(subtype="channel_join"),
        message(channel=""),
        event(
            type="reaction_added", user="U0", reaction="eyes", item={"type": "message", "channel": "C1", "ts": "1.1"}
        ),
        event(type="reaction_added", user="U1", reaction="eyes", item={"type": "file"}),
        event(type="channel_created"),
        {"type": "event_callback", "event": "odd"},
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": [{"type": "datepicker"}]},
        {"type": "view_submission"},
        {},
    ],
)
def test_what_is_own_or_of_no_interest_is_let_go(payload: dict[str, Any]) -> None:
    assert heard(payload, ME, NOW) is None


def test_the_person_as_whom_the_agent_writes_is_heard_when_they_write_themselves() -> None:
    found = heard(message(user="U9", text="<@U0> hi"), ME, NOW)
    assert found is not None
    assert found.sender == "U9"


def test_another_agent_is_heard_and_known_as_one() -> None:
    found = heard(message(user="U5", bot_id="B5", blocks=[mark("watcher", 2, "k")]), ME, NOW)
    assert found is not None
    assert found.message is not None
    assert (found.message.by_agent, found.message.hops) == (True, 2)


def test_a_reaction() -> None:
    item = {"type": "message", "channel": "C1", "ts": "1.1"}
    found = heard(
        event(type="reaction_added", user="U1", reaction="eyes", item=item, item_user="U0", event_ts="5.000001"),
        ME,
        NOW,
    )
    assert found is not None
    assert (found.id, found.kind, found.detail) == ("event:Ev1", EventKind.REACTION, {"name": "eyes"})
    assert found.message is not None
    assert (found.message.place.message, found.message.sender, found.message.text) == ("1.1", "U0", "")


def test_a_press() -> None:
    payload = {
        "type": "block_actions",
        "trigger_id": "13.37",
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "message": {"ts": "1.1", "user": "U0", "text": "Sure?"},
        "actions": [{"type": "button", "value": "id:nonce", "action_ts": "7.5"}],
        "response_url": "https://hooks.slack.com/actions/1",
    }
    found = heard(payload, ME, NOW)
    assert found is not None
    assert (found.id, found.sender, found.room, found.detail) == ("press:13.37", "U1", "C1", {"button": "id:nonce"})
    assert found.answer_to == "https://hooks.slack.com/actions/1"
    again = heard({**payload, "trigger_id": "13.38"}, ME, NOW)
    assert again is not None
    assert again.id != found.id


def test_a_command() -> None:
    payload = {"command": "/ask", "text": "why", "user_id": "U1", "channel_id": "C1", "trigger_id": "1.2"}
    found = heard(payload, ME, NOW)
    assert found is not None
    assert (found.id, found.at, found.message) == ("command:1.2", NOW, None)
    assert found.detail == {"command": "/ask", "text": "why"}
