"""Reproducers of what the desk of the chats, and the chat tools, can fail with."""

from __future__ import annotations

from gainful.app import Gainful
from gainful.app.chat.voice import Voice
from gainful.connectors.chat.tools import instant
from gainful.core.clock import system_clock
from gainful.sdk.chat import Words
from gainful.sdk.grant import Grant
from gainful.sdk.testing.memory_chat import MemoryChat, MemoryServer
from gainful.storage.chat.outbox_store import Post
from tests.errors.registry import Place, reproduces

SETTINGS = '[[chats]]\nname = "team"\nkind = "slack"\nrooms = ["help"]\npeople = { U1 = "ada" }\n'


def _app(place: Place) -> Gainful:
    """An installation with a chat."""
    place.home.prepare()
    place.home.config.write_text(SETTINGS)
    return place.app()


@reproduces("no-such-chat")
def _a_chat_that_is_not_set_up(place: Place) -> None:
    with place.app() as app:
        app.chats.connections.check("slack")


@reproduces("link-invalid")
def _a_member_whom_the_settings_name(place: Place) -> None:
    with _app(place) as app:
        app.chats.people.unlink("team", "U1")


@reproduces("room-closed")
def _a_room_that_is_closed_to_agents(place: Place) -> None:
    server = MemoryServer()
    server.room("leads")
    with _app(place) as app:
        place.patch.setattr(app.chats.connections, "_opened", {"team": MemoryChat(server)})
        tools = {tool.spec.name: tool for tool in app.chats.tools(Voice("helper", "run1"))}
        tools["chat.post"].call(Grant("key", "chat.post"), {"room": "team:leads", "text": "Hello"})


@reproduces("no-such-post")
def _a_key_that_nothing_has(place: Place) -> None:
    with _app(place) as app:
        app.chats.outbox.find("abc")


@reproduces("post-settled")
def _a_post_that_is_not_uncertain(place: Place) -> None:
    with _app(place) as app:
        now = system_clock()
        app.chats.outbox.put(Post("abc", "team", "C1", Words("Hello"), now, now))
        app.chats.outbox.settle("abc", happened=True, by="ada", at=now)


@reproduces("chat-argument-invalid")
def _a_moment_that_is_none(place: Place) -> None:
    instant("yesterday", system_clock())
