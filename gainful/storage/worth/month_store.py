"""What work was worth by month: as it was told last, and as everybody sees it.

store.save(assessment.months)
store.publish("2026-09", shown, at)         # once; a second time changes nothing
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select

from gainful.storage.database import reading, transaction
from gainful.storage.schema import month_standings, published_months, published_people, published_weeks
from gainful.worth.assessment import Standing, Standings, UsefulWeek
from gainful.worth.json import standing_from, standing_json
from gainful.worth.months import Kind, Published

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

    def publish(self, month: str, shown: Published, at: datetime) -> bool:
        """Whether the month is new, and is published now; one that was published stays as it is.

        Months that an earlier Gainful published have neither weeks nor people; they get them once.
        """
        with transaction(self._engine) as connection:
            new = not _has(connection, published_months, month)
            if new:
                rows = _settled(month, shown.cells)
                connection.execute(insert(published_months), [row | {"at": at.isoformat()} for row in rows])
            if not _has(connection, published_people, month):
                connection.execute(insert(published_people), _settled(month, shown.people))
                weeks = [
                    {"week": one.week, "month": month, "eligible": one.eligible, "useful": one.useful}
                    for one in shown.weeks
                ]
                if weeks:
                    connection.execute(insert(published_weeks), weeks)
        return new

    def published_at(self, month: str) -> datetime | None:
        """When a month was published; None where it was not."""
        query = select(func.max(published_months.c.at)).where(published_months.c.month == month)
        with reading(self._engine) as connection:
            found = connection.scalar(query)
        return None if found is None else datetime.fromisoformat(found)

    def weeks(self, months: Collection[str]) -> list[UsefulWeek]:
        """Useful weeks of everybody together that began in these months, as they were published, in order."""
        table = published_weeks
        query = select(table).where(table.c.month.in_(sorted(months))).order_by(table.c.week)
        with reading(self._engine) as connection:
            return [UsefulWeek(row.week, "", row.eligible, row.useful) for row in connection.execute(query)]

    def people(self, months: Collection[str], units: Collection[str]) -> list[Standing]:
        """Of these people, who had asked to be shown when these months were published; by person, then by month."""
        table = published_people
        query = select(table.c.body).where(table.c.month.in_(sorted(months)), table.c.unit.in_(sorted(units)))
        with reading(self._engine) as connection:
            return _read(connection.scalars(query.where(table.c.body != "").order_by(table.c.unit, table.c.month)))

    def cells(self, months: Collection[str]) -> list[Standing]:
        """The published groups of these months, by group and then by month."""
        table = published_months
        query = select(table.c.body).where(table.c.month.in_(sorted(months)), table.c.body != "")
        with reading(self._engine) as connection:
            return _read(connection.scalars(query.order_by(table.c.unit, table.c.month)))


def _rows(month: str, told: Standings) -> Iterator[dict[str, Any]]:
    for one in (told.organisation, *told.teams.values(), *told.agents.values(), *told.people.values()):
        yield {"month": month, "kind": one.kind, "unit": one.unit, "body": json.dumps(standing_json(one))}


def _has(connection: Connection, table: Table, month: str) -> bool:
    return connection.scalar(select(table.c.month).where(table.c.month == month).limit(1)) is not None


def _settled(month: str, shown: Sequence[Standing]) -> list[dict[str, Any]]:
    """The rows of a month; one of which nothing can be shown is settled too, and has one row of nobody."""
    rows = [{"month": month, "unit": one.unit, "body": json.dumps(standing_json(one))} for one in shown]
    return rows or [{"month": month, "unit": "", "body": ""}]


def _read(bodies: Any) -> list[Standing]:
    return [standing_from(json.loads(body)) for body in bodies]
