"""What a connector's test hands to the chat contract: a server, the account under test on it, and people who speak."""

# ruff: noqa: S101 - these are tests

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Protocol

import pytest

from gainful.sdk.chat import (
    Button,
    Chat,
    ChatEvent,
    EventKind,
    Message,
    Place,
)
from gainful.sdk.grant import Grant

AT_MOST = timedelta(minutes=2)
"""How long an event may take; a server on loopback takes a fraction of a second."""
A_MOMENT = timedelta(seconds=0.5)
"""How long is waited for what shall not come."""
CHOICES = (Button("yes-7c1e", "Accept"), Button("no-7c1e", "Refuse", danger=True))

_numbers = count(1)


class ChatWorld(Protocol):
    """A server with the account under test, and people around it. Each test has one of its own, or fresh rooms on one.

    Where an id of a message is asked for, it is the `Place` that the chat or the world gave.
    """

    tells_addresses: bool
    """Whether the server tells people's mail addresses."""

    nowhere: str
    """A room id in the server's own form that no room has."""

    nobody: str
    """A member id in the server's own form that nobody has."""

    def chat(self) -> Chat:
        """A client of the account, as a new process would open it. It holds back nothing of a stream."""

    def person(self, name: str) -> str:
        """Somebody with this name, the same person each time in one test; their member id."""

    def name_of(self, person: str) -> str:
        """The name by which this person is found: unlike everybody else's on the server."""

    def address_of(self, person: str) -> str:
        """Their mail address, whether or not the server tells it."""

    def room(self, *people: str, private: bool = False) -> str:
        """A new room with the account and these people in it; its id."""

    def say(self, person: str, room: str, text: str, *, thread: str = "", mention: bool = False) -> Place:
        """Somebody writes, and names the account if asked."""

    def say_directly(self, person: str, text: str) -> Place:
        """Somebody writes to the account alone."""

    def react(self, person: str, place: Place, name: str) -> None:
        """Somebody reacts as their program does."""

    def press(self, person: str, place: Place, number: int) -> None:
        """Somebody presses a message's button, counted from 0, as the server's programs let them."""

    def rewrite(self, person: str, place: Place, text: str) -> None:
        """Somebody changes what they wrote."""

    def remove(self, person: str, place: Place) -> None:
        """Somebody removes what they wrote."""

    def texts(self, room: str) -> list[str]:
        """What people see in a room, threads included, oldest first: a changed message as it is now, each once."""

    def reactions(self, place: Place) -> list[tuple[str, str]]:
        """Who has reacted, and how: member id and name of the reaction."""

    def buttons(self, place: Place) -> list[str]:
        """The labels of the buttons below a message."""

    def called(self, place: Place) -> list[str]:
        """Ids of the members whom this message notifies by name; `everybody` where it calls them all."""

    def private_to(self, person: str) -> list[str]:
        """What was said to this person so that nobody else sees it."""

    def in_text(self, person: str) -> str:
        """How a mention of this person is written within a text."""

    def cut(self) -> None:
        """From now on the account's clients do not reach the server."""

    def mend(self) -> None:
        """They reach it again."""

    def lose_answer(self) -> None:
        """The server takes the next change that the account makes, and its answer is lost."""

    def repeat(self) -> None:
        """The server sends once more what it has sent to the account."""


class CommandWorld(ChatWorld, Protocol):
    """A world whose server has slash commands."""

    def command(self, person: str, room: str, text: str) -> None:
        """Somebody types the command of the account, `/ask` by name, with this text."""


def grant(tool: str = "chat.post", key: str = "") -> Grant:
    """A grant as the gate mints it, each time another key."""
    return Grant(key=key or f"test-{next(_numbers)}-{datetime.now(UTC).timestamp()}", tool=tool)


def listen(chat: Chat) -> Chat:
    """The client, once it has heard what there was."""
    while chat.events(timedelta(0)):
        pass
    return chat


def heard(chat: Chat, enough: Callable[[list[ChatEvent]], bool]) -> list[ChatEvent]:
    """Events, each id once, until they are enough; asking again acknowledges those before."""
    found: dict[str, ChatEvent] = {}
    end = datetime.now(UTC) + AT_MOST
    while datetime.now(UTC) < end:
        found |= {event.id: event for event in chat.events(timedelta(seconds=2))}
        if enough(list(found.values())):
            return list(found.values())
    raise AssertionError(f"Heard only {list(found.values())}.")


def one(chat: Chat, kind: EventKind) -> ChatEvent:
    """The first event of this kind; none of another kind comes before it."""
    (event,) = heard(chat, bool)
    assert event.kind is kind
    return event


def texts(messages: Sequence[Message]) -> list[str]:
    """The texts alone."""
    return [message.text for message in messages]


def first_heard(chat: Chat) -> Collection[ChatEvent]:
    """The first events that come, not yet acknowledged."""
    end = datetime.now(UTC) + AT_MOST
    while datetime.now(UTC) < end:
        found = chat.events(timedelta(seconds=2))
        if found:
            return found
    raise AssertionError("Nothing was heard.")


class ChatFixtures:
    """The world of one test, and what stands in it."""

    def world(self) -> ChatWorld:
        """The world of one test."""
        raise NotImplementedError

    @pytest.fixture
    def there(self) -> ChatWorld:
        """The world of this test."""
        return self.world()

    @pytest.fixture
    def chat(self, there: ChatWorld) -> Iterator[Chat]:
        """A client that has heard what there was."""
        chat = listen(there.chat())
        yield chat
        chat.close()

    @pytest.fixture
    def ada(self, there: ChatWorld) -> str:
        """Somebody."""
        return there.person("ada")

    @pytest.fixture
    def bo(self, there: ChatWorld) -> str:
        """Somebody else."""
        return there.person("bo")

    @pytest.fixture
    def room(self, there: ChatWorld, chat: Chat, ada: str, bo: str) -> str:
        """A room with both of them; the client knows of it."""
        room = there.room(ada, bo)
        listen(chat)
        return room
