"""Everything that is kept about one person, and how it stops being about them.

Facts stay when a person is forgotten: they hold a pseudonym that leads to nobody any more. What names the person
elsewhere, as an auditor or as somebody who looked at numbers, is erased or becomes that pseudonym.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, delete, or_, select, update

from gainful.core.fact_json import fact_json
from gainful.storage.database import reading
from gainful.storage.facts.usage_store import call_from
from gainful.storage.schema import audit_queue, facts, looked_at, reported_calls

CHUNK = 500


class PersonalStore:
    """What is kept about people of one installation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def facts_about(self, people: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Every fact in which one of these pseudonyms stands, as JSON objects, in the order in which they came."""
        named = or_(*(facts.c.body.contains(f'"{one}"', autoescape=True) for one in people))
        yield from (json.loads(row.body) for row in self._rows(facts, named))
        called = reported_calls.c.person.in_(people)
        yield from (fact_json(call_from(row)) for row in self._rows(reported_calls, called))

    def looks(self, names: Sequence[str]) -> list[dict[str, str]]:
        """Who looked at numbers under one of these names, and at whose these looked."""
        query = select(looked_at).where(or_(looked_at.c.whom.in_(names), looked_at.c.viewer.in_(names)))
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(looked_at.c.seq)).all()
        return [{"at": row.at, "viewer": row.viewer, "what": row.what, "whom": row.whom} for row in rows]

    def unname_in(self, connection: Connection, person: str, people: Sequence[str], names: Sequence[str]) -> None:
        """Take a person's names off what is not facts, inside the caller's `transaction`.

        Args:
            person: The pseudonym that stays.
            people: All of theirs.
            names: All that are known.
        """
        connection.execute(delete(looked_at).where(looked_at.c.whom.in_([*people, *names])))
        for column in (looked_at.c.viewer, audit_queue.c.auditor):
            table = column.table
            connection.execute(update(table).where(column.in_(names)).values({column.name: person}))

    def _rows(self, table: Any, where: Any) -> Iterator[Any]:
        after = 0
        while True:
            query = select(table).where(where, table.c.seq > after).order_by(table.c.seq).limit(CHUNK)
            with reading(self._engine) as connection:
                rows = connection.execute(query).all()
            yield from rows
            if len(rows) < CHUNK:
                return
            after = rows[-1].seq
