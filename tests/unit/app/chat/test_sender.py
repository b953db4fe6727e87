from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from gainful.app.chat.sender import KEPT_FOR, LOOKED_FOR
from gainful.runs.executor import sole
from gainful.sdk.chat import ChatUnreachable, Words
from gainful.storage.chat.outbox_store import PostKind, PostState
from tests.unit.app.chat.world import World, place_of


class Died(BaseException):
    """The process was killed."""


def die(*names: str) -> Callable[[str], None]:
    """Dies once, at one of these operations."""
    wanted = list(names)

    def at(name: str) -> None:
        if name in wanted:
            wanted.clear()
            raise Died

    return at


def states(world: World, *keys: str) -> list[PostState]:
    found = [world.outbox.get(key) for key in keys]
    return [post.state for post in found if post is not None]


def test_a_post_stands_there_marked_as_an_agents(world: World) -> None:
    world.post("one", "Good morning")
    world.send()
    (kept,) = world.seen()
    assert (kept.text, kept.key, kept.message.by_agent, kept.message.hops) == ("Good morning", "one", True, 1)
    post = world.outbox.get("one")
    assert post is not None
    assert (post.state, post.place) == (PostState.POSTED, place_of(kept))


def test_posts_of_one_room_keep_their_order_and_its_pace(world: World) -> None:
    start = world.clock.now
    for number in range(7):
        world.post(f"p{number}")
    world.send(seconds=0.01)
    assert world.texts() == ["p0", "p1", "p2", "p3"]
    world.send(seconds=10)
    assert world.texts() == [f"p{number}" for number in range(7)]
    assert world.clock.now - start >= timedelta(seconds=3)


