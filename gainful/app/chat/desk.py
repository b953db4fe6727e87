"""The chats of one installation: hears, handles, says, asks; and what a run of an agent may do there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from gainful.app.chat.cards import Cards
from gainful.app.chat.connections import Connections
from gainful.app.chat.handling import Handling, OnEvent
from gainful.app.chat.hearing import LONGEST_WAIT, Hearing
from gainful.app.chat.people import People
from gainful.app.chat.poster import RunPoster
from gainful.app.chat.reply import ReplyStream
from gainful.app.chat.sender import Sender
from gainful.app.chat.voice import Voice
from gainful.app.guarding.approvals import Approvals
from gainful.connectors.chat import ChatTools, chat_tools
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.core.occurrence import AnswerPlace
from gainful.gate.approval_book import ApprovalBook
from gainful.gate.audit import AuditLog
from gainful.runs.watch import Watcher
from gainful.sdk.tool import Tool
from gainful.storage.chat.card_store import CardStore
from gainful.storage.chat.inbox_store import InboxStore
from gainful.storage.chat.outbox_store import OutboxStore

PAUSE = 1.0
"""Seconds between two looks for what another process has put in, and for approvals to show."""

HEARD_FOR = timedelta(days=30)
SAID_FOR = timedelta(days=90)
"""How long what was heard and said is kept after it is settled."""

TIDY = timedelta(hours=6)


class ChatDesk:
    """Everything about chats. One per process; safe to share between threads.

    Args:
        connections: The chats.
        answering: Gives the approvals as one person may answer them, without waiting for what becomes of the run.
        asked_from: Where in a chat a run was asked; None where it was not.
        stopped: Why an agent may do nothing; empty when it may.
        locks: Folder that all processes of the installation share.
    """

    def __init__(
        self,
        connections: Connections,
        inbox: InboxStore,
        outbox: OutboxStore,
        cards: CardStore,
        people: People,
        book: ApprovalBook,
        answering: Callable[[str], Approvals],
        asked_from: Callable[[str], AnswerPlace | None],
        stopped: Callable[[str], str],
        audit: AuditLog,
        locks: Path,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connections = connections
        self.inbox = inbox
        self.outbox = outbox
        self.people = people
        self.cards = Cards(cards, outbox, book, answering, asked_from, people, connections, audit, clock)
        self._locks = locks
        self._clock = clock
        self._sleep = sleep
        self._senders = {name: Sender(name, connections, outbox, locks, clock, stopped) for name in connections.names()}
        self._hearings: dict[str, Hearing] = {}
        self._streams: dict[str, ReplyStream] = {}
        self._news = threading.Event()
        self._tidied = clock()

    # --- for a server -------------------------------------------------------------------------------------------------

    def look(self, name: str, wait: timedelta = LONGEST_WAIT) -> int:
        """Write down what has happened in a chat; see `Hearing.look`. One thread for each chat."""
        if name not in self._hearings:
            self._hearings[name] = Hearing(
                name, self.connections, self.inbox, self._locks, self._clock, self._news.set, self._sleep
            )
        return self._hearings[name].look(wait)

    def handling(self, on_event: OnEvent) -> Handling:
        """Handles what was heard, with the help of whoever wakes agents."""
        return Handling(
            self.connections,
            self.inbox,
            self.outbox,
            self.people,
            self.cards,
            self._locks,
            self._clock,
            on_event,
        )

    def send(self, name: str) -> timedelta:
        """Post what can be posted now in a chat; see `Sender.drain`."""
        return self._senders[name].drain()

    def watchers(self, on_event: OnEvent, complain: Callable[[GainfulError], None]) -> list[Watcher]:
        """The threads of a server, not started: two for each chat, one that handles, one that asks people.

        None where the settings name no chat.
        """
        names = self.connections.names()
        if not names:
            return []
        handling = self.handling(on_event)
        found = [Watcher(f"hear {name}", _looking(self.look, name), complain) for name in names]
        found += [Watcher(f"say {name}", _looking(self._sending, name), complain) for name in names]
        found.append(Watcher("handle chats", lambda: self._handle(handling), complain))
        found.append(Watcher("ask in chats", self._ask, complain))
        return found

    def close(self) -> None:
        """Let go of every chat; what is half done the next process finds out about."""
        for hearing in self._hearings.values():
            hearing.close()
        self.connections.close()

    # --- for a run ----------------------------------------------------------------------------------------------------

    def tools(self, voice: Voice) -> Sequence[Tool]:
        """The chat tools for one run; `chat.reply` only where it was asked in a chat. None without a chat."""
        names, place = self.connections.names(), voice.answer_to
        if not names:
            return ()
        poster = RunPoster(
            voice,
            self.connections,
            self.outbox,
            self._clock,
            self.send,
            lambda: self._streams.pop(voice.run_id, None),
            lambda chat: {self._for_whom(voice, chat), self._owner(voice, chat)},
            self._sleep,
        )
        given = ChatTools(
            names,
            self.connections.chat,
            poster,
            self._clock,
            lambda chat: self._for_whom(voice, chat),
            lambda chat: self._owner(voice, chat),
            self.inbox.said,
            (place.chat, place.room) if place is not None else None,
        )
        return chat_tools(given)

    def _for_whom(self, voice: Voice, chat: str) -> str:
        """The member for whom a run works in a chat: whoever asked there, known or not; else its person."""
        place = voice.answer_to
        if place is not None and place.chat == chat and place.member:
            return place.member
        return self.people.member(chat, voice.person or voice.owner or self.people.owner)

    def _owner(self, voice: Voice, chat: str) -> str:
        return self.people.member(chat, voice.owner or self.people.owner)

    def reply_stream(self, voice: Voice) -> ReplyStream:
        """What the run shows of its reply before that is complete; the reply takes it over."""
        stream = ReplyStream(voice, self.connections, self.outbox, self._clock)
        self._streams[voice.run_id] = stream
        return stream

    # --- in threads ---------------------------------------------------------------------------------------------------

    def _handle(self, handling: Handling) -> None:
        self._news.wait(PAUSE)
        self._news.clear()
        handling.look()

    def _sending(self, name: str) -> None:
        self._sleep(min(self.send(name).total_seconds(), PAUSE))

    def _ask(self) -> None:
        self._sleep(PAUSE)
        self.cards.look()
        now = self._clock()
        if now - self._tidied > TIDY:
            self._tidied = now
            self.inbox.forget(now - HEARD_FOR)
            self.outbox.forget(now - SAID_FOR)


def _looking(look: Callable[[str], object], name: str) -> Callable[[], None]:
    def looking() -> None:
        look(name)

    return looking
