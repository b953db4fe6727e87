"""By which channel a tool reports its tokens, and how far its counters had come."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from gainful.storage.schema.tables import metadata

usage_signals = Table(
    "usage_signals",
    metadata,
    Column("source", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""One channel a source: what it reports by another one is the same tokens again. Instants are microseconds since
1970."""

usage_series = Table(
    "usage_series",
    metadata,
    Column("series", String, primary_key=True),
    Column("started_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("value", BigInteger, nullable=False),
)
"""The last point of each cumulative counter. Instants are nanoseconds since 1970."""

marks = Table("marks", metadata, Column("name", String, primary_key=True), Column("value", String, nullable=False))
"""How far something has come that is done bit by bit."""
