"""Messages that grow."""

from __future__ import annotations

import time

import pytest

from gainful.connectors.slack import SlackChat
from gainful.connectors.slack.fake import FakeSlack
from gainful.connectors.slack.stream import ready
from gainful.core.errors import Broken
from gainful.sdk.chat import Button, ChatRefused, ChatUnreachable, NoSuchRoom, WordsTooLong
from gainful.sdk.grant import Grant
from tests.unit.connectors.slack.conftest import Open

GRANT = Grant("run1:reply", "chat.reply")


def begun(slack: FakeSlack, chat: SlackChat):  # type: ignore[no-untyped-def]
    thread = slack.say("ada", "help", "@gainful tell me")
    return chat.stream(GRANT, slack.channel("help"), thread=thread, agent="handbook", hops=1, to=slack.member("ada"))


def last(slack: FakeSlack) -> str:
    return str(slack.messages("help")[-1]["text"])


def test_a_message_streams_by_slacks_own_means(slack: FakeSlack, chat: SlackChat) -> None:
    stream = begun(slack, chat)
    for word in ("One ", "two ", "three."):
        stream.add(word)
    stream.finish((Button("id:nonce", "More"),))
    assert [call.method for call in slack.calls()][-5:] == [
        "chat.startStream",
        "chat.appendStream",
        "chat.appendStream",
        "chat.appendStream",
        "chat.stopStream",
    ]
    (start,) = slack.calls("chat.startStream")
    assert start.arguments["recipient_user_id"] == slack.member("ada")
    assert start.arguments["recipient_team_id"] == slack.workspace.team
    (post,) = slack.by_bot("help")
    assert (last(slack), post.streaming) == ("One two three.", False)
    assert post.metadata is not None
    assert post.metadata["event_payload"] == {"key": GRANT.key, "agent": "handbook", "hops": 1}


def test_pieces_are_held_back_for_a_moment(slack: FakeSlack, opened: Open) -> None:
    chat = opened(hold_back=True)
    stream = begun(slack, chat)
    for number in range(200):
        stream.add(f"{number} ")
    stream.finish()
    assert last(slack) == "".join(f"{number} " for number in range(200))
    assert len(slack.calls("chat.appendStream")) < 20


def test_in_a_conversation_nobody_is_named_as_recipient(slack: FakeSlack, chat: SlackChat) -> None:
    thread = slack.say_directly("ada", "tell me")
    stream = chat.stream(GRANT, slack.direct("ada"), thread=thread, to=slack.member("ada"))
    stream.add("Hello.")
    stream.finish()
    (start,) = slack.calls("chat.startStream")
    assert "recipient_user_id" not in start.arguments


@pytest.mark.parametrize("how", ["no method", "no recipient", "no thread"])
def test_where_slack_does_not_stream_one_message_is_edited(slack: FakeSlack, chat: SlackChat, how: str) -> None:
    slack.faults.no_streaming = how == "no method"
    thread = slack.say("ada", "help", "@gainful tell me") if how != "no thread" else ""
    to = slack.member("ada") if how != "no recipient" else ""
    stream = chat.stream(GRANT, slack.channel("help"), thread=thread, to=to)
    stream.add("One ")
    assert last(slack) == "One …"
    stream.add("two.")
    stream.finish()
    assert last(slack) == "One two."
    assert len(slack.by_bot("help")) == 1


def test_a_message_that_could_not_begin_to_stream_for_long_is_edited(slack: FakeSlack, chat: SlackChat) -> None:
    for number in range(7):
        thread = slack.say("ada", "help", "@gainful tell me")
        stream = chat.stream(
            Grant(f"k{number}", "chat.reply"), slack.channel("help"), thread=thread, to=slack.member("ada")
        )
        stream.add("Hello.")
        stream.finish()
    assert len(slack.calls("chat.startStream")) == 5
    assert [post.text for post in slack.by_bot("help")] == ["Hello."] * 7


def test_a_message_that_stops_growing_by_itself_is_finished_by_an_edit(slack: FakeSlack, chat: SlackChat) -> None:
    stream = begun(slack, chat)
    stream.add("One ")
    slack.faults.streams_end = True
    stream.add("two ")
    stream.add("three.")
    place = stream.finish()
    assert last(slack) == "One two three."
    assert chat.find(place.room, GRANT.key, thread=place.thread) == place


