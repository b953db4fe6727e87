"""Handles what was heard, each event once: presses go to the cards, codes to the people, the rest to who wakes agents.

An event is marked as handled after it was: a crash in between repeats the handling, with the same ids, and so has no
further effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from gainful.app.chat.cards import SPEAKER, Cards
from gainful.app.chat.connections import Connections
from gainful.app.chat.people import People
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Unavailable
from gainful.core.ids import stable_id
from gainful.gate.delivery import NOTICE, notice
from gainful.runs.executor import sole
from gainful.sdk.chat import Chat, ChatEvent, EventKind, Member, Message, Room, Words
from gainful.storage.chat.inbox_store import Heard, InboxState, InboxStore
from gainful.storage.chat.outbox_store import OutboxStore, Post, PostKind

TRIES = 5
"""How often handling an event may fail before it is put aside, with the reason."""

REMEMBERED = timedelta(hours=1)
"""How long a program that does not say so is held to answer what agents wrote before it."""

OWN = "It is the agents' own account."
NOT_MEANT = "No agent here listens to that command."
COMING = "On it. The answer comes to you alone."
LINKED = "You are {0} here from now on. What waits for your word comes to you in this conversation."
BAD_CODE = "That code is not good any more, or never was. `gainful chat link` gives another one."


class OnEvent(Protocol):
    """Whoever wakes agents for what has happened in chats."""

    def __call__(
        self, *, chat: str, event: ChatEvent, person: str, room_name: str, sender_name: str, me: str
    ) -> Sequence[str] | None:
        """The names of the agents that it wakes; None where that is not known.

        Called again with the same event after a crash: it must then wake nobody twice.

        Args:
            person: Who caused it; empty for somebody whom nobody knows.
            me: Id of the agents' account.
        """


class Handling:
    """The events of all chats.

    Args:
        locks: Folder that all processes of the installation share: one of them handles.
    """

    def __init__(
        self,
        connections: Connections,
        inbox: InboxStore,
        outbox: OutboxStore,
        people: People,
        cards: Cards,
        locks: Path,
        clock: Clock,
        on_event: OnEvent,
    ) -> None:
        self._connections = connections
        self._inbox = inbox
        self._outbox = outbox
        self._people = people
        self._cards = cards
        self._locks = locks
        self._clock = clock
        self._on_event = on_event
        self._began_at = clock()
        self._failed: dict[tuple[str, str], int] = {}
        self._rooms: dict[str, dict[str, Room]] = {}
        self._me: dict[str, Member] = {}

    def look(self) -> int:
        """Handle what is new; how many events were settled.

        Raises:
            GainfulError: One could not be handled; the others were. It is tried again.
        """
        settled = 0
        trouble: Exception | None = None
        with sole(self._locks, "handle") as mine:
            for heard in self._inbox.new() if mine else ():
                try:
                    state, note = self._handled(heard)
                except Unavailable as error:
                    # Something is not there now: that says nothing about the event.
                    trouble = error
                    continue
                except Exception as error:
                    trouble = error
                    state, note = self._put_aside(heard, error)
                    if state is InboxState.NEW:
                        continue
                self._failed.pop((heard.chat, heard.event.id), None)
                settled += self._inbox.settle(heard, state, self._clock(), note)
        if trouble is not None:
            raise trouble
        return settled

    def _put_aside(self, heard: Heard, error: Exception) -> tuple[InboxState, str]:
        place = (heard.chat, heard.event.id)
        self._failed[place] = self._failed.get(place, 0) + 1
        state = InboxState.FAILED if self._failed[place] >= TRIES else InboxState.NEW
        return state, f"{type(error).__name__}: {error}"

    # --- one event ----------------------------------------------------------------------------------------------------

    def _handled(self, heard: Heard) -> tuple[InboxState, str]:
        name, event = heard.chat, heard.event
        if name not in self._connections.settings:
            return InboxState.IGNORED, "The settings name this chat no more."
        chat = self._connections.chat(name)
        me = self._account(name, chat)
        if event.sender == me.id:
            return InboxState.IGNORED, OWN
        if event.kind is EventKind.PRESSED:
            return InboxState.HANDLED, self._cards.press(name, event)
        if event.kind is EventKind.DIRECT and event.message is not None:
            shown = self._people.shown(name, event.sender, event.message.text)
            if shown is not None:
                self._tell(name, event, LINKED.format(shown) if shown else BAD_CODE)
                return InboxState.HANDLED, "a code"
        return InboxState.HANDLED, self._passed_on(heard, chat, me)

    def _passed_on(self, heard: Heard, chat: Chat, me: Member) -> str:
        name, event = heard.chat, heard.event
        sender = self._sender(chat, event.sender)
        woken = self._offered(name, self._counted(name, event, sender), chat, sender, me)
        inner = _inner(event)
        if not woken and inner is not None:
            woken = self._offered(name, inner, chat, sender, me)
        # For what another process heard, it may have woken somebody before it died.
        known = bool(woken) or (woken is not None and heard.received_at >= self._began_at)
        if event.kind is EventKind.COMMAND and known:
            key = stable_id("command", name, event.id, length=20)
            self._connections.whisper(name, notice(key), event, COMING if woken else NOT_MEANT)
        return ", ".join(woken or ())

    def _offered(self, name: str, event: ChatEvent, chat: Chat, sender: Member, me: Member) -> Sequence[str] | None:
        return self._on_event(
            chat=name,
            event=event,
            person=self._people.person(name, event.sender),
            room_name=self._room_name(name, chat, event.room),
            sender_name=sender.name,
            me=me.id,
        )

    def _counted(self, name: str, event: ChatEvent, sender: Member) -> ChatEvent:
        """The event with how far it is from a person. A program that does not say is held to answer what we wrote."""
        message = event.message
        if message is None or message.sender != event.sender or (not sender.is_bot and not message.by_agent):
            return event
        addressed = event.kind in (EventKind.MENTION, EventKind.DIRECT)
        hops = max(message.hops, 1)
        if not message.by_agent:
            since = event.at - REMEMBERED
            thread = None if addressed else (message.place.thread or message.place.message)
            hops = max(hops, self._outbox.last_hops(name, event.room, thread, since) + 1)
        marked: Message = replace(message, by_agent=True, hops=hops)
        return replace(event, message=marked)

    def _tell(self, name: str, event: ChatEvent, text: str) -> None:
        """Say something of our own in the conversation with who has written."""
        now = self._clock()
        post = Post(
            key=stable_id("told", name, event.id, length=20),
            chat=name,
            room=event.room,
            words=Words(text, agent=SPEAKER, hops=1),
            at=now,
            due_at=now,
            kind=PostKind.NOTICE,
            tool=NOTICE,
        )
        self._outbox.put(post)

    # --- names --------------------------------------------------------------------------------------------------------

    def _account(self, name: str, chat: Chat) -> Member:
        if name not in self._me:
            self._me[name] = chat.me()
        return self._me[name]

    def _sender(self, chat: Chat, member_id: str) -> Member:
        # For people to read; an event is not kept waiting for it.
        with suppress(GainfulError):
            return chat.member(member_id)
        return Member(member_id, "")

    def _room_name(self, name: str, chat: Chat, room: str) -> str:
        if room not in self._rooms.get(name, {}):
            with suppress(GainfulError):
                self._rooms[name] = {known.id: known for known in chat.rooms()}
        found = self._rooms.get(name, {}).get(room)
        return found.name if found is not None else ""


def _inner(event: ChatEvent) -> ChatEvent | None:
    """Of `/gainful summary of today` the command `/summary` with the rest: where the chat has one command for all."""
    word, _, rest = event.detail.get("text", "").strip().partition(" ")
    if event.kind is not EventKind.COMMAND or event.detail.get("command") != f"/{SPEAKER}" or not word:
        return None
    return replace(event, detail={"command": f"/{word.lower()}", "text": rest.strip()})
