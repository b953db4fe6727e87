"""What models said in runs, turn by turn; each change with its booking and its audit entries in one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from gainful.core.errors import Broken
from gainful.core.money import Money, Tokens
from gainful.gate.audit import AuditEvent
from gainful.gate.call import Hold
from gainful.gate.dialogue import RecordedTurn, TurnState
from gainful.ledger.entry import Entry
from gainful.ledger.reservation import Reservation, reserve_key
from gainful.storage.books.ledger_rows import reservations
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import reading, transaction
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.schema import entries, turns


class TurnMissing(Broken):
    """A turn was begun, and the books hold nothing for it."""

    code = "turn-missing"


class TurnStore:
    """The turns of every run."""

    def __init__(self, engine: Engine, audit: AuditStore, books: LedgerStore) -> None:
        self._engine = engine
        self._audit = audit
        self._books = books

    def of_run(self, run_id: str) -> list[RecordedTurn]:
        """The turns of this run, in order."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(turns).where(turns.c.run_id == run_id).order_by(turns.c.begun_at)).all()
        return [_recorded(row) for row in rows]

    def begin(self, turn: RecordedTurn, hold: Hold, events: Sequence[AuditEvent]) -> Reservation:
        """Record an attempt, and hold what it needs.

        Raises:
            BudgetExceeded: One of the budgets has no room; nothing was recorded.
        """
        with transaction(self._engine) as connection:
            if turn.attempt == 1:
                connection.execute(insert(turns), [_row(turn)])
            else:
                connection.execute(update(turns).where(_is(turn)).values(**_row(turn)))
            self._audit.append_in(connection, events)
            return self._books.reserve_in(connection, hold.budgets, hold.amount, turn.key, turn.model, turn.run_id)

    def held(self, turn: RecordedTurn) -> Reservation:
        """What is held for an attempt whose end nobody saw.

        Raises:
            TurnMissing: Nothing is, which cannot be.
        """
        with reading(self._engine) as connection:
            found = reservations(connection, entries.c.key == reserve_key(turn.key))
        if not found:
            raise TurnMissing(f"Nothing is held for {turn.key}.", "Run `gainful ledger verify`, and report this.")
        return found[0]

    def settle(self, turn: RecordedTurn, entry: Entry, events: Sequence[AuditEvent], at: datetime) -> None:
        """Record how an attempt ended, and what it cost."""
        with transaction(self._engine) as connection:
            self._books.append_in(connection, [entry])
            values = {**_row(turn), "settled_at": at.isoformat()}
            connection.execute(update(turns).where(_is(turn)).values(**values))
            self._audit.append_in(connection, events)


def _is(turn: RecordedTurn) -> Any:
    return (turns.c.run_id == turn.run_id) & (turns.c.step == turn.step)


def _row(turn: RecordedTurn) -> dict[str, Any]:
    return {
        "run_id": turn.run_id,
        "step": turn.step,
        "agent": turn.agent,
        "model": turn.model,
        "attempt": turn.attempt,
        "state": str(turn.state),
        "answer": json.dumps(turn.answer),
        "tokens": json.dumps(astuple(turn.tokens)),
        "cost": f"{turn.cost.amount:f}",
        "currency": turn.cost.currency,
        "note": turn.note,
        "begun_at": turn.begun_at.isoformat(),
        "settled_at": "",
    }


def _recorded(row: Row[Any]) -> RecordedTurn:
    return RecordedTurn(
        run_id=row.run_id,
        step=row.step,
        agent=row.agent,
        model=row.model,
        begun_at=datetime.fromisoformat(row.begun_at),
        attempt=row.attempt,
        state=TurnState(row.state),
        answer=json.loads(row.answer),
        tokens=Tokens(*json.loads(row.tokens)),
        cost=Money(Decimal(row.cost), row.currency),
        note=row.note,
    )
