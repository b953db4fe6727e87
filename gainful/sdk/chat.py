"""What a chat connector implements: read, post once, edit, stream, react, and hear what happens. Shaped like no vendor.

    chat = SlackChat(...)                      # or MatrixChat
    sent = chat.post(grant, room, Words("Done."), thread=message.thread)
    chat.edit(grant, sent, Words("Done, twice."))
    heard = chat.events(timedelta(seconds=30))          # write them down; the next call acknowledges them

Whatever is posted carries a key (the grant's): the same key is the same message, also after a crash. Whatever is heard
has an id: the same id is the same event, however often the other side sends it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from gainful.core.errors import Invalid, Refused
from gainful.sdk.grant import Grant
from gainful.sdk.tool import ToolUnreachable


class ChatUnreachable(ToolUnreachable):
    """The chat server cannot be reached, or asks to wait; `retry_after` says how long."""

    code = "chat-unreachable"


class ChatRefused(Refused):
    """The chat server understood and said no: no such right, not a member, token revoked."""

    code = "chat-refused"


class NoSuchRoom(Invalid):
    """There is no such channel, room, person or message, or the agent cannot see it."""

    code = "no-such-room"


class WordsTooLong(Invalid):
    """A message is longer than the chat server takes as one."""

    code = "words-too-long"


class RoomKind(StrEnum):
    """Who can read along."""

    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Room:
    """A channel, a room, or a conversation between two."""

    id: str
    name: str
    kind: RoomKind


@dataclass(frozen=True, slots=True)
class Member:
    """A person or a bot, as the server vouches for them.

    Args:
        address: Mail address, where the server tells it.
        zone: IANA time zone, where the server tells it.
    """

    id: str
    name: str
    is_bot: bool = False
    address: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one message stands.

    Args:
        thread: Id of the message that began its thread; empty outside of one, and for that first message itself.
    """

    room: str
    message: str
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message.

    Args:
        sender: Id of the member; the server vouches for it. The text is whoever's.
        mentions: Ids of the members that it names.
        by_agent: It is marked as written by an agent, this one or another.
        hops: How many agents' messages lie between it and a person, where the mark tells; 0 for a person's.
        link: Web address of the message, where there is one.
    """

    place: Place
    sender: str
    text: str
    at: datetime
    mentions: tuple[str, ...] = ()
    by_agent: bool = False
    hops: int = 0
    link: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """Something that a person can press.

    Args:
        id: What comes back when it is pressed: an id and a nonce, never a state or a secret. At most 200 characters.
        danger: Shown as what cannot be undone.
    """

    id: str
    label: str
    danger: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What is posted.

    Args:
        text: Markdown, as far as both sides know it. Mentions of everybody (`@channel`, `@room`) are never sent.
        agent: Name of the agent that writes; the message is marked with it.
        hops: Of the message that it answers, plus one.
        buttons: Below the text. A server without buttons shows them as numbered lines: a reaction with the number, or a
            reply with it, presses.
        mention: Ids of members who are named before the text, and so called. A mention within the text calls nobody.
    """

    text: str
    agent: str = ""
    hops: int = 0
    buttons: tuple[Button, ...] = ()
    mention: tuple[str, ...] = ()


_EVERYBODY = re.compile(r"@(?=(?:channel|here|everyone|room|group|all)\b)", re.IGNORECASE)
_JOINER = "\u2060"


def hushed(text: str) -> str:
    """The text with every call of everybody, such as `@channel`, put so that it reads the same and calls nobody."""
    return _EVERYBODY.sub(f"@{_JOINER}", text)


class EventKind(StrEnum):
    """What can happen."""

    MENTION = "mention"
    DIRECT = "direct"
    MESSAGE = "message"
    """In a room where the agent is, and does not name it."""
    REACTION = "reaction"
    COMMAND = "command"
    PRESSED = "pressed"


