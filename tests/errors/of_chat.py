"""Reproducers of what every chat can fail with."""

from __future__ import annotations

from gainful.sdk.chat import Words
from gainful.sdk.grant import Grant
from gainful.sdk.testing.memory_chat import LONGEST, MemoryChat, MemoryServer
from tests.errors.registry import Place, reproduces

GRANT = Grant("key", "chat.post")


@reproduces("chat-unreachable")
def _a_server_that_is_away(place: Place) -> None:
    server = MemoryServer()
    server.faults.unreachable = True
    MemoryChat(server).rooms()


@reproduces("chat-refused")
def _a_message_of_somebody_else(place: Place) -> None:
    server = MemoryServer()
    ada = server.person("ada")
    said = server.say(ada, server.room("help", ada), "Mine.")
    MemoryChat(server).edit(GRANT, said, Words("Not yours."))


@reproduces("no-such-room")
def _a_room_that_is_not_there(place: Place) -> None:
    MemoryChat(MemoryServer()).history("C404")


@reproduces("words-too-long")
def _more_than_a_message_holds(place: Place) -> None:
    server = MemoryServer()
    MemoryChat(server).post(GRANT, server.room("help"), Words("x" * (LONGEST + 1)))
