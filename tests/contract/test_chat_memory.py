"""The chat contract over the chat in memory: what tests use has to behave like what people use."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from gainful.sdk.chat import Chat, ChatUnreachable, EventKind, Place, RoomKind, Words
from gainful.sdk.testing.chat import CommandContract, CommandWorld, grant, listen
from gainful.sdk.testing.memory_chat import MemoryChat, MemoryServer


class MemoryWorld:
    """A server in memory, with people."""

    tells_addresses = True
    nowhere = "C999"
    nobody = "U999"

    def __init__(self) -> None:
        self.server = MemoryServer()
        self._people: dict[str, str] = {}

    def chat(self) -> Chat:
        return MemoryChat(self.server)

    def person(self, name: str) -> str:
        if name not in self._people:
            self._people[name] = self.server.person(f"{name} writer", address=f"{name}@example.org")
        return self._people[name]

    def name_of(self, person: str) -> str:
        return self.server.people[person].name

    def address_of(self, person: str) -> str:
        return self.server.people[person].address

    def room(self, *people: str, private: bool = False) -> str:
        return self.server.room("talk", *people, kind=RoomKind.PRIVATE if private else RoomKind.PUBLIC)

    def say(self, person: str, room: str, text: str, *, thread: str = "", mention: bool = False) -> Place:
        mentions = [self.server.account] if mention else []
        return self.server.say(person, room, text, thread=thread, mentions=mentions)

    def say_directly(self, person: str, text: str) -> Place:
        return self.server.say_directly(person, text)

    def react(self, person: str, place: Place, name: str) -> None:
        self.server.react(person, place, name)

    def press(self, person: str, place: Place, number: int) -> None:
        self.server.press(person, place, self.server.kept(place).buttons[number].id)

    def rewrite(self, person: str, place: Place, text: str) -> None:
        self.server.rewrite(place, text)

    def remove(self, person: str, place: Place) -> None:
        self.server.remove(place)

    def command(self, person: str, room: str, text: str) -> None:
        self.server.command(person, room, "/ask", text)

    def texts(self, room: str) -> list[str]:
        return [kept.text for kept in self.server.seen(room)]

    def reactions(self, place: Place) -> list[tuple[str, str]]:
        return [(who, name) for name, people in self.server.kept(place).reactions.items() for who in people]

    def buttons(self, place: Place) -> list[str]:
        return [button.label for button in self.server.kept(place).buttons]

    def called(self, place: Place) -> list[str]:
        message = self.server.kept(place).message
        everybody = ["everybody"] if re.search(r"@(channel|here|everyone|room|all)\b", message.text) else []
        return [*message.mentions, *everybody]

    def private_to(self, person: str) -> list[str]:
        rooms = [room for room in self.server.rooms.values() if room.kind is RoomKind.DIRECT]
        mine = [room.id for room in rooms if person in self.server.inside[room.id]]
        return [*self.server.whispered.get(person, []), *(text for room in mine for text in self.texts(room))]

    def in_text(self, person: str) -> str:
        return f"<@{person}>"

    def cut(self) -> None:
        self.server.faults.unreachable = True

    def mend(self) -> None:
        self.server.faults.unreachable = False

    def lose_answer(self) -> None:
        self.server.faults.lose_answers = 1

    def repeat(self) -> None:
        self.server.repeat()


class TestMemoryChat(CommandContract):
    def command_world(self) -> CommandWorld:
        return MemoryWorld()


# --- what only this one does: failing as it is told ---


class Crash(BaseException):
    """The process is gone."""


def test_a_crash_after_the_message_was_taken() -> None:
    server = MemoryServer()
    room = server.room("help")

    def die(operation: str) -> None:
        if operation == "post":
            raise Crash

    key = grant()
    with pytest.raises(Crash):
        MemoryChat(server, after=die).post(key, room, Words("Once."))
    again = MemoryChat(server)
    assert again.find(room, key.key) == again.post(key, room, Words("Once."))
    assert len(server.seen(room)) == 1


def test_every_event_twice() -> None:
    server = MemoryServer()
    ada = server.person("ada")
    server.faults.duplicate = True
    server.say(ada, server.room("help", ada), "Hello.")
    first, second = MemoryChat(server).events(timedelta(0))
    assert first == second


def test_a_busy_server_says_how_long() -> None:
    server = MemoryServer()
    room = server.room("help")
    server.faults.busy = timedelta(seconds=3)
    with pytest.raises(ChatUnreachable) as caught:
        MemoryChat(server).post(grant(), room, Words("Hello."))
    assert (caught.value.retry_after, caught.value.sent) == (timedelta(seconds=3), False)


def test_two_agents_hear_one_another() -> None:
    server = MemoryServer()
    other = server.join("watcher")
    room = server.room("help")
    chat, watching = listen(MemoryChat(server)), listen(MemoryChat(server, other))
    chat.post(grant(), room, Words("Look.", agent="handbook", hops=2, mention=(other,)))
    assert chat.events(timedelta(0)) == []
    (event,) = watching.events(timedelta(0))
    assert event.kind is EventKind.MENTION
    assert event.message is not None
    assert (event.message.by_agent, event.message.hops) == (True, 2)