@dataclass(frozen=True, slots=True)
class ChatEvent:
    """Something that has happened.

    Args:
        id: The server's own: the same id is the same event.
        message: That was written or reacted to, or whose button was pressed; None for a command.
        detail: Of a reaction its `name`, such as `eyes`; of a command `command`, such as `/ask`, and `text`; of a press
            `button`, the button's id.
        answer_to: Opaque: where a command or a press can be answered at once, if the server has such a thing.
    """

    id: str
    kind: EventKind
    sender: str
    room: str
    at: datetime
    message: Message | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    answer_to: str = ""


@runtime_checkable
class CalledChat(Protocol):
    """A chat whose server calls us with what happens, instead of being listened to."""

    async def handle(self, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """The answer to one of its requests: status, headers, body. What is not signed by it is refused."""


class MessageStream(Protocol):
    """A message that is being written while people look on."""

    def add(self, text: str) -> None:
        """Append this. May hold small pieces back for a moment: servers limit how often a message may change."""

    def finish(self, buttons: Sequence[Button] = ()) -> Place:
        """Show everything, end the writing, and say where it stands."""


@runtime_checkable
class Chat(Protocol):
    """One workspace or homeserver, as one agent or person. Safe to share between threads.

    Any method may raise `ChatUnreachable`, `ChatRefused` or `NoSuchRoom`.
    """

    def me(self) -> Member:
        """Whose account it is."""

    def rooms(self) -> list[Room]:
        """The rooms that the account is in."""

    def members(self, room: str) -> list[Member]:
        """Who is in a room."""

    def member(self, member_id: str) -> Member:
        """One member."""

    def find_member(self, name_or_address: str) -> Member | None:
        """The one member with exactly this name, handle or mail address; None when there is none, or several.

        None also where the server does not tell mail addresses, or too many names to be sure that there is one.
        """

    def history(self, room: str, *, since: datetime | None = None, limit: int = 200) -> list[Message]:
        """Messages of a room outside of threads, oldest first: the newest `limit` of those since then."""

    def thread(self, place: Place, limit: int = 200) -> list[Message]:
        """The messages of the thread that this message begins or is in, oldest first.

        Args:
            limit: The first message, and the newest of the others.
        """

    def direct(self, grant: Grant, member_id: str) -> Room:
        """The conversation with one member, opened when there is none."""

    def post(self, grant: Grant, room: str, words: Words, *, thread: str = "") -> Place:
        """Post a message once for this grant's key, and say where it stands.

        A crash after the server took it is found out by the key; see `find`.
        """

    def find(self, room: str, key: str, *, thread: str = "", since: datetime | None = None) -> Place | None:
        """Where the message that was posted under this key stands; None when there is certainly none.

        Args:
            since: When it was tried; only what was posted after it is looked through.

        Raises:
            ChatUnreachable: It cannot be told, also because too much was posted since.
        """

    def edit(self, grant: Grant, place: Place, words: Words) -> None:
        """Put these words in place of the message's own, and these buttons in place of its buttons.

        Raises:
            ChatRefused: Somebody else wrote it.
        """

    def react(self, grant: Grant, place: Place, name: str) -> None:
        """Add a reaction, such as `eyes`; that it is there already is no error."""

    def stream(
        self, grant: Grant, room: str, *, thread: str = "", agent: str = "", hops: int = 0, to: str = ""
    ) -> MessageStream:
        """Begin a message that grows; it is found by the key like any other, also when it was never finished.

        Args:
            to: Id of the member whom it answers; some servers want to know.
        """

    def answer(self, grant: Grant, event: ChatEvent, text: str) -> None:
        """Answer a command or a press so that only who caused it sees it."""

    def events(self, wait: timedelta) -> list[ChatEvent]:
        """What others have done since the last call, waiting at most so long for the first.

        Asking again acknowledges what the call before brought: write that down first. What was not acknowledged comes
        again, also to the next process. May bring the same event again, and events out of order. One thread calls it.
        """

    def close(self) -> None:
        """Let go of every connection."""
