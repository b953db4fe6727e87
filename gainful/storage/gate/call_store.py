"""The journal of tool calls and the labels of objects, each change with its audit entries in one transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from gainful.core.label import Label, join, label_from
from gainful.core.value import Value, stored, value_from
from gainful.gate.audit import AuditEvent
from gainful.gate.call import Hold, Recorded, State
from gainful.ledger.entry import Entry
from gainful.ledger.reservation import Reservation, reserve_key
from gainful.storage.books.ledger_rows import reservations
from gainful.storage.books.ledger_store import LedgerStore
from gainful.storage.database import reading, side_by_side, take_turn
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.schema import calls, entries, object_labels
from gainful.storage.server import Turn

CHUNK = 500


class CallStore:
    """The calls of every run."""

    def __init__(self, engine: Engine, audit: AuditStore, books: LedgerStore) -> None:
        self._engine = engine
        self._audit = audit
        self._books = books

    def of_run(self, run_id: str) -> list[Recorded]:
        """The calls of this run, in the order in which they were intended."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(calls).where(calls.c.run_id == run_id).order_by(calls.c.seq)).all()
        return [_recorded(row) for row in rows]

    def uncertain(self) -> list[Recorded]:
        """Calls that may or may not have happened, oldest first."""
        query = select(calls).where(calls.c.state == State.UNCERTAIN).order_by(calls.c.intended_at)
        with reading(self._engine) as connection:
            return [_recorded(row) for row in connection.execute(query)]

    def calls_since(self, agent: str, tool: str, since: datetime, until: datetime | None = None) -> int:
        """How many calls of this tool the agent has intended since then, denied ones left out.

        Args:
            until: The first instant that does not count any more; None for no end.
        """
        mine = (calls.c.agent == agent) & (calls.c.tool == tool) & (calls.c.intended_at >= since.isoformat())
        if until is not None:
            mine &= calls.c.intended_at < until.isoformat()
        query = select(func.count()).select_from(calls).where(mine & calls.c.state.not_in(_NOT_CALLED))
        with reading(self._engine) as connection:
            return connection.scalar(query) or 0

    def write(self, call: Recorded, events: Sequence[AuditEvent], hold: Hold | None = None) -> Reservation | None:
        """Record a call with its state, and hold what it needs; a known key stays as it is.

        Raises:
            BudgetExceeded: One of the budgets has no room; nothing was recorded.
        """
        with side_by_side(self._engine) as connection:
            take_turn(connection, Turn.RUN, call.run_id)
            if connection.scalar(select(calls.c.key).where(calls.c.key == call.key)) is not None:
                return _held(connection, call)
            last = connection.scalar(select(func.max(calls.c.seq)).where(calls.c.run_id == call.run_id)) or 0
            connection.execute(insert(calls), [_row(call, last + 1)])
            held = self._hold(connection, call, hold) if hold else None
            self._audit.append_in(connection, events)
            return held

    def _hold(self, connection: Connection, call: Recorded, hold: Hold) -> Reservation:
        what = f"tool:{call.tool}"
        return self._books.reserve_in(connection, hold.budgets, hold.amount, _hold_key(call), what, call.run_id)

    def held(self, call: Recorded) -> Reservation | None:
        """What is held for a call whose end nobody saw; None when nothing is."""
        with reading(self._engine) as connection:
            return _held(connection, call)

    def settle(
        self,
        call: Recorded,
        at: datetime,
        events: Sequence[AuditEvent],
        objects: Mapping[str, Label],
        entry: Entry | None,
    ) -> None:
        """Record how a call ended, what was written on which objects, and what it cost."""
        with side_by_side(self._engine) as connection:
            take_turn(connection, Turn.RUN, call.run_id)
            connection.execute(
                update(calls)
                .where((calls.c.key == call.key) & (calls.c.state == State.INTENDED))
                .values(
                    state=call.state, result=json.dumps(stored(call.result)), note=call.note, settled_at=at.isoformat()
                )
            )
            if objects:
                self._stain(connection, objects, call.run_id, at)
            if entry is not None:
                self._books.append_in(connection, [entry])
            self._audit.append_in(connection, events)

    def object_labels(self, names: Sequence[str]) -> dict[str, Label]:
        """The stored labels of those of these objects that have one."""
        if not names:
            return {}
        with reading(self._engine) as connection:
            return _labels(connection, names)

    def _stain(self, connection: Connection, objects: Mapping[str, Label], run_id: str, at: datetime) -> None:
        take_turn(connection, Turn.LABELS)
        known = _labels(connection, list(objects))
        for name, label in objects.items():
            row = {"label": json.dumps(join(label, known.get(name, label)).as_json()), "run_id": run_id}
            row["at"] = at.isoformat()
            if name in known:
                connection.execute(update(object_labels).where(object_labels.c.object == name).values(**row))
            else:
                connection.execute(insert(object_labels), [{"object": name, **row}])


def _hold_key(call: Recorded) -> str:
    return f"call:{call.key}"


def _held(connection: Connection, call: Recorded) -> Reservation | None:
    found = reservations(connection, entries.c.key == reserve_key(_hold_key(call)))
    return found[0] if found else None


_NOT_CALLED = (State.DENIED, State.DECLINED, State.HELD_BACK)


def _labels(connection: Connection, names: Sequence[str]) -> dict[str, Label]:
    found: dict[str, Label] = {}
    for start in range(0, len(names), CHUNK):
        chunk = list(names[start : start + CHUNK])
        for row in connection.execute(select(object_labels).where(object_labels.c.object.in_(chunk))):
            found[row.object] = label_from(json.loads(row.label))
    return found


def _row(call: Recorded, seq: int) -> dict[str, Any]:
    return {
        "key": call.key,
        "seq": seq,
        "run_id": call.run_id,
        "step": call.step,
        "agent": call.agent,
        "tool": call.tool,
        "arguments": json.dumps({name: stored(value) for name, value in call.arguments.items()}),
        "digest": call.digest,
        "approval": call.approval,
        "state": call.state,
        "result": json.dumps(stored(call.result)),
        "note": call.note,
        "intended_at": call.intended_at.isoformat(),
        "settled_at": "" if call.state is State.INTENDED else call.intended_at.isoformat(),
    }


def _recorded(row: Row[Any]) -> Recorded:
    arguments: dict[str, Value] = {name: value_from(kept) for name, kept in json.loads(row.arguments).items()}
    return Recorded(
        key=row.key,
        run_id=row.run_id,
        step=row.step,
        agent=row.agent,
        tool=row.tool,
        arguments=arguments,
        digest=row.digest,
        intended_at=datetime.fromisoformat(row.intended_at),
        state=State(row.state),
        approval=row.approval,
        result=value_from(json.loads(row.result)),
        note=row.note,
    )
