"""The chain of batches of facts: what a batch's digest covers, and whether all that was booked is there unchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from gainful.core.chain import GENESIS
from gainful.storage.schema import batches, facts, forgotten, reported_calls

DIGEST = 32
"""Octets of a digest."""

_CALL_FIELDS = (
    "key", "id", "run", "at", "person", "agent", "tool", "provider", "model", "name", "fresh", "cache_read",
    "cache_write", "output", "nano_usd", "failed", "input_hash", "retry_of",
)  # fmt: skip


def fact_digest(row: Mapping[str, Any]) -> bytes:
    """The digest of a row of `facts`."""
    return hashlib.sha256(f"{row['key']}\n{row['body']}".encode()).digest()


def call_digest(row: Mapping[str, Any]) -> bytes:
    """The digest of a row of `reported_calls`."""
    fields = [int(row[name]) if isinstance(row[name], bool) else row[name] for name in _CALL_FIELDS]
    return hashlib.sha256(repr(fields).encode()).digest()


def chained(previous: str, digests: Iterable[bytes]) -> str:
    """The digest of a batch.

    Args:
        previous: That of the batch before it.
        digests: Of its rows, in order.
    """
    return hashlib.sha256(previous.encode() + b"".join(digests)).hexdigest()


def head_in(connection: Connection) -> tuple[int, str]:
    """Number and digest of the last batch."""
    row = connection.execute(select(batches.c.seq, batches.c.digest).order_by(batches.c.seq.desc()).limit(1)).first()
    return (row.seq, row.digest) if row else (0, GENESIS)


def left_in(connection: Connection, batch: int) -> list[bytes]:
    """The digests of rows of a batch that were deleted when their time was over."""
    found = connection.scalar(select(forgotten.c.digests).where(forgotten.c.batch == batch)) or b""
    return [found[start : start + DIGEST] for start in range(0, len(found), DIGEST)]


def fault_in(connection: Connection) -> str:
    """What is wrong with the chain, in one sentence; empty where it is sound."""
    previous = GENESIS
    rows = connection.execute(select(batches).order_by(batches.c.seq)).all()
    for number, row in enumerate(rows, 1):
        if row.seq != number or row.previous != previous:
            return f"Batch {number} is missing, or does not follow the one before it."
        digests = sorted(_stored(connection, number) + left_in(connection, number))
        if len(digests) < row.rows:
            return f"Batch {number}, from {row.source}, lacks {row.rows - len(digests)} of its rows."
        if len(digests) > row.rows:
            return f"Batch {number}, from {row.source}, has {len(digests) - row.rows} rows that came later."
        if chained(previous, digests) != row.digest:
            return f"Batch {number}, from {row.source}, was changed after it was booked."
        previous = row.digest
    return ""


def _stored(connection: Connection, batch: int) -> list[bytes]:
    kept = connection.execute(select(facts.c.key, facts.c.body).where(facts.c.batch == batch))
    calls = connection.execute(select(reported_calls).where(reported_calls.c.batch == batch))
    return [fact_digest(dict(row._mapping)) for row in kept] + [call_digest(dict(row._mapping)) for row in calls]
