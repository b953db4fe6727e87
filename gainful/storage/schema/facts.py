"""Facts: what systems report beside calls, the chain of everything reported, and who stands behind each pseudonym."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table, Text

from gainful.storage.schema.tables import metadata

facts = Table(
    "facts",
    metadata,
    Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("key", String, nullable=False, unique=True),
    Column("batch", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("work_item", String, nullable=False),
    Column("run", String, nullable=False),
    Column("body", Text, nullable=False),
    Index("facts_by_item", "work_item", "at"),
    Index("facts_by_kind", "kind", "at"),
    Index("facts_by_run", "run"),
    Index("facts_by_batch", "batch"),
)
"""One row a fact, never changed; `body` is its JSON, with pseudonyms. Instants are microseconds since 1970."""

batches = Table(
    "batches",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("at", String, nullable=False),
    Column("source", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("previous", String, nullable=False),
    Column("digest", String, nullable=False),
)
"""What came together: the digest covers its facts and calls, and the batch before it."""

forgotten = Table(
    "forgotten",
    metadata,
    Column("batch", Integer, primary_key=True),
    Column("digests", LargeBinary, nullable=False),
)
"""What is left of rows that were deleted when their time was over: their digests, 32 octets each, in order. With them
the chain can still be checked, and a row that was deleted otherwise is missed."""

pseudonyms = Table(
    "pseudonyms",
    metadata,
    Column("identity", String, primary_key=True),
    Column("pseudonym", String, nullable=False),
    Column("main", Integer, nullable=False),
    Index("pseudonyms_by_pseudonym", "pseudonym"),
)
"""The only place where people stand by name; a row can be erased. `main`: 1 for the name that is shown."""

same_people = Table(
    "same_people",
    metadata,
    Column("pseudonym", String, primary_key=True),
    Column("survivor", String, nullable=False),
)
"""Pseudonyms that turned out to be somebody who had one already."""

members = Table(
    "members",
    metadata,
    Column("pseudonym", String, primary_key=True),
    Column("team", String, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""The team of each person, by the latest fact about them: what is spent from then on is theirs."""
