"""Approvals shown in chat: which card, by its digest, stands behind the nonce of a button.

A card and the post that shows it are written down together, and so are its end and the edit that shows that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, insert, select, update

from gainful.sdk.chat import Words
from gainful.storage.chat.chat_rows import instant
from gainful.storage.chat.outbox_store import OutboxStore, Post, PostState
from gainful.storage.database import reading, transaction
from gainful.storage.schema import chat_cards, outbox


@dataclass(frozen=True, slots=True)
class Card:
    """One approval as it was shown in one message.

    Args:
        nonce: In the ids of its buttons.
        card: Digest of what was shown.
        post: Key of the post that shows it.
    """

    nonce: str
    approval_id: str
    card: str
    chat: str
    post: str
    at: datetime
    closed: bool = False


class CardStore:
    """The cards of all chats."""

    def __init__(self, engine: Engine, posts: OutboxStore) -> None:
        self._engine = engine
        self._posts = posts

    def show(self, cards: Sequence[tuple[Card, Post]]) -> int:
        """Write down these cards and let them be posted, all or none; those whose post is known stay as they are.

        Returns: How many are new.
        """
        fresh = 0
        with transaction(self._engine) as connection:
            for card, post in cards:
                if connection.scalar(select(outbox.c.key).where(outbox.c.key == post.key)) is None:
                    self._posts.put_in(connection, post)
                    connection.execute(insert(chat_cards), [_row(card)])
                    fresh += 1
        return fresh

    def find(self, nonce: str) -> Card | None:
        """The card with this nonce."""
        found = self._select(chat_cards.c.nonce == nonce)
        return found[0] if found else None

    def open(self) -> list[Card]:
        """Cards that can still be pressed, oldest first."""
        return self._select(chat_cards.c.closed_at == "")

    def of(self, approval_id: str) -> list[Card]:
        """Every card of an approval, oldest first."""
        return self._select(chat_cards.c.approval_id == approval_id)

    def close(self, cards: Sequence[Card], words: Words, at: datetime) -> None:
        """Let these cards say what became of them, without buttons; those that nobody has seen are not posted."""
        with transaction(self._engine) as connection:
            for card in cards:
                here = (chat_cards.c.nonce == card.nonce) & (chat_cards.c.closed_at == "")
                if connection.execute(update(chat_cards).where(here).values(closed_at=instant(at))).rowcount != 1:
                    continue
                unseen = (outbox.c.key == card.post) & outbox.c.state.in_([PostState.WAITING, PostState.HELD])
                gone = {"state": PostState.DROPPED, "note": "It was answered before.", "settled_at": instant(at)}
                if not connection.execute(update(outbox).where(unseen).values(**gone)).rowcount:
                    self._posts.edit_in(connection, card.post, words, at)

    def _select(self, condition: ColumnElement[bool]) -> list[Card]:
        query = select(chat_cards).where(condition).order_by(chat_cards.c.at, chat_cards.c.nonce)
        with reading(self._engine) as connection:
            return [_card(row) for row in connection.execute(query)]


def _row(card: Card) -> dict[str, Any]:
    return {
        "nonce": card.nonce,
        "approval_id": card.approval_id,
        "card": card.card,
        "chat": card.chat,
        "outbox_key": card.post,
        "at": instant(card.at),
        "closed_at": "",
    }


def _card(row: Row[Any]) -> Card:
    return Card(
        row.nonce,
        row.approval_id,
        row.card,
        row.chat,
        row.outbox_key,
        datetime.fromisoformat(row.at),
        bool(row.closed_at),
    )
