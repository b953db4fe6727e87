"""Events of strangers as messages: whatever stands in them, they are read or left out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.connectors.matrix.mark import FIELD, Mark, digest_of, mark_in
from gainful.connectors.matrix.reading import answered, key_on, mark_on, message_of, relation, when
from gainful.connectors.matrix.writing import content_of, in_thread, replacing
from gainful.sdk.chat import Button, Message, Words

ME = "@gainful:example.org"
ROOM = "!r:example.org"


def event(content: Any = None, **more: Any) -> dict[str, Any]:
    """A message of Ada's."""
    return {
        "type": "m.room.message",
        "event_id": "$1",
        "sender": "@ada:example.org",
        "origin_server_ts": 1_700_000_000_000,
        "content": {"msgtype": "m.text", "body": "Hello."} if content is None else content,
        **more,
    }


def read(content: Any = None, **more: Any) -> Message:
    """It, as a message."""
    found = message_of(event(content, **more), ROOM, ME)
    assert found is not None
    return found


def test_a_plain_message() -> None:
    found = read()
    assert (found.text, found.sender, found.place.thread) == ("Hello.", "@ada:example.org", "")
    assert found.at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert found.link == "https://matrix.to/#/!r:example.org/$1"


@pytest.mark.parametrize(
    "odd",
    [
        event({}),
        event({"body": "No kind."}),
        event({"msgtype": "m.text", "body": 7}),
        event("text"),
        event(type="m.room.encrypted"),
        event(event_id=None),
        event(sender=["@ada:example.org"]),
        event({"msgtype": "m.text", "body": "* x", "m.relates_to": {"rel_type": "m.replace", "event_id": "$0"}}),
    ],
)
def test_what_is_no_message(odd: dict[str, Any]) -> None:
    assert message_of(odd, ROOM, ME) is None


def test_a_change_counts_only_by_who_wrote_it() -> None:
    new = {"msgtype": "m.text", "body": "Changed."}
    by_ada = {"sender": "@ada:example.org", "content": {"m.new_content": new}}
    by_bo = {"sender": "@bo:example.org", "content": {"m.new_content": new}}
    assert read(unsigned={"m.relations": {"m.replace": by_ada}}).text == "Changed."
    assert read(unsigned={"m.relations": {"m.replace": by_bo}}).text == "Hello."


def test_a_quotation_of_what_is_answered_is_left_out() -> None:
    assert read({"msgtype": "m.text", "body": "> <@bo:x> What?\n> more\n\nYes."}).text == "Yes."
    assert read({"msgtype": "m.text", "body": "> only a quotation\n\n"}).text == "> only a quotation\n\n"


def test_a_program_that_marks_nothing_is_an_agent_all_the_same() -> None:
    found = read({"msgtype": "m.notice", "body": "Build failed."})
    assert (found.by_agent, found.hops) == (True, 1)


@pytest.mark.parametrize("stamp", [None, "now", -(10**30), 10**30, True, 1.5])
def test_an_odd_time_is_no_failure(stamp: Any) -> None:
    assert when(event(origin_server_ts=stamp)).tzinfo is UTC


def test_mentions_are_members() -> None:
    listed = {"user_ids": [ME, "@bo:example.org", "everybody", 7, ME]}
    assert read({"msgtype": "m.text", "body": "x", "m.mentions": listed}).mentions == (ME, "@bo:example.org")
    assert read({"msgtype": "m.text", "body": f"{ME} look"}).mentions == (ME,)
    assert read({"msgtype": "m.text", "body": f"{ME}.evil look"}).mentions == ()


def test_only_own_messages_lose_what_was_put_below_them() -> None:
    words = Words("Shall I?", "handbook", 1, (Button("b1", "Yes"),))
    content = content_of(words, Mark("handbook", 1, "key", words.buttons), {})
    assert read(content, sender=ME).text == "Shall I?"
    assert read(content).text == content["body"]


@pytest.mark.parametrize("text", ["Hello.", "a\n\nb", "(handbook, an agent)", "x\n\n(handbook, an agent)", "@room"])
def test_what_is_written_is_read_again(text: str) -> None:
    mark = Mark("handbook", 2, digest_of("k"), (Button("b1", "Yes"), Button("b2", "No")))
    content = in_thread(content_of(Words(text, buttons=mark.buttons), mark, {}), "$0")
    found = read(content, sender=ME)
    assert found.text == text.replace("@room", "@\u2060room")
    assert (found.by_agent, found.hops, found.place.thread) == (True, 2, "$0")
    assert [button.id for button in mark_on(event(content)).buttons] == ["b1", "b2"]
    assert key_on(event(content)) == digest_of("k")
    changed = {"sender": ME, "content": replacing(content_of(Words("New."), Mark("handbook"), {}), "$1")}
    after = event(content, sender=ME, unsigned={"m.relations": {"m.replace": changed}})
    assert mark_on(after).buttons == ()
    assert key_on(after) == digest_of("k")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
KEYS = ("msgtype", "body", "format", "formatted_body", "m.mentions", "m.relates_to", "m.new_content", FIELD)
odd_contents = st.dictionaries(st.sampled_from(KEYS), json_values, max_size=6) | json_values


@given(odd_contents, odd_contents, json_values, json_values)
def test_no_event_is_a_failure(content: Any, changed: Any, unsigned: Any, stamp: Any) -> None:
    bundled = {"m.relations": {"m.replace": {"sender": "@ada:example.org", "content": {"m.new_content": changed}}}}
    for around in (unsigned, bundled):
        one = event(content, unsigned=around, origin_server_ts=stamp)
        found = message_of(one, ROOM, ME)
        assert found is None or isinstance(found.text, str)
        assert isinstance(mark_on(one), Mark)
        relation(one)
        answered(one)
        when(one)


def test_a_mark_keeps_within_bounds() -> None:
    found = mark_in({FIELD: {"agent": "x" * 9999, "hops": -5, "buttons": [{"id": 7}] * 999}})
    assert found is not None
    assert (len(found.agent), found.hops, len(found.buttons)) == (100, 0, 20)
    assert mark_in({FIELD: {"hops": True}}) == Mark()
