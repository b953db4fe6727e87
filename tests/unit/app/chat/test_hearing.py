from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gainful.app.chat.handling import TRIES
from gainful.core.errors import Invalid
from gainful.runs.executor import sole
from gainful.sdk.chat import ChatUnreachable, EventKind, Words
from gainful.storage.chat.inbox_store import InboxState
from tests.unit.app.chat.world import World, heard_by


def test_an_event_wakes_with_who_where_and_what(world: World) -> None:
    world.question("Where is it?")
    (heard,) = world.hear()
    assert (heard["chat"], heard["person"], heard["room_name"], heard["sender_name"]) == ("team", "bo", "help", "bo")
    assert heard["me"] == world.server.account
    assert heard["event"].kind is EventKind.MENTION
    assert heard["event"].message.text == "Where is it?"


def test_somebody_whom_nobody_knows_is_nobody(world: World) -> None:
    world.server.say(world.stranger, world.room, "Hello", mentions=[world.server.account])
    assert [heard["person"] for heard in world.hear()] == [""]


def test_what_comes_again_is_handled_once(world: World) -> None:
    world.server.faults.duplicate = True
    world.question()
    world.hear()
    world.server.repeat()
    world.hear()
    world.new_desk()
    world.server.repeat()
    world.hear()
    assert len(world.woken) == 1
    assert world.inbox.counts("team") == {InboxState.HANDLED: 1}


def test_killed_before_it_was_written_down_it_comes_again(world: World) -> None:
    world.question()
    world.after = _interrupt("events")
    with pytest.raises(KeyboardInterrupt):
        world.desk.look("team", timedelta(0))
    world.desk.close()
    world.after = lambda _: None
    world.new_desk()
    assert len(world.hear()) == 1


def test_killed_while_it_is_handled_it_is_handled_again_with_the_same_id(world: World) -> None:
    world.question()
    world.desk.look("team", timedelta(0))
    ids = []

    def dies(**heard: object) -> list[str]:
        ids.append(heard["event"].id)  # type: ignore[attr-defined]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.desk.handling(dies).look()
    world.new_desk()
    world.hear()
    assert [heard_by(world).id] == ids


def _interrupt(operation: str) -> Callable[[str], None]:
    def at(name: str) -> None:
        if name == operation:
            raise KeyboardInterrupt

    return at


def test_an_event_that_cannot_be_handled_is_put_aside_and_holds_up_nobody(world: World) -> None:
    world.question("bad")
    world.question("good")
    world.desk.look("team", timedelta(0))
    seen: list[str] = []

    def picky(**heard: object) -> list[str]:
        text = heard["event"].message.text  # type: ignore[attr-defined]
        seen.append(text)
        if text == "bad":
            raise Invalid("It is bad.", "Leave it.")
        return []

    handling = world.desk.handling(picky)
    for _ in range(TRIES):
        with pytest.raises(Invalid):
            handling.look()
    assert handling.look() == 0
    assert seen.count("good") == 1
    (failed,) = world.inbox.failed()
    assert "It is bad." in failed.note
    assert world.inbox.retry(failed)
    assert len(world.hear()) == 1


def test_what_is_not_there_now_is_no_fault_of_the_event(world: World) -> None:
    world.question()
    world.desk.look("team", timedelta(0))

    def away(**heard: object) -> list[str]:
        raise ChatUnreachable("Away.", "Wait.")

    handling = world.desk.handling(away)
    for _ in range(TRIES + 2):
        with pytest.raises(ChatUnreachable):
            handling.look()
    assert len(world.hear()) == 1


def test_one_process_listens_and_one_handles(world: World) -> None:
    world.question()
    with sole(world.folder / "locks", "hear-team"):
        assert world.desk.look("team", timedelta(0)) == 0
    assert world.desk.look("team", timedelta(0)) == 1
    with sole(world.folder / "locks", "handle"):
        assert world.desk.handling(world.on_event).look() == 0
    assert world.desk.handling(world.on_event).look() == 1


def test_what_the_account_does_itself_wakes_nobody(world: World) -> None:
    world.post("one", "hello @gainful")
    world.send()
    other = world.server.join("other")
    world.server.say(world.server.account, world.room, "by hand", mentions=[other])
    assert world.hear() == []


def test_a_command_is_told_that_its_answer_comes_or_that_nobody_listens(world: World) -> None:
    world.server.command(world.bo, world.room, "/ask", "something")
    world.hear()
    world.wakes = []
    world.server.command(world.bo, world.room, "/asl", "something")
    world.hear()
    world.wakes = None
    world.server.command(world.bo, world.room, "/ask", "something")
    world.hear()
    assert world.server.whispered[world.bo] == [
        "On it. The answer comes to you alone.",
        "No agent here listens to that command.",
    ]


def test_one_command_for_all_hands_on_to_the_command_that_it_names(world: World) -> None:
    def listening(**heard: object) -> list[str]:
        event = heard["event"]
        world.woken.append(heard)
        return ["summary"] if event.detail["command"] == "/summary" else []  # type: ignore[attr-defined]

    world.server.command(world.bo, world.room, "/gainful", "Summary of today")
    world.server.command(world.bo, world.room, "/other", "summary")
    world.server.command(world.bo, world.room, "/gainful")
    world.desk.look("team", timedelta(0))
    world.desk.handling(listening).look()
    assert [heard["event"].detail for heard in world.woken] == [
        {"command": "/gainful", "text": "Summary of today"},
        {"command": "/summary", "text": "of today"},
        {"command": "/other", "text": "summary"},
        {"command": "/gainful", "text": ""},
    ]
    assert len(world.server.whispered[world.bo]) == 3


