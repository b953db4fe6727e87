"""What was heard in chats: each event is written down once, whatever the other side repeats, and settled once.

inbox = InboxStore(engine)
fresh = inbox.add("slack", events, now)      # one transaction; then the events may be acknowledged
for heard in inbox.new():
    ...                                      # a crash here: it is handled again, with the same id
    inbox.settle(heard, InboxState.HANDLED, now)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Engine, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from gainful.sdk.chat import ChatEvent, EventKind, Message
from gainful.storage.chat.chat_rows import event_from, event_json, instant
from gainful.storage.database import reading, transaction
from gainful.storage.gate.effect_store import chunked
from gainful.storage.schema import inbox


class InboxState(StrEnum):
    """How far an event has come."""

    NEW = "new"
    HANDLED = "handled"
    IGNORED = "ignored"
    """It is nobody's: the note says why."""
    FAILED = "failed"
    """It could not be handled, again and again; the note says why, and the event is kept."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One event as it was written down.

    Args:
        chat: Name of the chat.
        note: What became of it, in a few words.
    """

    chat: str
    event: ChatEvent
    received_at: datetime
    state: InboxState = InboxState.NEW
    note: str = ""


class InboxStore:
    """The events of all chats. Safe to share between threads and processes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, chat: str, events: Sequence[ChatEvent], at: datetime) -> list[Heard]:
        """Write these events down, and answer those that were not known. Durable when it returns."""
        wanted = {event.id: event for event in events}
        if not wanted:
            return []
        try:
            return self._add(chat, wanted, at)
        except IntegrityError:
            # Another process wrote one of them down meanwhile, on a server where writers do not wait for each other.
            return self._add(chat, wanted, at)

    def _add(self, chat: str, wanted: Mapping[str, ChatEvent], at: datetime) -> list[Heard]:
        with transaction(self._engine) as connection:
            known = {
                event_id
                for chunk in chunked(wanted)
                for event_id in connection.scalars(
                    select(inbox.c.event_id).where(inbox.c.chat == chat, inbox.c.event_id.in_(chunk))
                )
            }
            # A microsecond apart, so that they are handled in the order in which they came.
            fresh = [
                Heard(chat, event, at + timedelta(microseconds=number))
                for number, (event_id, event) in enumerate(wanted.items())
                if event_id not in known
            ]
            if fresh:
                connection.execute(insert(inbox), [_row(heard) for heard in fresh])
        return fresh

    def new(self, limit: int = 500) -> list[Heard]:
        """Events that nobody has handled, in the order in which they came."""
        query = (
            select(inbox)
            .where(inbox.c.state == InboxState.NEW)
            .order_by(inbox.c.received_at, inbox.c.event_id)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_heard(row) for row in connection.execute(query)]

    def said(self, since: datetime, limit: int = 20_000) -> Iterator[tuple[str, Message]]:
        """Messages that were heard since then, oldest first, each with the name of its chat; what people wrote anew."""
        query = select(inbox).where(inbox.c.received_at >= instant(since)).order_by(inbox.c.received_at).limit(limit)
        with reading(self._engine) as connection:
            found = [_heard(row) for row in connection.execute(query)]
        for heard in found:
            message = heard.event.message
            if heard.event.kind in _WRITTEN and message is not None and message.at >= since:
                yield heard.chat, message

    def settle(self, heard: Heard, state: InboxState, at: datetime, note: str = "") -> bool:
        """Note what became of an event. False: it was settled before, and stays as it is."""
        here = (inbox.c.chat == heard.chat) & (inbox.c.event_id == heard.event.id) & (inbox.c.state == InboxState.NEW)
        with transaction(self._engine) as connection:
            values = {"state": state, "note": note[:500], "settled_at": instant(at)}
            return connection.execute(update(inbox).where(here).values(**values)).rowcount == 1

    def retry(self, heard: Heard) -> bool:
        """Let a failed event be handled once more. False: it has not failed."""
        here = (
            (inbox.c.chat == heard.chat) & (inbox.c.event_id == heard.event.id) & (inbox.c.state == InboxState.FAILED)
        )
        with transaction(self._engine) as connection:
            values = {"state": InboxState.NEW, "note": "", "settled_at": ""}
            return connection.execute(update(inbox).where(here).values(**values)).rowcount == 1

    def failed(self) -> list[Heard]:
        """Events that could not be handled, oldest first."""
        query = select(inbox).where(inbox.c.state == InboxState.FAILED).order_by(inbox.c.received_at)
        with reading(self._engine) as connection:
            return [_heard(row) for row in connection.execute(query)]

    def forget(self, before: datetime) -> int:
        """Remove what was settled before then: servers repeat an event for an hour, not for weeks. Returns how many."""
        old = (inbox.c.settled_at < instant(before)) & inbox.c.state.in_([InboxState.HANDLED, InboxState.IGNORED])
        with transaction(self._engine) as connection:
            return connection.execute(delete(inbox).where(old)).rowcount

    def counts(self, chat: str) -> dict[InboxState, int]:
        """How many events of a chat are in each state."""
        query = select(inbox.c.state, func.count()).where(inbox.c.chat == chat).group_by(inbox.c.state)
        with reading(self._engine) as connection:
            return {InboxState(state): number for state, number in connection.execute(query)}


_WRITTEN = (EventKind.MESSAGE, EventKind.MENTION)


def _row(heard: Heard) -> dict[str, Any]:
    return {
        "chat": heard.chat,
        "event_id": heard.event.id,
        "event": json.dumps(event_json(heard.event)),
        "received_at": instant(heard.received_at),
        "state": heard.state,
    }


def _heard(row: Row[Any]) -> Heard:
    return Heard(
        row.chat,
        event_from(json.loads(row.event)),
        datetime.fromisoformat(row.received_at),
        InboxState(row.state),
        row.note,
    )
