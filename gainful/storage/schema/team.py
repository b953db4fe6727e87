"""The processes that share one database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, String, Table

from gainful.storage.schema.tables import metadata

workers = Table(
    "workers",
    metadata,
    Column("id", String, primary_key=True),
    Column("machine", String, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", String, nullable=False),
    Column("joined_at", String, nullable=False),
    Column("beats", BigInteger, nullable=False),
)
"""Processes that live. `beats` grows while one does; a row that others saw stand still is deleted."""

leases = Table(
    "leases",
    metadata,
    Column("name", String, primary_key=True),
    Column("worker", String, nullable=False),
)
"""What one process at a time does. A lease whose worker has no row in `workers` is free."""
