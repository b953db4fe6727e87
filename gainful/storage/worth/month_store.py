"""What work was worth by month: as it was told last, and as everybody sees it.

store.save(assessment.months)
store.publish("2026-09", cells, at)         # once; a second time changes nothing
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, select

from gainful.storage.database import reading, transaction
from gainful.storage.schema import month_standings, published_months
from gainful.worth.assessment import Standing, Standings
from gainful.worth.json import standing_from, standing_json
from gainful.worth.months import Kind

CHUNK = 500


class MonthStore:
    """The months of one installation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- as told last -------------------------------------------------------------------------------------------------

    def save(self, months: Mapping[str, Standings]) -> None:
        """Keep these in place of all that was told before."""
        rows = [row for month, told in months.items() for row in _rows(month, told)]
        with transaction(self._engine) as connection:
            connection.execute(delete(month_standings))
            for start in range(0, len(rows), CHUNK):
                connection.execute(insert(month_standings), rows[start : start + CHUNK])

    def months(self) -> list[str]:
        """The months of which something was told, in order."""
        query = select(month_standings.c.month).where(month_standings.c.kind == "organisation")
        with reading(self._engine) as connection:
            return list(connection.scalars(query.order_by(month_standings.c.month)))

    def rows(self, months: Collection[str], kind: Kind, units: Collection[str] | None = None) -> list[Standing]:
        """The units of one kind in these months, a row for each month, by unit and then by month.

        Args:
            units: These alone.
        """
        table = month_standings
        query = select(table.c.body).where(table.c.kind == kind, table.c.month.in_(sorted(months)))
        if units is not None:
            query = query.where(table.c.unit.in_(sorted(units)))
        with reading(self._engine) as connection:
            return _read(connection.scalars(query.order_by(table.c.unit, table.c.month)))

    # --- as everybody sees them ---------------------------------------------------------------------------------------

    def published(self) -> list[str]:
        """The months that were published, in order."""
        with reading(self._engine) as connection:
            return sorted(set(connection.scalars(select(published_months.c.month))))

    def publish(self, month: str, cells: Sequence[Standing], at: datetime) -> bool:
        """Whether the month is new, and is published now; one that was published stays as it is."""
        table = published_months
        # A month of which nothing can be shown is settled too: it has one row of nobody.
        rows = [{"month": month, "unit": one.unit, "body": json.dumps(standing_json(one))} for one in cells]
        rows = rows or [{"month": month, "unit": "", "body": ""}]
        with transaction(self._engine) as connection:
            if connection.scalar(select(table.c.month).where(table.c.month == month).limit(1)) is not None:
                return False
            connection.execute(insert(table), [row | {"at": at.isoformat()} for row in rows])
        return True

    def cells(self, months: Collection[str]) -> list[Standing]:
        """The published groups of these months, by group and then by month."""
        table = published_months
        query = select(table.c.body).where(table.c.month.in_(sorted(months)), table.c.body != "")
        with reading(self._engine) as connection:
            return _read(connection.scalars(query.order_by(table.c.unit, table.c.month)))


def _rows(month: str, told: Standings) -> Iterator[dict[str, Any]]:
    for one in (told.organisation, *told.teams.values(), *told.agents.values(), *told.people.values()):
        yield {"month": month, "kind": one.kind, "unit": one.unit, "body": json.dumps(standing_json(one))}


def _read(bodies: Any) -> list[Standing]:
    return [standing_from(json.loads(body)) for body in bodies]
