"""Reads audit entries from the table, whatever somebody may have put there, inside a connection of the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, LargeBinary, cast, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import Select

from gainful.core.chain import GENESIS
from gainful.gate.audit import Recorded
from gainful.gate.checkpoint import Checkpoint
from gainful.ledger.entry import instant
from gainful.storage.errors import explain
from gainful.storage.schema import audit_checkpoints, audit_entries

CHUNK = 1000
"""Entries read at a time."""

_UNSOUND = "�"
"""Stands before what was no text when it was read: such an entry cannot have its digest."""


class Head(NamedTuple):
    """Where the log has come to."""

    seq: int
    digest: str
    at: str
    signed: int
    """The last entry with a checkpoint."""


# Asked before each entry, so it is put together once.
_SIGNED = select(func.coalesce(func.max(audit_checkpoints.c.seq), 0)).scalar_subquery()
_HEAD = (
    select(audit_entries.c.seq, audit_entries.c.digest, audit_entries.c.at, _SIGNED)
    .order_by(audit_entries.c.seq.desc())
    .limit(1)
)


def head_of(connection: Connection) -> Head:
    """The last entry, and the last one with a checkpoint."""
    row = connection.execute(_HEAD).one_or_none()
    if row is None:
        return Head(0, GENESIS, "", connection.scalar(select(_SIGNED)) or 0)
    return Head(row[0], str(row[1]), str(row[2]), row[3])


def stored_checkpoints(connection: Connection) -> list[Checkpoint]:
    """Every checkpoint in the table, oldest first."""
    columns = [audit_checkpoints.c[name] for name in ("seq", "digest", "at", "public_key", "signature")]
    rows = _rows(connection, select(*columns).order_by(audit_checkpoints.c.seq))
    return [Checkpoint(seq, *texts) for seq, *texts in rows]


def filtered(since: datetime | None, run: str) -> Select[Any]:
    """A query for the entries of this time and run; what is empty does not filter."""
    query = select(*(audit_entries.c[name] for name in Recorded.__slots__))
    if since is not None:
        query = query.where(audit_entries.c.at >= instant(since))
    if run:
        query = query.where(audit_entries.c.run_id == run)
    return query


def in_chunks(connection: Connection, query: Select[Any]) -> Iterator[list[Recorded]]:
    """The entries of this query in order, so many at a time; also those with numbers that no entry should have."""
    chunk = read_entries(connection, query)
    while chunk:
        yield chunk
        if len(chunk) < CHUNK:
            return
        chunk = read_entries(connection, query, after=chunk[-1].seq)


def read_entries(connection: Connection, query: Select[Any], after: int | None = None) -> list[Recorded]:
    """The next entries of this query."""
    if after is not None:
        query = query.where(audit_entries.c.seq > after)
    rows = _rows(connection, query.order_by(audit_entries.c.seq).limit(CHUNK))
    return [Recorded(*row) for row in rows]


def _rows(connection: Connection, query: Select[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query for a number and texts. What is no text in the file comes back as one that fits nothing."""
    try:
        rows = connection.execute(query).all()
    except DBAPIError as error:
        # Bytes that are no UTF-8 fail the whole query. An error about the database's condition is not ours to answer.
        if explain(error, "") is not None:
            raise
        first, *others = query.selected_columns
        rows = connection.execute(query.with_only_columns(first, *(cast(one, LargeBinary) for one in others))).all()
        return ((row[0], *(_decoded(value) for value in row[1:])) for row in rows)
    return (tuple(row) if set(map(type, row[1:])) == {str} else (row[0], *map(_text, row[1:])) for row in rows)


def _decoded(value: object) -> str:
    if not isinstance(value, bytes):
        return _text(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return _UNSOUND + value.decode(errors="backslashreplace")


def _text(value: object) -> str:
    return value if isinstance(value, str) else f"{_UNSOUND}{value!r}"
