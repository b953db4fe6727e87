"""Work by hand that is being measured, in SQL: since when who is at which item. It outlives the process.

store.begin("T-812", "bo@example.org", now)      # None; or since when, where they are at it already
store.end("T-812", "bo@example.org", booked)     # books what `booked` makes of the beginning
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from gainful.core.fact import HumanTime
from gainful.core.ids import stable_id
from gainful.storage.database import transaction
from gainful.storage.facts.fact_store import FactStore
from gainful.storage.runs.mark_store import MarkStore

SOURCE = "by-hand"


class ByHandStore:
    """Measurements under way, of one installation."""

    def __init__(self, facts: FactStore, marks: MarkStore) -> None:
        self._facts = facts
        self._marks = marks

    def begin(self, item: str, person: str, at: datetime) -> datetime | None:
        """Note that a person begins an item; where they are at it already, since when, and nothing is changed."""
        with transaction(self._facts.engine) as connection:
            mark = self._mark(connection, item, person)
            began = self._marks.get_in(connection, mark)
            if not began:
                self._marks.set_in(connection, mark, at.isoformat())
        return datetime.fromisoformat(began) if began else None

    def end(self, item: str, person: str, booked: Callable[[datetime], HumanTime]) -> datetime | None:
        """Book a stretch of work and forget that it is under way, both or neither; None where it was not."""
        with transaction(self._facts.engine) as connection:
            mark = self._mark(connection, item, person)
            began = self._marks.get_in(connection, mark)
            if not began:
                return None
            self._facts.append_in(connection, [booked(datetime.fromisoformat(began))], SOURCE)
            self._marks.drop_in(connection, mark)
        return datetime.fromisoformat(began)

    def under_way(self, item: str) -> bool:
        """Whether anybody is at the item."""
        return self._marks.any(_of(item))

    def _mark(self, connection: Connection, item: str, person: str) -> str:
        """Under which name it stands: under pseudonyms, as people do everywhere in facts."""
        return f"{_of(item)}{self._facts.pseudonyms_in(connection, [person])[person]}"


def _of(item: str) -> str:
    return f"{SOURCE}:{stable_id(item, length=20)}:"
