"""Work items in SQL, and the outcomes that are booked on them.

items = WorkItemStore(engine, books)
items.claim([WorkItem("mail1", "mail", "ann@example.org", now)], run_id="run1", at=now)
items.judge("mail1", Outcome.ACCEPTED, evidence="truth:7", at=now)
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select

from gainful.core.fact import SYSTEM
from gainful.core.fact import WorkItem as FactItem
from gainful.ledger.entry import instant
from gainful.ledger.outcome import Outcome, WorkItem, advance, may_follow
from gainful.storage.books.ledger_rows import CHUNK, states_of
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import reading, transaction
from gainful.storage.schema import entries, postings, work_items


class WorkItemStore:
    """Opens work items and moves their outcomes through the books."""

    def __init__(self, engine: Engine, books: LedgerStore) -> None:
        self._engine = engine
        self._books = books

    def claim(self, items: Sequence[WorkItem], run_id: str, at: datetime) -> int:
        """Open these items where they are new, and book the run's claim on those that have none. Returns how many."""
        with transaction(self._engine) as connection:
            return self.claim_in(connection, items, run_id, at)

    def claim_in(self, connection: Connection, items: Sequence[WorkItem], run_id: str, at: datetime) -> int:
        """Claim inside the caller's `transaction`."""
        states = states_of(connection, [item.id for item in items])
        fresh = {item.id: item for item in items if item.id not in states}
        if fresh:
            connection.execute(insert(work_items), [_row(item) for item in fresh.values()])
        claims = [
            advance(item.id, before, Outcome.CLAIMED, run_id, at, run_id)
            for item in items
            if may_follow(before := states.get(item.id, Outcome.EXPECTED), Outcome.CLAIMED)
        ]
        return self._books.append_in(connection, claims)

    def opened(self, items: Sequence[str]) -> dict[str, FactItem]:
        """Those of these items that are known, as facts tell of them."""
        found: dict[str, FactItem] = {}
        with reading(self._engine) as connection:
            for start in range(0, len(items), CHUNK):
                query = select(work_items).where(work_items.c.id.in_(items[start : start + CHUNK]))
                for row in connection.execute(query):
                    requester = row.source or f"{SYSTEM}{row.kind}"
                    at = datetime.fromisoformat(row.opened_at)
                    found[row.id] = FactItem(
                        at=at, key=f"ledger:item:{row.id}", id=row.id, work_class=row.kind, requester=requester
                    )
        return found

    def claims(self) -> list[tuple[str, str, datetime]]:
        """The claims that nobody has judged: work item, the run that claimed it, and when; oldest first."""
        query = (
            select(work_items.c.id, entries.c.run_id, entries.c.at)
            .join(postings, postings.c.work_item == work_items.c.id)
            .join(entries, entries.c.seq == postings.c.entry_seq)
            .where(work_items.c.outcome == str(Outcome.CLAIMED), postings.c.account == f"outcome:{Outcome.CLAIMED}")
            .order_by(entries.c.seq)
        )
        with reading(self._engine) as connection:
            latest = {row.id: (row.id, row.run_id, datetime.fromisoformat(row.at)) for row in connection.execute(query)}
        return list(latest.values())

    def judge(
        self, work_item: str, after: Outcome, evidence: str, at: datetime, run_id: str = "", memo: str = ""
    ) -> bool:
        """Book what somebody else found of a claimed item. False: the item is not where this verdict could follow.

        Args:
            evidence: Key of what shows it; the same evidence is booked once.
        """
        with transaction(self._engine) as connection:
            return self.judge_in(connection, work_item, after, evidence, at, run_id, memo)

    def judge_in(
        self,
        connection: Connection,
        work_item: str,
        after: Outcome,
        evidence: str,
        at: datetime,
        run_id: str = "",
        memo: str = "",
    ) -> bool:
        """Judge inside the caller's `transaction`."""
        before = states_of(connection, [work_item]).get(work_item, Outcome.EXPECTED)
        if not may_follow(before, after):
            return False
        return bool(self._books.append_in(connection, [advance(work_item, before, after, evidence, at, run_id, memo)]))


def _row(item: WorkItem) -> dict[str, str]:
    return {
        "id": item.id,
        "kind": item.kind,
        "source": item.source,
        "outcome": Outcome.EXPECTED.value,
        "opened_at": instant(item.opened_at),
        "settled_at": "",
    }
