from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

import pytest

from gainful.app.chat.poster import RoomClosed
from gainful.app.chat.reply import SHOWN_AFTER, reply_key
from gainful.core.occurrence import AnswerPlace
from gainful.core.quiet_hours import QuietHours
from gainful.runs.executor import sole
from gainful.sdk.chat import ChatRefused, ChatUnreachable, NoSuchRoom, RoomKind
from gainful.sdk.tool import Found
from gainful.storage.chat.outbox_store import PostState
from tests.unit.app.chat.test_sender import lose, unreachable
from tests.unit.app.chat.world import World, place_of

NIGHT = QuietHours(time(20), time(10), "UTC")


# --- chat.post ---


def test_a_post_is_marked_and_one_step_farther_from_a_person(world: World) -> None:
    answer = world.call("chat.post", voice=world.voice(hops=1), room="team:help", text="Good morning")
    (kept,) = world.seen()
    assert answer == {
        "state": "posted",
        "room": f"team:{world.room}",
        "id": f"team:{world.room}/{kept.message.place.message}",
    }
    assert (kept.text, kept.message.by_agent, kept.message.hops, kept.key) == ("Good morning", True, 2, "key1")


def test_the_same_key_is_the_same_message(world: World) -> None:
    first = world.call("chat.post", room="team:help", text="Good morning")
    assert world.call("chat.post", room="team:help", text="Good morning") == first
    assert world.tool("chat.post").find("key1", {"room": "team:help", "text": "Good morning"}) == Found(True, first)
    assert world.tool("chat.post").find("key2", {"room": "team:help", "text": "Good morning"}) == Found(False)
    assert world.texts() == ["Good morning"]


def test_while_another_process_sends_it_is_queued_and_comes_later(world: World) -> None:
    with sole(world.folder / "locks", "send-team"):
        answer = world.call("chat.post", room="team:help", text="Good morning")
    assert (answer["state"], answer["id"]) == ("queued", "")
    assert world.texts() == []
    world.send()
    assert world.texts() == ["Good morning"]
    found = world.tool("chat.post").find("key1", {"room": "team:help", "text": "Good morning"})
    assert found is not None
    assert found.answer["state"] == "posted"


def test_a_chat_that_is_away_does_not_lose_a_post(world: World) -> None:
    tool = world.tool("chat.post")
    world.call("chat.members", room="team:help")
    world.server.faults.unreachable = True
    voice = world.voice()
    world.desk.connections.chat("team")
    with pytest.raises(ChatUnreachable):
        world.call("chat.post", voice=voice, room="team:help", text="Good morning")
    assert tool.find("key1", {"room": "team:help", "text": "x"}) == Found(False), "the room could not even be looked up"
    world.server.faults.unreachable = False
    world.before = unreachable(world, "post", times=3)
    world.call("chat.post", room="team:help", text="Good morning")
    world.send(seconds=60)
    assert world.texts() == ["Good morning"]


def test_what_nobody_knows_is_told_as_that(world: World) -> None:
    world.after = lose(world, "post", times=1)
    world.before = unreachable(world, "find", times=9999)
    assert world.call("chat.post", room="team:help", text="Good morning")["state"] == "queued"
    world.send(seconds=3600)
    with pytest.raises(ChatUnreachable) as raised:
        world.tool("chat.post").find("key1", {"room": "team:help", "text": "x"})
    assert raised.value.sent


def test_a_refused_post_has_not_happened(world: World) -> None:
    with pytest.raises(ChatRefused, match="It was not posted: A message holds"):
        world.call("chat.post", room="team:help", text="x" * 50_000)
    assert world.tool("chat.post").find("key1", {"room": "team:help", "text": "x"}) == Found(False)


def test_a_post_may_go_to_one_person_or_to_the_runs_own(world: World) -> None:
    world.call("chat.post", room="team:@bo", text="To bo")
    world.call("chat.post", "key2", world.voice(person="bo"), room="team:@me", text="To me")
    world.call("chat.post", "key3", room=f"team:@{world.bo}", text="By id")
    assert world.texts(world.direct(world.bo)) == ["To bo", "To me", "By id"]
    with pytest.raises(NoSuchRoom, match="gainful chat link"):
        world.call("chat.post", "key4", world.voice(person="eve"), room="team:@me", text="x")
    with pytest.raises(NoSuchRoom, match="is nobody in team"):
        world.call("chat.post", "key5", room="team:@eve", text="x")