@pytest.mark.parametrize("fault", ["lose_answers", "drop_requests", "failing"])
def test_a_piece_whose_fate_is_unknown_is_shown_once(slack: FakeSlack, chat: SlackChat, fault: str) -> None:
    stream = begun(slack, chat)
    stream.add("One ")
    setattr(slack.faults, fault, 1)
    stream.add("two ")
    stream.add("three.")
    stream.finish()
    assert last(slack) == "One two three."
    assert not slack.by_bot("help")[0].streaming


@pytest.mark.parametrize("fault", ["lose_answers", "drop_requests"])
def test_an_end_whose_fate_is_unknown_is_made_sure(slack: FakeSlack, chat: SlackChat, fault: str) -> None:
    stream = begun(slack, chat)
    stream.add("One.")
    setattr(slack.faults, fault, 1)
    stream.finish((Button("id:nonce", "More"),))
    (post,) = slack.by_bot("help")
    assert (last(slack), post.streaming) == ("One.", False)
    assert any(block["type"] == "actions" for block in post.blocks)


def test_an_end_may_be_tried_again(slack: FakeSlack, chat: SlackChat) -> None:
    stream = begun(slack, chat)
    stream.add("One.")
    slack.faults.unreachable = True
    with pytest.raises(ChatUnreachable):
        stream.finish()
    slack.faults.unreachable = False
    assert stream.finish() == stream.finish()
    assert last(slack) == "One."


def test_a_beginning_whose_answer_is_lost_is_found(slack: FakeSlack, chat: SlackChat) -> None:
    slack.faults.lose_answers = 1
    with pytest.raises(ChatUnreachable):
        begun(slack, chat)
    (post,) = slack.by_bot("help")
    stream = chat.stream(GRANT, slack.channel("help"), thread=post.thread_ts, to=slack.member("ada"))
    stream.add("Hello.")
    assert stream.finish().message == post.ts
    assert len(slack.by_bot("help")) == 1
    assert last(slack) == "Hello."


def test_a_disconnected_socket_does_not_stop_a_message(slack: FakeSlack, chat: SlackChat) -> None:
    stream = begun(slack, chat)
    stream.add("One ")
    slack.break_off()
    stream.add("two.")
    stream.finish()
    assert last(slack) == "One two."


def test_a_channel_that_is_gone_is_told(slack: FakeSlack, opened: Open) -> None:
    chat = opened(hold_back=True)
    stream = begun(slack, chat)
    slack.workspace.channel("help").members.remove(slack.workspace.bot.id)
    stream.add("One. ")
    with pytest.raises(ChatRefused):
        for _ in range(12_000):
            stream.add("More. ")
            time.sleep(0.01)


def test_a_thread_that_is_not_there(slack: FakeSlack, chat: SlackChat) -> None:
    with pytest.raises(NoSuchRoom):
        chat.stream(GRANT, slack.channel("help"), thread="1.000001", to=slack.member("ada"))


def test_a_message_that_grows_too_long(slack: FakeSlack, chat: SlackChat) -> None:
    stream = begun(slack, chat)
    stream.add("x" * 30_000)
    with pytest.raises(WordsTooLong):
        stream.add("x" * 10_000)
    stream.finish()
    assert len(last(slack)) == 30_000


def test_nothing_is_added_after_the_end(slack: FakeSlack, chat: SlackChat) -> None:
    stream = begun(slack, chat)
    stream.finish()
    with pytest.raises(Broken):
        stream.add("More.")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("Done.", "Done."),
        ("Ask @cha", "Ask "),
        ("Ask @channel", "Ask "),
        ("Ask @channel ", "Ask @channel "),
        ("Ask @somebodyelsewhere", "Ask @somebodyelsewhere"),
        ("a <", "a "),
        ("a <@", "a "),
        ("a <!", "a <!"),
        ("a <@U1", "a "),
        ("a <b", "a <b"),
        ("mail ada@", "mail ada"),
    ],
)
def test_what_may_become_a_call_is_held_back(text: str, shown: str) -> None:
    assert text[: ready(text)] == shown