# --- how far from a person ---


def test_a_persons_message_is_no_agents(world: World) -> None:
    world.question()
    world.hear()
    assert heard_by(world).message is not None
    assert heard_by(world).message.hops == 0  # type: ignore[union-attr]


def test_an_agents_mark_counts_as_it_says(world: World) -> None:
    other = world.server.join("other")
    world.server.keep(other, world.room, Words("Hi", "far", 2, mention=(world.server.account,)))
    world.hear()
    assert heard_by(world).message.hops == 2  # type: ignore[union-attr]


def test_a_program_that_says_nothing_answers_what_agents_wrote_there(world: World) -> None:
    """Two programs that only answer each other come to an end, also where one of them does not count."""
    parrot = world.server.join("parrot")
    place = world.server.say(world.bo, world.room, "Go", mentions=[world.server.account])
    hops = []
    for round_ in range(4):
        for heard in world.hear():
            message = heard["event"].message
            hops.append(message.hops)
            voice = world.voice(f"run{round_}", hops=message.hops)
            world.call("chat.post", f"k{round_}", voice, room="team:help", text="Answer", thread=place.message)
        world.server.say(parrot, world.room, "Polly", thread=place.message, mentions=[world.server.account])
    assert hops == [0, 2, 4, 6], "with two hops allowed, the third answer is not given"


def test_a_program_that_raises_alarms_is_heard_each_time(world: World) -> None:
    alarms = world.server.join("alarms")
    hops = []
    for number in range(3):
        place = world.server.say(alarms, world.room, f"Alarm {number}")
        for heard in world.hear():
            hops.append(heard["event"].message.hops)
            voice = world.voice(f"run{number}", hops=hops[-1])
            world.call("chat.post", f"k{number}", voice, room="team:help", text="Looking", thread=place.message)
    assert hops == [1, 1, 1]


# --- codes ---


def test_a_code_sent_alone_says_who_somebody_is(world: World) -> None:
    code = world.desk.people.code("team", "eve")
    world.server.say_directly(world.stranger, f" LINK {code.upper()} ")
    assert world.hear() == []
    assert world.desk.people.person("team", world.stranger) == "eve"
    world.send()
    (told,) = [kept.text for kept in world.seen(world.direct(world.stranger)) if kept.message.by_agent]
    assert told.startswith("You are eve here from now on.")


def test_a_code_is_good_once_and_not_for_long(world: World) -> None:
    code = world.desk.people.code("team", "eve")
    world.server.say_directly(world.stranger, f"link {code}")
    world.hear()
    world.server.say_directly(world.bo, f"link {code}")
    world.hear()
    assert world.desk.people.person("team", world.bo) == "bo"
    late = world.desk.people.code("team", "ada")
    world.clock.wait(minutes=16)
    world.server.say_directly(world.stranger, f"link {late}")
    world.hear()
    assert world.desk.people.person("team", world.stranger) == "eve"
    world.send()
    assert [kept.text for kept in world.seen(world.direct(world.bo))][-1].startswith("That code is not good")


def test_a_code_in_a_room_is_only_a_message(world: World) -> None:
    code = world.desk.people.code("team", "ada")
    world.server.say(world.stranger, world.room, f"link {code}", mentions=[world.server.account])
    assert len(world.hear()) == 1
    assert world.desk.people.person("team", world.stranger) == ""


def test_killed_after_a_code_was_taken_the_person_is_told_all_the_same(world: World) -> None:
    code = world.desk.people.code("team", "eve")
    world.server.say_directly(world.stranger, f"link {code}")
    world.desk.look("team", timedelta(0))
    assert world.store.redeem("team", code, world.stranger, world.clock.now) == "eve"
    world.clock.wait(seconds=5)
    world.hear()
    world.send()
    assert world.seen(world.direct(world.stranger))[-1].text.startswith("You are eve")


def test_programs_are_nobody(world: World) -> None:
    code = world.desk.people.code("team", "eve")
    program = world.server.join("program")
    world.server.say_directly(program, f"link {code}")
    world.hear()
    assert world.desk.people.person("team", program) == ""


def test_what_was_settled_long_ago_is_forgotten(world: World) -> None:
    world.question()
    world.hear()
    assert world.inbox.forget(world.clock.now) == 0
    assert world.inbox.forget(world.clock.now + timedelta(days=31)) == 1


def test_what_cannot_be_written_down_now_is_not_acknowledged_and_written_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.question()
    written = world.desk.inbox.add

    def full(*_: object) -> None:
        raise ChatUnreachable("The disk is full.")

    monkeypatch.setattr(world.desk.inbox, "add", full)
    with pytest.raises(ChatUnreachable):
        world.desk.look("team", timedelta(0))
    monkeypatch.setattr(world.desk.inbox, "add", written)
    assert world.desk.look("team", timedelta(0)) == 1
