"""The limits that people set: each a row that stays, so that who allowed what, and when, can be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select

from gainful.core.clock import Clock
from gainful.core.money import Money
from gainful.ledger.budget import Period
from gainful.ledger.entry import instant, plain
from gainful.ledger.limit import Limit, LimitChange, NoSuchLimit
from gainful.storage.database import reading, transaction
from gainful.storage.schema import budgets

# Asked before each call that costs, so it is put together once.
_STANDING = (
    select(budgets)
    .where(
        budgets.c.seq.in_(select(func.max(budgets.c.seq)).group_by(budgets.c.scope, budgets.c.period)),
        budgets.c.removed.is_(False),
    )
    .order_by(budgets.c.scope, budgets.c.period)
)


class BudgetStore:
    """Limits as they stand, and how they came to be."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def limits(self) -> list[Limit]:
        """The limits that stand, by scope and period."""
        with reading(self._engine) as connection:
            return [_limit(row) for row in connection.execute(_STANDING)]

    def history(self) -> list[LimitChange]:
        """Every change, oldest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(budgets).order_by(budgets.c.seq)).all()
        return [
            LimitChange(
                row.scope,
                row.period,
                _money(row.cap),
                row.calls,
                bool(row.removed),
                row.set_by,
                datetime.fromisoformat(row.set_at),
            )
            for row in rows
        ]

    def set(self, limit: Limit) -> Limit:
        """Set a limit in place of the one that stood there. Returns it with the time at which it was set."""
        with transaction(self._engine) as connection:
            at = self._clock()
            cap = plain(limit.cap.amount) if limit.cap is not None else None
            self._write(connection, limit.scope, limit.period, limit.set_by, at, cap=cap, calls=limit.calls)
        return Limit(limit.scope, limit.period, limit.cap, limit.calls, limit.set_by, at)

    def remove(self, scope: str, period: Period, set_by: str) -> None:
        """Take a limit away.

        Raises:
            NoSuchLimit: None stands there.
        """
        of_place = select(budgets.c.removed).where(budgets.c.scope == scope, budgets.c.period == period)
        with transaction(self._engine) as connection:
            removed = connection.scalar(of_place.order_by(budgets.c.seq.desc()).limit(1))
            if removed is None or removed:
                raise NoSuchLimit(
                    f"No budget is set for '{scope}' a {period}.", "`gainful budget list` shows those that are."
                )
            self._write(connection, scope, period, set_by, self._clock(), removed=True)

    def _write(self, connection: Connection, scope: str, period: str, set_by: str, at: datetime, **values: Any) -> None:
        row = {"scope": scope, "period": period, "set_by": set_by, "set_at": instant(at), "removed": False}
        connection.execute(insert(budgets), [row | values])


def _limit(row: Row[Any]) -> Limit:
    at = datetime.fromisoformat(row.set_at)
    return Limit(row.scope, row.period, _money(row.cap), row.calls, row.set_by, at)


def _money(stored: str | None) -> Money | None:
    return Money(stored) if stored is not None else None
