"""How far something has come that is done bit by bit, under a name."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, insert, select, update

from gainful.storage.database import reading
from gainful.storage.schema import marks


class MarkStore:
    """Marks of one installation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, name: str) -> str:
        """The mark; empty where there is none."""
        with reading(self._engine) as connection:
            return connection.scalar(select(marks.c.value).where(marks.c.name == name)) or ""

    def set_in(self, connection: Connection, name: str, value: str) -> None:
        """Set the mark inside the caller's `transaction`, with what it marks."""
        known = connection.scalar(select(marks.c.value).where(marks.c.name == name))
        if known is None:
            connection.execute(insert(marks), [{"name": name, "value": value}])
        else:
            connection.execute(update(marks).where(marks.c.name == name).values(value=value))
