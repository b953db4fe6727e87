"""One object for everything that wakes agents: chats, webhooks, by hand, and what was left over."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from gainful.agents.waking.happening import Delivered
from gainful.app.guarding.guards import Stopped
from gainful.app.waking.triggers import Accepted
from gainful.core.errors import Broken
from gainful.sdk.chat import ChatEvent, EventKind
from gainful.sdk.tool import ToolUnreachable
from gainful.storage.agents.occurrence_store import OccurrenceState
from tests.unit.agents.happenings import heard
from tests.unit.app.wakers import NOON, World


@pytest.fixture
def world(database: Engine) -> World:
    return World(database)


def event(kind: EventKind, number: int = 1, text: str = "What does it cost?", **more: object) -> ChatEvent:
    return heard(kind, text, event_id=f"e{number}", **more).event  # type: ignore[arg-type]


def states(world: World, agent: str = "handbook") -> list[str]:
    return [str(record.state) for record in world.store.recent(agent)]


# --- chat ---


def test_an_event_wakes_each_agent_that_it_concerns_once(world: World) -> None:
    world.agent({"on": "mention", "rooms": "help"}, {"on": "message", "pattern": "*"})
    world.agent({"on": "message", "pattern": "cost"}, name="prices")
    world.agent({"on": "mention", "rooms": "dev"}, name="dev")
    for _ in range(4):
        world.dispatcher.chat("slack", event(EventKind.MENTION), "bo", room_name="help", sender_name="Bo")
        world.process().chat("slack", event(EventKind.MENTION), "bo", room_name="help")
    started = world.taken()
    assert [(occurrence.agent, occurrence.trigger) for occurrence in started] == [
        ("handbook", "mention help"),
        ("prices", "message cost"),
    ]
    assert started[0].person == "bo"
    assert started[0].about["sender"] == "Bo"


def test_what_the_agents_say_wakes_none_of_them(world: World) -> None:
    world.agent({"on": "message", "pattern": "*"})
    assert world.dispatcher.chat("slack", event(EventKind.MESSAGE, sender="BOT"), me="BOT") == []
    assert states(world) == []


def test_agents_that_answer_each_other_come_to_an_end(world: World) -> None:
    world.agent({"on": "message", "pattern": "*"})
    for hops in range(6):
        said = event(EventKind.MESSAGE, hops, by_agent=hops > 0, hops=hops)
        world.dispatcher.chat("slack", said, me="BOT")
    assert [occurrence.hops for occurrence in world.taken()] == [0, 1, 2]
    assert states(world).count("refused") == 3


# --- starting ---


def test_who_is_stopped_is_not_woken_and_not_tried_again(world: World) -> None:
    world.agent({"on": "mention"})
    with world.failure(Stopped("'handbook' was stopped by ada.", "Let it go on with `gainful resume handbook`.")):
        world.dispatcher.chat("slack", event(EventKind.MENTION))
    assert states(world) == ["refused"]
    assert world.dispatcher.recover() == []
    assert world.complaints == []
    (record,) = world.store.recent("handbook")
    assert record.note.startswith("'handbook' was stopped by ada.")


def test_what_cannot_be_started_now_is_tried_again(world: World) -> None:
    world.agent({"on": "mention"})
    trouble = ToolUnreachable("The database is busy.", "Try again.", sent=False)
    with world.failure(trouble):
        world.dispatcher.chat("slack", event(EventKind.MENTION))
        world.dispatcher.recover()
    assert states(world) == ["claimed"]
    assert world.complaints == [trouble, trouble]
    (found,) = world.dispatcher.recover()
    assert world.taken() == [found]
    assert states(world) == ["started"]
    assert world.dispatcher.recover() == []


def test_a_fault_of_ours_loses_nothing(world: World) -> None:
    world.agent({"on": "mention"}, {"on": "cron", "at": "0 13 * * *"})
    world.dispatcher.tick()
    with world.failure(Broken("A bug.", "Please report it.")):
        world.dispatcher.chat("slack", event(EventKind.MENTION))
        world.after(hours=1).dispatcher.tick()
    assert states(world) == ["claimed", "claimed"]
    assert [occurrence.trigger for occurrence in world.process().recover()] == ["mention", "cron 0 13 * * *"]


def test_between_looks_only_what_nobody_else_is_about_to_start_is_started(world: World) -> None:
    world.agent({"on": "mention"})
    with world.failure(Broken("Killed.", "")):
        world.dispatcher.chat("slack", event(EventKind.MENTION))
    dispatch = world.process()._dispatch
    assert dispatch.recover() == []
    world.after(minutes=2)
    assert len(dispatch.recover()) == 1


# --- by hand ---


def test_a_person_starts_it(world: World) -> None:
    world.agent({"on": "mention"})
    found = world.dispatcher.by_hand("handbook", "key1", "ada", "Look into it.")
    assert found is not None
    assert (found.trigger, found.words) == ("hand", "Look into it.")
    assert world.dispatcher.by_hand("handbook", "key1", "ada", "Look into it.") is not None
    assert world.taken() == [found]
    assert world.dispatcher.by_hand("nobody", "key2", "ada") is None


# --- webhooks ---


def test_a_delivery_is_written_down_and_begun_at_the_next_look(world: World) -> None:
    agent = world.agent(
        {"on": "webhook", "signed": "github", "event": ["issues"]}, {"on": "webhook", "name": "deploys"}
    )
    hook = world.dispatcher.hook("handbook", "webhook")
    assert hook == (agent, agent.triggers[0])
    first = world.dispatcher.webhook(*hook, Delivered("k1", {"action": "opened"}, NOON, "issues"))
    assert first.is_new
    assert states(world) == ["claimed"]
    assert world.dispatcher.webhook(*hook, Delivered("k1", {"action": "opened"}, NOON, "issues")) == Accepted(
        first.occurrence_id, is_new=False
    )
    assert not world.dispatcher.webhook(*hook, Delivered("k2", {}, NOON, "push")).fits
    world.dispatcher.look()
    assert [occurrence.id for occurrence in world.taken()] == [first.occurrence_id]
    assert states(world) == ["started"]


@pytest.mark.parametrize(("agent", "trigger"), [("nobody", "webhook"), ("handbook", "other"), ("handbook", "mention")])
def test_an_address_that_means_nothing(world: World, agent: str, trigger: str) -> None:
    world.agent({"on": "webhook"}, {"on": "mention"})
    assert world.dispatcher.hook(agent, trigger) is None


def test_the_same_body_as_the_last_time_wakes_nobody_who_waits_for_changes(world: World) -> None:
    world.agent({"on": "webhook", "wake": "changed"})
    hook = world.dispatcher.hook("handbook", "webhook")
    assert hook is not None
    for number, body in enumerate(("up", "up", "down", "up")):
        world.dispatcher.webhook(*hook, Delivered(f"k{number}", body, NOON))
        world.dispatcher.look()
    assert [occurrence.about["text"] for occurrence in world.taken()] == ["up", "down", "up"]
    assert states(world).count(OccurrenceState.UNCHANGED) == 1


# --- looking ---


def test_a_look_does_everything_in_turn_and_a_nudge_does_it_now(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gainful.app.waking.triggers.PAUSE", 0)
    done: list[str] = []
    for name in ("tick", "files", "news"):
        monkeypatch.setattr(world.dispatcher, name, lambda name=name: done.append(name))
    for _ in range(10):
        world.dispatcher.look()
    assert (done.count("tick"), done.count("files"), done.count("news")) == (10, 5, 2)
    world.dispatcher.look()
    done.clear()
    world.dispatcher.nudge()
    world.dispatcher.look()
    assert "news" in done


def test_many_threads_may_tell_the_same(world: World) -> None:
    world.agent({"on": "mention"})
    threads = [
        threading.Thread(target=world.dispatcher.chat, args=("slack", event(EventKind.MENTION, number % 5)))
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(world.taken()) == 5
    assert world.now - NOON == timedelta(0)
