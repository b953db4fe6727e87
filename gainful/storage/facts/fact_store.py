"""Facts in SQL: one way in for everything that systems report, and the record that worth is told from.

    store = FactStore(engine, directory, usage, price, system_clock)
    store.append(facts, "events")                     # Appended(new=3, doubled=0)
    store.record(since, until).cases()

A batch is booked whole or not at all, and chained: its digest covers its rows and the batch before it. What was booked
under a key is not booked again, so whoever reports may report twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, func, insert, select

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
from gainful.storage.facts.directory_store import DirectoryStore, microseconds
from gainful.storage.facts.fact_chain import call_digest, chained, fact_digest, fault_in, head_in
from gainful.storage.facts.fact_record import StoredRecord
from gainful.storage.facts.retention_store import kept_since_in
from gainful.storage.facts.usage_store import EPOCH, UsageStore, instant
from gainful.storage.schema import batches, facts
from gainful.worth.record import Case

CHUNK = 500
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
        doubled: Those that were booked already, or are older than what is kept of their kind.
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

    def append_in(self, connection: Connection, new: Sequence[Fact], source: str) -> Appended:
        """Book these facts inside the caller's `transaction`."""
        names = self._directory.pseudonyms_in(connection, _identities(new))
        by_key: dict[str, Fact] = {}
        for fact in new:
            veiled = _veiled(fact, names)
            by_key.setdefault(key_of(veiled), veiled)
        fresh = self._fresh(connection, _kept(by_key, kept_since_in(connection)))
        if fresh:
            self._write(connection, fresh, new, names, source)
        return Appended(len(fresh), len(new) - len(fresh))

    def pseudonyms_in(self, connection: Connection, people: Iterable[str]) -> dict[str, str]:
        """The pseudonyms under which these people are booked."""
        return self._directory.pseudonyms_in(connection, people)

    def known_in(self, connection: Connection, calls: Sequence[Call]) -> set[str]:
        """The keys of those of these calls that are booked already, or are older than what is kept."""
        by_key = {call.key: call for call in calls}
        kept = _kept(by_key, kept_since_in(connection))
        return self._usage.known_in(connection, list(by_key)) | (by_key.keys() - kept.keys())

    def kept_since(self) -> datetime | None:
        """From when on everything is kept; None where nothing was deleted yet."""
        with reading(self.engine) as connection:
            return max(kept_since_in(connection).values(), default=None)

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
            return head_in(connection)[1]

    def verify(self) -> str:
        """What is wrong with the chain of batches, in one sentence; empty where it is sound.

        Rows that were deleted when their time was over have left their digests; others are missed.
        """
        with reading(self.engine) as connection:
            return fault_in(connection)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _fresh(self, connection: Connection, by_key: Mapping[str, Fact]) -> dict[str, Fact]:
        calls = [key for key, fact in by_key.items() if isinstance(fact, Call)]
        others = [key for key, fact in by_key.items() if not isinstance(fact, Call)]
        known = self._usage.known_in(connection, calls)
        for start in range(0, len(others), CHUNK):
            known.update(connection.scalars(_KNOWN, {"keys": others[start : start + CHUNK]}))
        return {key: fact for key, fact in by_key.items() if key not in known}

    def _write(
        self,
        connection: Connection,
        fresh: Mapping[str, Fact],
        given: Sequence[Fact],
        names: Mapping[str, str],
        source: str,
    ) -> None:
        self._directory.learn_in(connection, [fact for fact in given if isinstance(fact, Person)], names)
        calls = {key: self._priced(fact) for key, fact in fresh.items() if isinstance(fact, Call)}
        rows = [_row(key, fact) for key, fact in fresh.items() if not isinstance(fact, Call)]
        teams_of = partial(self._directory.teams_in, connection)
        runs = [fact for fact in fresh.values() if isinstance(fact, Run)]
        self._usage.complete_runs_in(connection, runs, teams_of)
        call_rows = self._usage.append_calls_in(connection, calls, teams_of)
        seq, previous = head_in(connection)
        digests = sorted([fact_digest(row) for row in rows] + [call_digest(row) for row in call_rows])
        batch = {
            "seq": seq + 1,
            "at": self._clock().isoformat(),
            "source": source,
            "rows": len(digests),
            "previous": previous,
            "digest": chained(previous, digests),
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


def _kept(by_key: Mapping[str, Fact], since: Mapping[str, datetime]) -> Mapping[str, Fact]:
    """Those that are not so old that they would be deleted at once, or were booked once and deleted since."""
    if not since:
        return by_key
    return {key: fact for key, fact in by_key.items() if fact.at >= since.get(NAMES[type(fact)], EPOCH)}


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