def test_settings_close_rooms_to_what_nobody_asked_for(make_world: Callable[..., World]) -> None:
    world = make_world(rooms=["#help"])
    other = world.server.room("other", world.ada)
    assert world.call("chat.post", room="team:help", text="x")["state"] == "posted"
    with pytest.raises(RoomClosed, match="team:other"):
        world.call("chat.post", "key2", room=f"team:{other}", text="x")
    assert world.call("chat.post", "key4", room="@me", text="To ada, for whom it runs")["state"] == "posted"
    assert world.call("chat.post", "key5", world.voice(person="bo"), room="@owner", text="x")["state"] == "posted"
    with pytest.raises(RoomClosed, match="team:@bo"):
        world.call("chat.post", "key6", room="team:@bo", text="x")
    place = AnswerPlace("team", other, "", "1", world.bo)
    assert world.call("chat.reply", "key3", world.voice(place=place), text="Asked.")["state"] == "posted"


def test_rooms_are_found_by_their_whole_name_or_not_at_all(world: World) -> None:
    twin = world.server.room("twins", world.ada)
    world.server.room("twins", world.ada)
    for wrong in ("team:hel", "team:HELP", "help2", "other:help", "team:", ""):
        with pytest.raises(NoSuchRoom):
            world.call("chat.history", room=wrong)
    with pytest.raises(NoSuchRoom, match="2 rooms are called"):
        world.call("chat.history", room="team:twins")
    assert world.call("chat.history", room=f"team:{twin}") == []
    assert world.call("chat.history", room="help") == [], "there is only one chat"


# --- quiet hours ---


def test_quiet_hours_hold_what_is_not_urgent(world: World) -> None:
    night = world.voice(quiet=NIGHT)
    answer = world.call("chat.post", voice=night, room="team:help", text="One")
    assert answer == {"state": "held", "room": f"team:{world.room}", "id": "", "due": "2026-11-24T10:00+00:00"}
    world.call("chat.post", "key2", night, room="team:help", text="Two")
    world.call("chat.post", "key3", night, room="team:help", text="Fire!", urgent=True)
    world.call("chat.reply", "key4", replace(night, answer_to=world.question()), text="Asked.")
    assert [text for text in world.texts() if "handbook" not in text] == ["Fire!", "Asked."]
    world.clock.wait(hours=2)
    world.send()
    assert world.texts()[-1].startswith("While it was quiet:")
    found = world.tool("chat.post").find("key2", {"room": "team:help", "text": "Two"})
    assert found is not None
    assert found.answer["state"] == "posted"


def test_the_chats_quiet_hours_hold_for_agents_without_their_own(make_world: Callable[..., World]) -> None:
    world = make_world(quiet="8:00-12:00", zone="Europe/Berlin")
    assert world.call("chat.post", room="team:help", text="One")["due"] == "2026-11-24T11:00+00:00"


# --- chat.reply ---


def test_a_reply_stands_in_the_thread_where_it_was_asked(world: World) -> None:
    place = world.question()
    world.call("chat.reply", voice=world.voice(place=place), text="On the shelf.")
    reply = world.seen()[-1]
    assert (reply.text, reply.message.place.thread) == ("On the shelf.", place.thread)


def test_there_is_no_reply_for_a_run_that_nobody_asked(world: World) -> None:
    assert "chat.reply" not in {tool.spec.name for tool in world.desk.tools(world.voice())}
    assert "chat.reply" in {tool.spec.name for tool in world.desk.tools(world.voice(place=world.question()))}


def test_a_command_is_answered_to_whoever_typed_it_alone(world: World) -> None:
    place = AnswerPlace("team", world.room, member=world.bo)
    world.call("chat.reply", voice=world.voice(place=place), text="For you.")
    assert world.texts() == []
    assert world.texts(world.direct(world.bo)) == ["For you."]


def test_a_streamed_reply_is_one_message(world: World) -> None:
    voice = world.voice(place=world.question())
    stream = world.desk.reply_stream(voice)
    for piece in ("  ", "On the ", "shelf."):
        stream.add(piece)
    assert world.texts()[1:] == ["  On the shelf."] or world.texts()[1:] == ["On the shelf."]
    edits: list[str] = []
    world.after = lambda name: edits.append(name)
    answer = world.call("chat.reply", voice=voice, text="On the shelf.")
    assert answer["state"] == "posted"
    assert world.texts()[1:] == ["On the shelf."]
    assert edits == ["edit"], "the stream's own end; the reply changed nothing"
    assert world.call("chat.reply", voice=voice, text="On the shelf.") == answer


def test_the_reply_takes_the_streamed_message_over_where_it_says_something_else(world: World) -> None:
    voice = world.voice(place=world.question())
    stream = world.desk.reply_stream(voice)
    stream.add("Let me look that up.")
    world.call("chat.reply", voice=voice, text="On the shelf.")
    assert world.texts()[1:] == ["On the shelf."]
    # One more answer of the same run is one more message.
    world.call("chat.reply", "key2", voice, text="The left one.")
    assert world.texts()[1:] == ["On the shelf.", "The left one."]


