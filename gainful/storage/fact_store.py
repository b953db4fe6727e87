"""Facts in SQL: one way in for everything that systems report, and the record that worth is told from.

    store = FactStore(engine, directory, usage, price, system_clock)
    store.append(facts, "events")                     # Appended(new=3, doubled=0)
    store.record(since, until).cases()

A batch is booked whole or not at all, and chained: its digest covers its rows and the batch before it. What was booked
under a key is not booked again, so whoever reports may report twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, select, text

from gainful.core.chain import GENESIS
from gainful.core.clock import Clock
from gainful.core.fact import (
    NAMES,
    Account,
    Agent,
    Audit,
    Call,
    Claim,
    Evidence,
    Fact,
    HumanTime,
    Person,
    Read,
    Reversal,
    Run,
    Verdict,
    WorkItem,
)
from gainful.core.fact_json import fact_json, key_of
from gainful.storage.database import reading, transaction
from gainful.storage.directory_store import DirectoryStore, microseconds
from gainful.storage.fact_record import StoredRecord
from gainful.storage.schema import batches, facts, reported_calls
from gainful.storage.usage_store import EPOCH, UsageStore, instant
from gainful.worth.record import Case

CHUNK = 500
_ADVISORY_LOCK = 7182821

PEOPLE: Mapping[type[Fact], tuple[str, ...]] = {
    Person: ("id",),
    Account: ("id", "owner"),
    Agent: ("owner",),
    WorkItem: ("requester",),
    Run: ("person",),
    Call: ("person",),
    HumanTime: ("person",),
    Claim: ("claimant",),
    Verdict: ("by",),
    Evidence: ("by",),
    Reversal: ("by",),
    Audit: ("auditor",),
    Read: ("by",),
}
"""Where identities stand in each kind of fact."""

Price = Callable[[Call], Decimal | None]
"""What a call of a model cost by the price list of its day, USD; None where nobody knows."""

_KNOWN = select(facts.c.key).where(facts.c.key.in_(bindparam("keys", expanding=True)))


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of facts that were handed in.

    Args:
        doubled: Those that were booked already.
    """

    new: int = 0
    doubled: int = 0

    def __add__(self, other: Appended) -> Appended:
        return Appended(self.new + other.new, self.doubled + other.doubled)


class FactStore:
    """The facts of one installation. Safe to share between threads and processes.

    Args:
        price: Prices calls whose reporter does not say what they cost.
        clock: Dates batches.
    """

    def __init__(
        self, engine: Engine, directory: DirectoryStore, usage: UsageStore, price: Price, clock: Clock
    ) -> None:
        self.engine = engine
        self._directory = directory
        self._usage = usage
        self._price = price
        self._clock = clock

    def append(self, new: Iterable[Fact], source: str) -> Appended:
        """Book these facts, all or none.

        Args:
            source: Which system they are from, a word: `otlp`, `events`.
        """
        given = list(new)
        if not given:
            return Appended()
        with transaction(self.engine) as connection:
            return self.append_in(connection, given, source)

    def alone_in(self, connection: Connection) -> None:
        """Wait until nobody else books facts, and keep them out to the end of the caller's `transaction`."""
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))

    def append_in(self, connection: Connection, new: Sequence[Fact], source: str) -> Appended:
        """Book these facts inside the caller's `transaction`."""
        self.alone_in(connection)
        names = self._directory.pseudonyms_in(connection, _identities(new))
        by_key: dict[str, Fact] = {}
        for fact in new:
            veiled = _veiled(fact, names)
            by_key.setdefault(key_of(veiled), veiled)
        fresh = self._fresh(connection, by_key)
        if fresh:
            self._write(connection, fresh, new, names, source)
        return Appended(len(fresh), len(new) - len(fresh))

    def known_in(self, connection: Connection, facts: Sequence[Fact]) -> int:
        """How many of these calls are booked already; they must have keys of their own."""
        return len(self._usage.known_in(connection, [fact.key for fact in facts if isinstance(fact, Call)]))

    def record(self, since: datetime, until: datetime) -> StoredRecord:
        """What worth is told from in a time, that end left out."""
        return StoredRecord(self.engine, self._directory, self._usage, since, until)

    def case(self, item: str) -> tuple[StoredRecord, Case]:
        """One work item as far as it is known, and the record of all time that it is from."""
        record = self.record(EPOCH, self._clock() + timedelta(days=1))
        return record, record.case(item)

    def span(self) -> tuple[datetime, datetime] | None:
        """From when until when anything is known; None where nothing is."""
        query = select(func.min(facts.c.at), func.max(facts.c.at))
        with reading(self.engine) as connection:
            first, last = connection.execute(query).one()
        return None if first is None else (instant(first), instant(last))

    def head(self) -> str:
        """The digest of the last batch."""
        with reading(self.engine) as connection:
            return _head(connection)[1]

    def verify(self) -> str:
        """What is wrong with the chain of batches, in one sentence; empty where it is sound.

        Calls that were deleted when their time was over leave their batch without its rows; that is no fault.
        """
        previous = GENESIS
        with reading(self.engine) as connection:
            rows = connection.execute(select(batches).order_by(batches.c.seq)).all()
            for number, row in enumerate(rows, 1):
                if row.seq != number or row.previous != previous:
                    return f"Batch {number} is missing, or does not follow the one before it."
                digests = _stored_digests(connection, row.seq)
                if len(digests) == row.rows and _chained(previous, digests) != row.digest:
                    return f"Batch {number}, from {row.source}, was changed after it was booked."
                if len(digests) > row.rows:
                    return f"Batch {number}, from {row.source}, has {len(digests) - row.rows} rows that came later."
                previous = row.digest
        return ""

    # --- inside -------------------------------------------------------------------------------------------------------

    def _fresh(self, connection: Connection, by_key: Mapping[str, Fact]) -> dict[str, Fact]:
        calls = [key for key, fact in by_key.items() if isinstance(fact, Call)]
        forgotten = self._usage.forgotten_in(connection) if calls else EPOCH
        others = [key for key, fact in by_key.items() if not isinstance(fact, Call)]
        known = self._usage.known_in(connection, calls)
        for start in range(0, len(others), CHUNK):
            known.update(connection.scalars(_KNOWN, {"keys": others[start : start + CHUNK]}))
        return {
            key: fact
            for key, fact in by_key.items()
            if key not in known and not (isinstance(fact, Call) and fact.at < forgotten)
        }

    def _write(
        self,
        connection: Connection,
        fresh: Mapping[str, Fact],
        given: Sequence[Fact],
        names: Mapping[str, str],
        source: str,
    ) -> None:
        for fact in given:
            if isinstance(fact, Person):
                self._directory.learn_in(connection, fact, names, microseconds(fact.at))
        calls = {key: self._priced(fact) for key, fact in fresh.items() if isinstance(fact, Call)}
        rows = [_row(key, fact) for key, fact in fresh.items() if not isinstance(fact, Call)]
        teams_of = partial(self._directory.teams_in, connection)
        runs = [fact for fact in fresh.values() if isinstance(fact, Run)]
        self._usage.complete_runs_in(connection, runs, teams_of)
        call_rows = self._usage.append_calls_in(connection, calls, teams_of)
        seq, previous = _head(connection)
        digests = sorted([_fact_digest(row) for row in rows] + [_call_digest(row) for row in call_rows])
        batch = {
            "seq": seq + 1,
            "at": self._clock().isoformat(),
            "source": source,
            "rows": len(digests),
            "previous": previous,
            "digest": _chained(previous, digests),
        }
        connection.execute(insert(batches), [batch])
        for row in (*rows, *call_rows):
            row["batch"] = seq + 1
        if rows:
            connection.execute(insert(facts), rows)
        self._usage.write_in(connection, call_rows)

    def _priced(self, call: Call) -> Call:
        if call.cost is not None:
            return call
        return replace(call, cost=self._price(call) if call.model else Decimal(0))