def test_another_room_does_not_wait_for_this_one(world: World) -> None:
    other = world.server.room("other", world.ada)
    for number in range(6):
        world.post(f"p{number}")
    world.post("elsewhere", room=other)
    world.send(seconds=0.01)
    assert world.texts(other) == ["elsewhere"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_around_the_post_it_is_made_once(world: World, moment: str) -> None:
    setattr(world, moment, die("post"))
    world.post("one")
    world.post("two")
    with pytest.raises(Died):
        world.send()
    assert states(world, "one") == [PostState.POSTING]
    world.new_desk()
    world.send()
    assert world.texts() == ["one", "two"]
    assert states(world, "one", "two") == [PostState.POSTED] * 2


def test_an_answer_that_was_lost_is_found_out_about(world: World) -> None:
    world.server.faults.lose_answers = 1
    world.post("one")
    world.post("two")
    world.send()
    assert world.texts() == ["one", "two"]
    post = world.outbox.get("one")
    assert post is not None
    assert (post.state, post.note) == (PostState.POSTED, "Found there afterwards.")


def test_who_is_asked_to_wait_waits(world: World) -> None:
    world.server.faults.busy = timedelta(seconds=30)
    world.post("one")
    world.send(seconds=1)
    world.server.faults.busy = None
    world.send(seconds=20)
    assert world.texts() == []
    world.send(seconds=20)
    assert world.texts() == ["one"]
    assert world.outbox.get("one") is not None


def test_what_waits_behind_a_post_in_doubt_does_not_overtake_it(world: World) -> None:
    world.after = lose(world, "post", times=1)
    world.before = unreachable(world, "find", times=2)
    world.post("one")
    world.post("two")
    world.send(seconds=0.1)
    assert world.texts() == ["one"]
    world.send(seconds=20)
    assert world.texts() == ["one", "two"]


def lose(world: World, operation: str, times: int) -> Callable[[str], None]:
    left = [times]

    def after(name: str) -> None:
        if name == operation and left[0]:
            left[0] -= 1
            raise ChatUnreachable("The answer was lost.", "Look.", sent=True)

    return after


def unreachable(world: World, operation: str, times: int) -> Callable[[str], None]:
    left = [times]

    def before(name: str) -> None:
        if name == operation and left[0]:
            left[0] -= 1
            raise ChatUnreachable("It cannot be told.", "Look again.", sent=False)

    return before


def test_what_cannot_be_found_out_is_uncertain_and_never_repeated(world: World) -> None:
    world.after = lose(world, "post", times=1)
    world.before = unreachable(world, "find", times=1000)
    world.post("one")
    world.post("two")
    world.send(seconds=LOOKED_FOR.total_seconds() + 600)
    post = world.outbox.get("one")
    assert post is not None
    assert post.state is PostState.UNCERTAIN
    assert "It cannot be told." in post.note
    assert world.texts() == ["one", "two"]
    assert [one.key for one in world.outbox.open()] == ["one"]


@pytest.mark.parametrize(("happened", "texts"), [(True, ["one"]), (False, ["one", "one"]), (None, ["one"])])
def test_a_person_settles_what_is_uncertain(world: World, happened: bool | None, texts: list[str]) -> None:
    world.after = lose(world, "post", times=1)
    world.before = unreachable(world, "find", times=60)
    world.post("one")
    world.send(seconds=LOOKED_FOR.total_seconds() + 600)
    world.before = lambda _: None
    world.outbox.settle("one", happened=happened, by="ada", at=world.clock.now)
    # As the person says; the memory server would find it itself.
    world.server.posted.clear()
    world.send()
    assert world.texts() == texts


def test_a_refusal_is_kept_with_its_reason(world: World) -> None:
    world.post("one", room="C999")
    world.post("two", "x" * 50_000)
    world.send()
    assert states(world, "one", "two") == [PostState.REFUSED] * 2
    assert "no room C999" in world.outbox.recent(9)[0].note


def test_a_server_that_is_away_is_tried_for_three_days(world: World) -> None:
    world.server.faults.unreachable = True
    world.post("one")
    world.send(seconds=60)
    assert states(world, "one") == [PostState.WAITING]
    world.clock.wait(days=KEPT_FOR.days, hours=1)
    world.send(seconds=1)
    assert states(world, "one") == [PostState.DROPPED]


def test_what_a_stopped_agent_had_left_to_say_is_not_said(world: World) -> None:
    world.stopped["helper"] = "'helper' was stopped by ada."
    world.post("one")
    world.post("two", agent="another")
    world.post("card", tool="gainful.notice", kind=PostKind.CARD)
    world.send()
    assert world.texts() == ["two", "card"]
    assert world.outbox.recent(9)[0].note == "'helper' was stopped by ada."


def test_a_message_to_one_member_opens_a_conversation_first(world: World) -> None:
    world.post("one", room="", member=world.ada)
    world.post("two", room="", member=world.ada)
    world.send()
    assert world.texts(world.direct(world.ada)) == ["one", "two"]


def test_killed_after_the_conversation_is_open_it_is_posted_there_once(world: World) -> None:
    world.after = die("post")
    world.post("one", room="", member=world.ada)
    with pytest.raises(Died):
        world.send()
    world.new_desk()
    world.send()
    assert world.texts(world.direct(world.ada)) == ["one"]


# --- edits ---


def test_a_message_is_edited_once_however_often_its_words_change(world: World) -> None:
    world.post("one", "Looking")
    world.send()
    for text in ("Reading", "Writing", "Done"):
        world.outbox.edit("one", Words(text, "helper", 1), world.clock.now)
    edits = []
    world.after = lambda name: edits.append(name) if name == "edit" else None
    world.send()
    assert world.texts() == ["Done"]
    assert edits == ["edit"]
    world.outbox.edit("one", Words("Really done", "helper", 1), world.clock.now)
    world.send()
    assert world.texts() == ["Really done"]


def test_an_edit_before_it_was_posted_changes_what_is_posted(world: World) -> None:
    world.post("one", "Looking")
    world.outbox.edit("one", Words("Done", "helper", 1), world.clock.now)
    world.send()
    assert world.texts() == ["Done"]
    assert len(world.outbox.recent(9)) == 1


def test_an_edit_that_changes_while_it_is_sent_is_sent_again(world: World) -> None:
    world.post("one", "Looking")
    world.send()
    world.outbox.edit("one", Words("Reading", "helper", 1), world.clock.now)
    changes = [Words("Done", "helper", 1)]

    def change(name: str) -> None:
        if name == "edit" and changes:
            world.outbox.edit("one", changes.pop(), world.clock.now)

    world.before = change
    world.send()
    assert world.texts() == ["Done"]


def test_killed_around_an_edit_it_is_made(world: World) -> None:
    world.post("one", "Looking")
    world.send()
    for moment in ("before", "after"):
        setattr(world, moment, die("edit"))
        world.outbox.edit("one", Words(moment, "helper", 1), world.clock.now)
        with pytest.raises(Died):
            world.send()
        world.new_desk()
        world.send()
        assert world.texts() == [moment]


def test_an_edit_of_what_never_came_is_left_out(world: World) -> None:
    world.post("one", "x" * 50_000)
    world.send()
    assert world.outbox.edit("one", Words("Done"), world.clock.now) is None
    assert world.outbox.edit("nothing", Words("Done"), world.clock.now) is None
    stray = replace(world.post("two"), key="two:edit", kind=PostKind.EDIT, over="gone")
    world.outbox.put(stray)
    world.send()
    assert states(world, "two", "two:edit") == [PostState.POSTED, PostState.DROPPED]


# --- quiet hours ---


def held(world: World, key: str, text: str, **more: object) -> None:
    due = world.clock.now + timedelta(hours=10)
    world.post(key, text, state=PostState.HELD, due_at=due, **more)


def test_what_quiet_hours_held_comes_as_one_message_for_each_room(world: World) -> None:
    other = world.server.room("other", world.ada)
    held(world, "one", "The build is green.")
    world.clock.wait(minutes=5)
    held(world, "two", "The build is red.", agent="builder")
    held(world, "alone", "Nothing else.", room=other)
    world.send()
    assert world.texts() == []
    world.clock.wait(hours=11)
    world.send()
    (kept,) = world.seen()
    assert kept.text == (
        "While it was quiet:\n\n**helper**, 09:00\nThe build is green.\n\n**builder**, 09:05\nThe build is red."
    )
    assert world.texts(other) == ["Nothing else."]
    gathered = world.outbox.end_of("two")
    assert gathered is not None
    assert gathered.place == place_of(kept)


def test_a_long_night_makes_several_messages_and_loses_none(world: World) -> None:
    for number in range(9):
        held(world, f"p{number}", f"{number} " + "x" * 2000)
    world.clock.wait(hours=11)
    world.send(seconds=30)
    whole = "\n".join(world.texts())
    assert len(world.seen()) == 3
    assert [f"{number} x" in whole for number in range(9)] == [True] * 9


def test_what_is_only_due_later_lets_others_pass(world: World) -> None:
    world.post("morning", due_at=world.clock.now + timedelta(hours=10))
    world.post("now")
    world.send()
    assert world.texts() == ["now"]


# --- several processes ---


def test_one_sends_at_a_time(world: World) -> None:
    world.post("one")
    with sole(world.folder / "locks", "send-team") as mine:
        assert mine
        world.desk.send("team")
        assert world.texts() == []
    world.desk.send("team")
    assert world.texts() == ["one"]


def test_a_message_is_found_again_by_where_it_stands(world: World) -> None:
    world.post("one", run_id="run7")
    world.send()
    place = place_of(world.seen()[0])
    found = world.outbox.at("team", place.room, place.message)
    assert found is not None
    assert found.run_id == "run7"
    assert world.outbox.at("team", place.room, "1" + place.message) is None
    assert world.outbox.at("team", "C0", place.message) is None


# --- below a message that is yet to come ---


def test_what_stands_below_waits_for_what_stands_above(world: World) -> None:
    world.post("head", due_at=world.clock.now + timedelta(minutes=1))
    world.post("below", below="head")
    world.send()
    assert world.texts() == []
    world.clock.wait(minutes=1)
    world.send()
    head, below = world.seen()
    assert below.message.place.thread == head.message.place.message


def test_what_stood_above_never_came_and_it_is_said_by_itself(world: World) -> None:
    world.post("head", room="C404")
    world.post("below", below="head")
    world.send()
    (alone,) = world.seen()
    assert alone.message.place.thread == ""


def test_below_a_message_in_a_thread_it_stands_in_that_thread(world: World) -> None:
    place = world.server.say(world.bo, world.room, "Where?")
    world.post("head", thread=place.message)
    world.post("below", below="head")
    world.send()
    assert [kept.message.place.thread for kept in world.seen()] == ["", place.message, place.message]


def test_below_one_that_became_part_of_another_it_stands_below_that(world: World) -> None:
    for name in ("head", "other"):
        world.post(name, due_at=world.clock.now + timedelta(minutes=1), state=PostState.HELD)
    world.post("below", below="head")
    world.clock.wait(minutes=1)
    world.send()
    digest, below = world.seen()
    assert below.message.place.thread == digest.message.place.message


def test_killed_after_it_was_posted_below_it_is_found_there(world: World) -> None:
    world.post("head")
    world.send()
    world.post("below", below="head")
    world.after = die("post")
    with pytest.raises(Died):
        world.send()
    world.new_desk()
    world.send()
    assert len(world.seen()) == 2