def test_after_a_crash_the_partial_message_is_found_and_finished(world: World) -> None:
    voice = world.voice(place=world.question())
    world.desk.reply_stream(voice).add("On th")
    world.new_desk()
    again = world.desk.reply_stream(voice)
    again.add("On the")
    world.call("chat.reply", voice=voice, text="On the shelf.")
    assert world.texts()[1:] == ["On the shelf."]
    begun = world.outbox.get(reply_key("run1"))
    assert begun is not None
    assert begun.state is PostState.POSTED


def test_a_stream_that_was_written_down_and_never_began_leaves_no_gap(world: World) -> None:
    voice = world.voice(place=world.question())

    def die(name: str) -> None:
        if name == "post":
            raise KeyboardInterrupt

    world.before = die
    with pytest.raises(KeyboardInterrupt):
        world.desk.reply_stream(voice).add("On th")
    world.before = lambda _: None
    world.new_desk()
    world.call("chat.reply", voice=voice, text="On the shelf.")
    assert world.texts()[1:] == ["On the shelf."]


@pytest.mark.parametrize("sent", [True, False])
def test_a_stream_that_the_chat_does_not_take_is_no_trouble(world: World, sent: bool) -> None:
    voice = world.voice(place=world.question())
    world.after = lose(world, "post", times=int(sent))
    world.before = unreachable(world, "post", times=int(not sent))
    stream = world.desk.reply_stream(voice)
    stream.add("On th")
    stream.add("e shelf.")
    world.call("chat.reply", voice=voice, text="On the shelf.")
    assert world.texts()[1:] == ["On the shelf."]


def test_what_was_left_for_an_approval_is_taken_over_days_later(world: World) -> None:
    voice = world.voice(place=world.question())
    stream = world.desk.reply_stream(voice)
    stream.add("I would say")
    stream.leave()
    stream.add(" more")
    assert world.texts()[1:] == ["I would say"]
    world.clock.wait(days=2)
    world.call("chat.reply", voice=voice, text="On the shelf.")
    assert world.texts()[1:] == ["On the shelf."]


def test_a_long_run_says_what_it_is_doing_in_one_message(world: World) -> None:
    voice = world.voice(place=world.question())
    stream = world.desk.reply_stream(voice)
    stream.working("files.search")
    world.send()
    assert len(world.texts()) == 1, "most runs are done before anybody wonders"
    world.clock.now += SHOWN_AFTER
    for tool in ("files.search", "files.read", "web.fetch"):
        stream.working(tool)
        world.send()
    assert world.texts()[1:] == ["_Working on it: web.fetch…_"]
    stream.add("ignored: the message says what it does")
    world.call("chat.reply", voice=voice, text="On the shelf.")
    world.send()
    assert world.texts()[1:] == ["On the shelf."]


def test_a_run_that_waits_for_somebody_says_so_until_it_replies(world: World) -> None:
    voice = world.voice(place=world.question())
    stream = world.desk.reply_stream(voice)
    world.clock.now += SHOWN_AFTER
    stream.working("mail.send")
    world.send()
    stream.leave()
    world.send()
    assert world.texts()[1:] == ["_Waiting for somebody's word…_"]
    again = world.desk.reply_stream(voice)
    again.working("mail.send")
    world.call("chat.reply", voice=voice, text="Sent.")
    again.leave()
    stream.leave()
    world.send()
    assert world.texts()[1:] == ["Sent."]


def test_a_reply_that_comes_before_the_status_was_posted_is_alone(world: World) -> None:
    voice = world.voice(place=world.question())
    stream = world.desk.reply_stream(voice)
    world.clock.now += SHOWN_AFTER
    stream.working("files.search")
    world.call("chat.reply", voice=voice, text="On the shelf.")
    world.send()
    assert world.texts()[1:] == ["On the shelf."]


# --- reading ---


def test_history_tells_who_said_what_when(world: World) -> None:
    first = world.server.say(world.bo, world.room, "Good morning")
    world.clock.wait(hours=3)
    world.server.say(world.ada, world.room, "Hello")
    world.post("one", "I am an agent")
    world.send()
    lines = world.call("chat.history", room="team:help")
    assert lines[0] == {
        "id": f"team:{world.room}/{first.message}",
        "sender": world.bo,
        "name": "bo",
        "at": "2026-11-24 09:00 UTC",
        "text": "Good morning",
    }
    assert [line.get("by_agent", False) for line in lines] == [False, False, True]
    assert [line["text"] for line in world.call("chat.history", room="team:help", since="1h")] == [
        "Hello",
        "I am an agent",
    ]
    assert world.call("chat.history", room="team:help", limit=1, links=True)[0]["link"].startswith("memory:")


