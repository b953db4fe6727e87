"""Deletes facts and calls whose time is over, so that the chain can still be checked and nothing is counted twice.

    store = RetentionStore(engine)
    store.count("call", before)       # how many calls would be deleted
    store.forget("call", before)      # deletes them; what they cost stays in the sums

What belongs to a work item goes when nothing has been reported of the item for as long, so that no item is kept in
parts. What is deleted leaves its digest. Facts that are older than what was deleted are not taken any more: reported
again, they would be counted a second time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, delete, func, insert, literal, or_, select, update

from gainful.storage.database import reading, transaction
from gainful.storage.facts.directory_store import microseconds
from gainful.storage.facts.fact_chain import call_digest, fact_digest, left_in
from gainful.storage.facts.spending_sums import DAY
from gainful.storage.runs.mark_store import MarkStore
from gainful.storage.schema import facts, forgotten, marks, reported_calls, reported_runs, run_spending

CHUNK = 2000
_MARK = "forgotten:"


def kept_since_in(connection: Connection) -> dict[str, datetime]:
    """Of each kind that anything was deleted of, from when on it is kept."""
    # By a range, which the key's index answers: there are many marks.
    query = select(marks).where(marks.c.name >= _MARK, marks.c.name < f"{_MARK[:-1]};")
    return {row.name.removeprefix(_MARK): datetime.fromisoformat(row.value) for row in connection.execute(query)}


class RetentionStore:
    """What is kept for how long, of one installation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._marks = MarkStore(engine)

    def count(self, kind: str, before: datetime) -> int:
        """How many of a kind would be deleted."""
        table, over = _over(kind, before)
        with reading(self._engine) as connection:
            return connection.scalar(select(func.count()).select_from(table).where(over)) or 0

    def forget(self, kind: str, before: datetime) -> int:
        """Delete what is over of a kind, some thousands at a time. Returns how many there were.

        Killed in between, it is simply done again.
        """
        table, over = _over(kind, before)
        digest = call_digest if kind == "call" else fact_digest
        gone = 0
        with transaction(self._engine) as connection:
            known = kept_since_in(connection).get(kind)
            if known is None or known < before:
                self._marks.set_in(connection, f"{_MARK}{kind}", before.isoformat())
        while True:
            with transaction(self._engine) as connection:
                rows = connection.execute(select(table).where(over).limit(CHUNK)).all()
                _leave(connection, [(row.batch, digest(dict(row._mapping))) for row in rows])
                connection.execute(delete(table).where(table.c.seq.in_([row.seq for row in rows])))
                gone += len(rows)
            if len(rows) < CHUNK:
                break
        if kind == "run":
            self._runs(before)
        if kind == "call":
            self._sums_of_runs(before)
        return gone

    def _sums_of_runs(self, before: datetime) -> None:
        """What runs cost on the days of which no call is known any more; sums of models, teams and agents stay."""
        sums, whose = run_spending.c, reported_runs.alias("whose")
        of_run = select(literal(1)).where(whose.c.id == sums.run, sums.run != "", _active(whose.c.work_item, before))
        with transaction(self._engine) as connection:
            last = microseconds(before) // DAY
            connection.execute(delete(run_spending).where(sums.day < last, ~of_run.exists()))

    def _runs(self, before: datetime) -> None:
        """What is known of runs, all facts about each together."""
        over = and_(reported_runs.c.at < microseconds(before), ~_active(reported_runs.c.work_item, before))
        with transaction(self._engine) as connection:
            connection.execute(delete(reported_runs).where(over))


def _over(kind: str, before: datetime) -> tuple[Any, Any]:
    """The table of a kind, and what holds of its rows whose time is over."""
    table: Any = reported_calls if kind == "call" else facts
    whose = reported_runs.alias("whose")
    of_run = select(literal(1)).where(whose.c.id == table.c.run, table.c.run != "", _active(whose.c.work_item, before))
    over = and_(table.c.at < microseconds(before), ~of_run.exists())
    if kind != "call":
        over = and_(facts.c.kind == kind, over, ~_active(facts.c.work_item, before))
    return table, over


def _active(item: Any, before: datetime) -> Any:
    """Whether anything was reported of an item since."""
    told, ran = facts.alias("told"), reported_runs.alias("ran")
    since = microseconds(before)
    reported = select(literal(1)).where(told.c.work_item == item, told.c.at >= since)
    run = select(literal(1)).where(ran.c.work_item == item, ran.c.at >= since)
    return and_(item != "", or_(reported.exists(), run.exists()))


def _leave(connection: Connection, gone: Sequence[tuple[int, bytes]]) -> None:
    """Keep the digests of rows that are deleted."""
    by_batch: defaultdict[int, list[bytes]] = defaultdict(list)
    for batch, digest in gone:
        by_batch[batch].append(digest)
    for batch, digests in by_batch.items():
        before = left_in(connection, batch)
        kept: Mapping[str, Any] = {"batch": batch, "digests": b"".join(sorted(before + digests))}
        if before:
            connection.execute(update(forgotten).where(forgotten.c.batch == batch).values(digests=kept["digests"]))
        else:
            connection.execute(insert(forgotten), [kept])