def _identities(new: Iterable[Fact]) -> Iterable[str]:
    for fact in new:
        for name in PEOPLE.get(type(fact), ()):
            yield getattr(fact, name)
        if isinstance(fact, Person):
            yield from fact.identities


def _veiled(fact: Fact, names: Mapping[str, str]) -> Fact:
    """The fact with pseudonyms in the place of identities; other names of a person stay in the directory alone."""
    fields = PEOPLE.get(type(fact), ())
    changes: dict[str, Any] = {name: names[getattr(fact, name)] for name in fields if getattr(fact, name)}
    if isinstance(fact, Person):
        changes["identities"] = ()
    return replace(fact, **changes) if changes else fact


def _row(key: str, fact: Fact) -> dict[str, Any]:
    run = fact.id if isinstance(fact, Run) else getattr(fact, "run", "")
    item = fact.id if isinstance(fact, WorkItem) else getattr(fact, "work_item", "")
    return {
        "key": key,
        "kind": NAMES[type(fact)],
        "at": microseconds(fact.at),
        "work_item": "" if isinstance(fact, Run) else item,
        "run": run,
        "body": json.dumps(fact_json(fact), separators=(",", ":"), ensure_ascii=False),
    }


def _head(connection: Connection) -> tuple[int, str]:
    row = connection.execute(select(batches.c.seq, batches.c.digest).order_by(batches.c.seq.desc()).limit(1)).first()
    return (row.seq, row.digest) if row else (0, GENESIS)


_CALL_FIELDS = (
    "key", "id", "run", "at", "person", "agent", "tool", "provider", "model", "name", "fresh", "cache_read",
    "cache_write", "output", "nano_usd", "failed", "input_hash", "retry_of",
)  # fmt: skip


def _fact_digest(row: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(f"{row['key']}\n{row['body']}".encode()).digest()


def _call_digest(row: Mapping[str, Any]) -> bytes:
    fields = [int(row[name]) if isinstance(row[name], bool) else row[name] for name in _CALL_FIELDS]
    return hashlib.sha256(repr(fields).encode()).digest()


def _chained(previous: str, digests: Iterable[bytes]) -> str:
    return hashlib.sha256(previous.encode() + b"".join(digests)).hexdigest()


def _stored_digests(connection: Connection, batch: int) -> list[bytes]:
    kept = connection.execute(select(facts.c.key, facts.c.body).where(facts.c.batch == batch))
    calls = connection.execute(select(reported_calls).where(reported_calls.c.batch == batch))
    digests = [_fact_digest(dict(row._mapping)) for row in kept]
    return sorted(digests + [_call_digest(dict(row._mapping)) for row in calls])