def test_a_thread_is_read_by_any_form_of_its_message(world: World) -> None:
    place = world.question()
    world.server.say(world.ada, world.room, "Here", thread=place.thread)
    for message in (place.message, f"team:{world.room}/{place.message}"):
        lines = world.call("chat.thread", room="team:help", message=message)
        assert [line["text"] for line in lines] == ["Where is the handbook?", "Here"]


def test_people_are_looked_up_and_named_as_rooms(world: World) -> None:
    found = world.call("chat.find", name="team:bo@example.org")
    assert found == {"member": world.bo, "name": "bo@example.org", "room": f"team:@{world.bo}"}
    assert world.call("chat.find", name="nobody@example.org") is None
    members = world.call("chat.members", room="team:help")
    assert {"member": world.bo, "name": "bo", "room": f"team:@{world.bo}"} in members
    assert [one["name"] for one in members if one.get("bot")] == ["gainful"]


def test_a_reaction_can_be_added_again(world: World) -> None:
    place = world.question()
    for _ in range(2):
        world.call("chat.react", room="team:help", message=place.message, name=":eyes:")
    assert world.seen()[0].reactions == {"eyes": [world.server.account]}
    assert world.server.rooms[world.room].kind is RoomKind.PUBLIC
    assert place_of(world.seen()[0]).message == place.message


def test_waiting_for_a_post_takes_no_longer_than_patience(world: World) -> None:
    start = world.clock.now
    with sole(world.folder / "locks", "send-team"):
        world.call("chat.post", room="team:help", text="x")
    assert world.clock.now - start < timedelta(seconds=6)


# --- for whom ---


def test_what_was_said_to_somebody_is_found_in_threads_too(world: World) -> None:
    place = world.server.say(world.ada, world.room, "Hello all")
    world.server.say(world.ada, world.room, "and bo", thread=place.message, mentions=[world.bo])
    world.server.say(world.bo, world.room, "me myself", mentions=[world.bo])
    world.hear()
    asked = AnswerPlace("team", world.room, "", "9", world.bo)
    lines = world.call("chat.mentions", voice=world.voice(place=asked))
    assert [(line["text"], line["room"]) for line in lines] == [("and bo", "help")]
    assert lines[0]["link"].startswith("memory:")
    assert world.call("chat.mentions", voice=world.voice(person="ada")) == []
    world.clock.wait(hours=30)
    assert world.call("chat.mentions", voice=world.voice(place=asked)) == []
    assert len(world.call("chat.mentions", voice=world.voice(place=asked), since="2d")) == 1


def test_an_account_in_many_rooms_tells_nobody_what_others_say_among_themselves(world: World) -> None:
    leads = world.server.room("leads", world.ada, kind=RoomKind.PRIVATE)
    place = world.server.say(world.ada, leads, "bo is leaving", mentions=[world.bo])
    world.hear()
    of_bo = world.voice(place=AnswerPlace("team", world.room, "", "9", world.bo))
    for call in (
        {"tool": "chat.history", "room": "team:leads"},
        {"tool": "chat.members", "room": "team:leads"},
        {"tool": "chat.thread", "room": "team:leads", "message": place.message},
        {"tool": "chat.history", "room": f"team:{world.direct(world.ada)}"},
    ):
        with pytest.raises(ChatRefused, match="not public"):
            world.call(call.pop("tool"), voice=of_bo, **call)
    assert world.call("chat.mentions", voice=of_bo) == []
    assert world.call("chat.history", voice=world.voice(person="ada"), room="team:leads")[0]["text"] == "bo is leaving"
    in_leads = world.voice(place=AnswerPlace("team", leads, "", "9", world.stranger))
    assert world.call("chat.history", voice=in_leads, room="team:leads"), "whoever asks in a room is in it"


def test_a_hand_over_goes_to_the_agents_owner(world: World) -> None:
    asked = world.voice(place=world.question(), person="bo")
    world.call("chat.post", voice=asked, room="@owner", text="Somebody asks what I do not know.")
    world.call("chat.post", "key2", replace(asked, owner="bo"), room="team:@owner", text="To bo")
    assert world.texts(world.direct(world.ada)) == ["Somebody asks what I do not know."]
    assert world.texts(world.direct(world.bo)) == ["To bo"]


def test_without_a_message_a_thread_is_empty(world: World) -> None:
    assert world.call("chat.thread", room="team:help") == []
