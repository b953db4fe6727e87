from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from gainful.app.chat.desk import HEARD_FOR, TIDY
from gainful.app.chat.voice import Voice
from gainful.core.errors import GainfulError
from gainful.core.occurrence import AnswerPlace
from gainful.gate.approval import State
from gainful.sdk.grant import Grant
from tests.fixtures.waiting import eventually
from tests.unit.app.chat.world import RealHands, World


def unexpected(error: GainfulError) -> None:
    """For what nothing is wrong with."""
    pytest.fail(str(error))


@contextmanager
def at_work(world: World) -> Iterator[list[GainfulError]]:
    """The desk as a server has it, with an agent that answers mentions; what it complains of."""
    complaints: list[GainfulError] = []

    def answering(**heard: Any) -> list[str]:
        event = heard["event"]
        place = AnswerPlace("team", event.room, event.message.place.message, event.message.place.message, event.sender)
        voice = Voice("helper", f"run-{event.id}", "ada", place)
        reply = next(tool for tool in world.desk.tools(voice) if tool.spec.name == "chat.reply")
        reply.call(Grant(f"reply-{event.id}", "chat.reply"), {"text": f"Answer to {event.message.text}"})
        return ["helper"]

    watchers = world.desk.watchers(answering, complaints.append)
    for watcher in watchers:
        watcher.start()
    try:
        yield complaints
    finally:
        for watcher in watchers:
            watcher.stop()
        # A message lets those that listen look up.
        world.server.say_directly(world.stranger, "Closing time")
        for watcher in watchers:
            watcher.join(120)


def test_at_work_it_hears_answers_asks_and_takes_the_answer(make_world: Callable[..., World]) -> None:
    world = make_world(clock=RealHands())
    with at_work(world) as complaints:
        for number in range(3):
            world.server.say(world.bo, world.room, f"Question {number}", mentions=[world.account])
        assert eventually(lambda: len(world.texts()) == 6)
        assert sorted(world.texts())[:3] == [f"Answer to Question {number}" for number in range(3)]
        world.approval()
        assert eventually(lambda: bool(world.seen(world.direct(world.ada))))
        card = world.seen(world.direct(world.ada))[-1]
        world.server.press(world.ada, card.message.place, card.buttons[0].id)
        assert eventually(lambda: world.book.find("ap1", world.clock()).state is State.ACCEPTED)
        assert eventually(lambda: "Approved by ada" in world.seen(world.direct(world.ada))[-1].text)
    assert complaints == []


def test_a_server_that_is_away_is_complained_of_and_tried_again(make_world: Callable[..., World]) -> None:
    world = make_world(clock=RealHands())
    world.server.faults.unreachable = True
    with at_work(world) as complaints:
        assert eventually(lambda: [error.code for error in complaints] == ["chat-unreachable"])
        world.server.faults.unreachable = False
        world.server.say(world.bo, world.room, "Hello?", mentions=[world.server.account])
        assert eventually(lambda: "Answer to Hello?" in world.texts())


def test_without_a_chat_nothing_is_at_work(make_world: Callable[..., World]) -> None:
    world = make_world()
    world.desk.connections.settings.clear()
    assert world.desk.watchers(world.on_event, unexpected) == []
    assert list(world.desk.tools(world.voice())) == []


def test_what_was_heard_and_said_long_ago_is_forgotten_now_and_then(world: World) -> None:
    world.question()
    world.hear()
    world.clock.now += HEARD_FOR + timedelta(days=1)
    world.clock.now += TIDY
    world.desk._ask()
    assert world.inbox.counts("team") == {}
