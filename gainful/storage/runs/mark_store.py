"""How far something has come that is done bit by bit, under a name."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, delete, insert, select, update

from gainful.storage.database import reading, transaction
from gainful.storage.schema import marks


class MarkStore:
    """Marks of one installation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, name: str) -> str:
        """The mark; empty where there is none."""
        with reading(self._engine) as connection:
            return self.get_in(connection, name)

    def get_in(self, connection: Connection, name: str) -> str:
        """The mark as the caller's transaction sees it; empty where there is none."""
        return connection.scalar(select(marks.c.value).where(marks.c.name == name)) or ""

    def set(self, name: str, value: str) -> None:
        """Set the mark."""
        with transaction(self._engine) as connection:
            self.set_in(connection, name, value)

    def first(self, name: str, value: str) -> str:
        """The mark, which is set to this where there is none; whoever else asks at the same time gets the same."""
        with transaction(self._engine) as connection:
            known = self.get_in(connection, name)
            if not known:
                self.set_in(connection, name, value)
        return known or value

    def set_in(self, connection: Connection, name: str, value: str) -> None:
        """Set the mark inside the caller's `transaction`, with what it marks."""
        known = connection.scalar(select(marks.c.value).where(marks.c.name == name))
        if known is None:
            connection.execute(insert(marks), [{"name": name, "value": value}])
        else:
            connection.execute(update(marks).where(marks.c.name == name).values(value=value))

    def drop_in(self, connection: Connection, name: str) -> None:
        """Forget the mark inside the caller's `transaction`."""
        connection.execute(delete(marks).where(marks.c.name == name))

    def any(self, beginning: str) -> bool:
        """Whether there is a mark whose name begins like this."""
        here = marks.c.name.startswith(beginning, autoescape=True)
        with reading(self._engine) as connection:
            return connection.scalar(select(marks.c.name).where(here).limit(1)) is not None
