"""Two agents of two installations in one room, each of which answers whatever is said: they come to an end."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from gainful.agents.waking.happening import Heard
from gainful.agents.waking.matching import fitting
from gainful.agents.waking.occurrence import occurrence_of, too_far
from gainful.agents.waking.trigger import triggers_from
from gainful.agents.waking.wakeable import WakeableAgent
from gainful.app.chat.voice import Voice
from gainful.sdk.grant import Grant
from gainful.storage.database import open_database
from tests.unit.app.chat.world import World

MANY = 20


class Chatterbox:
    """An installation whose one agent answers every message in the room and every mention."""

    def __init__(self, world: World, *, marked: bool = True) -> None:
        self.world = world
        self.marked = marked
        self.answers = 0
        self.agent = WakeableAgent(
            "chatter", "ada", triggers_from([{"on": "message", "pattern": "*"}, {"on": "direct"}])
        )

    def turn(self) -> bool:
        """Hear and answer; whether it had anything to answer."""
        before = self.answers
        while self.world.desk.look("team", timedelta(0)):
            pass
        self.world.desk.handling(self._answer).look()
        self.world.send()
        return self.answers > before

    def _answer(self, **heard: Any) -> list[str]:
        happening = Heard(**heard)
        trigger = fitting(self.agent.triggers, happening)
        if trigger is None:
            return []
        occurrence = occurrence_of(self.agent, trigger, happening)
        if self.marked and too_far(self.agent, occurrence):
            return []
        self.answers += 1
        if not self.marked:
            # A program of somebody else's, which counts nothing.
            place = occurrence.answer_to
            assert place is not None
            self.world.server.say(self.world.account, place.room, "And you?", thread=place.thread)
            return []
        voice = Voice("chatter", f"run{self.answers}", "", occurrence.answer_to, occurrence.hops)
        (reply,) = [tool for tool in self.world.desk.tools(voice) if tool.spec.name == "chat.reply"]
        reply.call(Grant(f"{self.world.account}-{self.answers}", "chat.reply"), {"text": "And you?"})
        return ["chatter"]


def other(world: World, folder: Path) -> World:
    """Another installation in the same chat, with an account of its own."""
    folder.mkdir()
    found = World(open_database(folder / "gainful.sqlite"), folder)
    found.server, found.room, found.account = world.server, world.room, world.server.join("other")
    world.server.inside[world.room].append(found.account)
    found.new_desk()
    return found


def talk(one: Chatterbox, two: Chatterbox) -> int:
    """How often they answer before both are silent."""
    for _ in range(MANY):
        if not one.turn() | two.turn():
            return one.answers + two.answers
    pytest.fail("they go on and on")


@pytest.mark.parametrize("marked", [True, False])
def test_two_agents_in_a_room_come_to_an_end(world: World, tmp_path: Path, marked: bool) -> None:
    one, two = Chatterbox(world), Chatterbox(other(world, tmp_path / "other"), marked=marked)
    world.server.say(world.bo, world.room, "How are you?")
    assert talk(one, two) <= 8
    two.world.desk.close()
    two.world.database.dispose()


def test_two_agents_alone_with_each_other_come_to_an_end(world: World, tmp_path: Path) -> None:
    one, two = Chatterbox(world), Chatterbox(other(world, tmp_path / "other"))
    room = world.server.conversation(world.account, two.world.account)
    world.server.say(two.world.account, room, "Hello")
    assert talk(one, two) <= 8
    two.world.desk.close()
    two.world.database.dispose()


def test_a_parrot_alone_with_an_agent_comes_to_an_end(world: World, database: Engine, tmp_path: Path) -> None:
    one, two = Chatterbox(world), Chatterbox(other(world, tmp_path / "other"), marked=False)
    room = world.server.conversation(world.account, two.world.account)
    world.server.say(two.world.account, room, "Hello")
    assert talk(one, two) <= 8
    two.world.desk.close()
    two.world.database.dispose()
