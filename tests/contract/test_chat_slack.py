"""The chat contract over Slack's connector, as Bolt and slack_sdk speak with the imitation of Slack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gainful.connectors.slack import SlackChat
from gainful.connectors.slack.fake import FakeSlack
from gainful.connectors.slack.fake.workspace import Post, calls_everybody, mentioned
from gainful.core.clock import system_clock
from gainful.sdk.chat import Chat, Place
from gainful.sdk.testing.chat import CommandContract, CommandWorld
from tests.fixtures.waiting import eventually
from tests.unit.connectors.slack.hurried import HurriedClock

AT_ONCE = 0.05
"""Slack's seconds while a test waits for what Slack sends again."""


def opened(slack: FakeSlack) -> SlackChat:
    """A client of the imitation, to which Slack's limits cost no time."""
    access = replace(slack.access(), ping=1.0, settle=timedelta(0), hold_back=False)
    clock = HurriedClock()
    return SlackChat(access, system_clock, ticks=clock, sleep=clock.sleep)


class SlackWorld:
    """The imitation, with people."""

    tells_addresses = True
    nowhere = "C99999999"
    nobody = "U99999999"

    def __init__(self, slack: FakeSlack) -> None:
        self.slack = slack
        self._rooms = 0
        self._open: SlackChat | None = None

    def chat(self) -> Chat:
        # Two processes with one app token would take each other's events: the one before is gone.
        if self._open is not None:
            self._open.close()
        self._open = opened(self.slack)
        return self._open

    def person(self, name: str) -> str:
        if name in ("ada", "bo"):
            return self.slack.member(name)
        return self.slack.add_person(name)

    def name_of(self, person: str) -> str:
        return self.slack.workspace.users[person].name

    def address_of(self, person: str) -> str:
        return self.slack.workspace.users[person].email

    def room(self, *people: str, private: bool = False) -> str:
        self._rooms += 1
        return self.slack.add_channel(f"talk-{self._rooms}", *people, private=private)

    def say(self, person: str, room: str, text: str, *, thread: str = "", mention: bool = False) -> Place:
        ts = self.slack.say(person, room, f"@gainful {text}" if mention else text, thread)
        return Place(room, ts, thread)

    def say_directly(self, person: str, text: str) -> Place:
        return Place(self.slack.direct(person), self.slack.say_directly(person, text))

    def react(self, person: str, place: Place, name: str) -> None:
        self.slack.react(person, place.room, place.message, name)

    def press(self, person: str, place: Place, number: int) -> None:
        self._connected()
        self.slack.press(person, place.room, place.message, self._elements(place)[number]["value"])

    def rewrite(self, person: str, place: Place, text: str) -> None:
        self.slack.rewrite(person, place.room, place.message, text)

    def remove(self, person: str, place: Place) -> None:
        self.slack.remove(person, place.room, place.message)

    def command(self, person: str, room: str, text: str) -> None:
        self._connected()
        self.slack.command(person, room, "/ask", text)

    def texts(self, room: str) -> list[str]:
        return [seen(post) for post in self.slack.posts(room)]

    def reactions(self, place: Place) -> list[tuple[str, str]]:
        return [(who, name) for name, people in self._post(place).reactions.items() for who in people]

    def buttons(self, place: Place) -> list[str]:
        return [one["text"]["text"] for one in self._elements(place)]

    def called(self, place: Place) -> list[str]:
        post = self._post(place)
        return [*sorted(mentioned(post)), *(["everybody"] if calls_everybody(post) else [])]

    def private_to(self, person: str) -> list[str]:
        whispers = [one["blocks"][0]["text"] for one in self.slack.whispers(person)]
        return [*whispers, *self.texts(self.slack.direct(person))]

    def in_text(self, person: str) -> str:
        return f"<@{person}>"

    def cut(self) -> None:
        self.slack.faults.unreachable = True
        self.slack.break_off()

    def mend(self) -> None:
        self.slack.faults.unreachable = False

    def lose_answer(self) -> None:
        self.slack.faults.lose_answers = 1

    def repeat(self) -> None:
        self.slack.repeat()

    def _connected(self) -> None:
        """Wait for a socket: of presses and commands Slack tells once."""
        assert eventually(self.slack.connections)

    def _post(self, place: Place) -> Post:
        return next(post for post in self.slack.posts(place.room) if post.ts == place.message)

    def _elements(self, place: Place) -> list[dict[str, Any]]:
        blocks = self._post(place).blocks
        return [one for block in blocks if block["type"] == "actions" for one in block["elements"]]


def seen(post: Post) -> str:
    """What people read of a message, apart from its mark and its buttons."""
    markdown = [block["text"] for block in post.blocks if block["type"] == "markdown"]
    return "".join(markdown) or post.growing or post.text


class TestSlackChat(CommandContract):
    @pytest.fixture(autouse=True)
    def _imitation(self) -> Iterator[None]:
        with FakeSlack(pace=AT_ONCE) as slack:
            self.slack = slack
            yield

    def command_world(self) -> CommandWorld:
        return SlackWorld(self.slack)
