"""By which signal a tool reports its tokens, and how far its counters had come."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, String, Table

from gainful.storage.schema.tables import metadata

usage_signals = Table(
    "usage_signals",
    metadata,
    Column("source", String, primary_key=True),
    Column("signal", String, nullable=False),
    Column("at", String, nullable=False),
)
"""One signal a source: what it reports by another one is the same tokens again."""

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
