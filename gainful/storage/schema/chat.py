"""What is heard and said in chats."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, String, Table, Text

from gainful.storage.schema.tables import metadata

inbox = Table(
    "inbox",
    metadata,
    Column("chat", String, primary_key=True),
    Column("event_id", String, primary_key=True),
    Column("event", Text, nullable=False),
    Column("received_at", String, nullable=False),
    Column("state", String, nullable=False),
    Column("note", Text, nullable=False, default=""),
    Column("settled_at", String, nullable=False, default=""),
    Index("inbox_by_state", "state", "received_at"),
)
"""What was heard, written down before it is acknowledged: an event has one row, however often it is sent."""

outbox = Table(
    "outbox",
    metadata,
    Column("key", String, primary_key=True),
    Column("chat", String, nullable=False),
    Column("room", String, nullable=False),
    Column("thread", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("words", Text, nullable=False),
    Column("run_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("due_at", String, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("tried_at", String, nullable=False),
    Column("place", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", String, nullable=False),
    Column("settled_at", String, nullable=False),
    Index("outbox_by_state", "state", "due_at"),
    Index("outbox_by_run", "run_id"),
)
"""What is to be said, each once by its key, whatever crashes; `due_at` later than `at` where quiet hours hold it."""

chat_people = Table(
    "chat_people",
    metadata,
    Column("chat", String, primary_key=True),
    Column("member", String, primary_key=True),
    Column("person", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
)
"""Which person of Gainful each member of a chat is."""

chat_codes = Table(
    "chat_codes",
    metadata,
    Column("digest", String, primary_key=True),
    Column("chat", String, nullable=False),
    Column("person", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", String, nullable=False),
    Column("expires_at", String, nullable=False),
    Column("used_at", String, nullable=False, default=""),
)
"""Codes with which people show in a chat who they are: their SHA-256. Each is good once, for a quarter of an hour."""

chat_cards = Table(
    "chat_cards",
    metadata,
    Column("nonce", String, primary_key=True),
    Column("approval_id", String, nullable=False),
    Column("card", String, nullable=False),
    Column("chat", String, nullable=False),
    Column("outbox_key", String, nullable=False),
    Column("at", String, nullable=False),
    Column("closed_at", String, nullable=False, default=""),
    Index("chat_cards_by_approval", "approval_id"),
)
"""Approvals shown in chat: which card, by digest, stands behind a button's nonce."""
