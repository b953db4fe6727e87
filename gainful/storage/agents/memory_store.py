"""What agents remember, in SQL. A record's label is that which its call was decided with, and stays with its text."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, exists, func, insert, select, update

from gainful.core.clock import Clock
from gainful.core.errors import Refused
from gainful.core.ids import random_id, stable_id
from gainful.core.label import TYPED, UNKNOWN, Label, join, label_from
from gainful.core.memory import Memory
from gainful.core.value import value_from
from gainful.storage.database import reading, transaction
from gainful.storage.schema import calls, memories, object_labels

MOST = 2000
"""Records of one agent."""

TEXT = "text"


class MemoryFull(Refused):
    """The agent remembers as much as it may."""

    code = "memory-full"


class MemoryStore:
    """Every agent's records. What was forgotten is kept, and found no more."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    # --- for agents -------------------------------------------------------------------------------------------------

    def of_agent(self, agent: str) -> list[Memory]:
        """All that this agent remembers, oldest first.

        A record on which no label is kept is left out: nobody could tell whose words it holds.
        """
        labelled = exists().where(object_labels.c.object == object_of("") + memories.c.id)
        query = select(memories).where(memories.c.agent == agent, memories.c.forgotten_at == "", labelled)
        with reading(self._engine) as connection:
            return [_memory(row) for row in connection.execute(query.order_by(memories.c.at, memories.c.id))]

    def remember(self, key: str, agent: str, text: str) -> str:
        """The id of the new record: the same for the same key.

        Its label is found in the journal, where the call was written down before it was made, and is written in the
        same transaction: at no moment can the text be read without it.

        Raises:
            MemoryFull: The agent has no room.
        """
        record = _id(key)
        with transaction(self._engine) as connection:
            if _exists(connection, record):
                return record
            label, run_id = _origin(connection, key)
            self._write(connection, Memory(record, agent, text, _source(label), label, run_id, self._clock()))
        return record

    def remembered(self, key: str) -> str:
        """The id of the record that the call of this key has written; empty when it has written none."""
        with reading(self._engine) as connection:
            return _id(key) if _exists(connection, _id(key)) else ""

    def forget(self, agent: str, record: str) -> bool:
        """Whether the agent had such a record, which it then has no more."""
        return self._mark(agent, record, "", self._clock().isoformat())

    def forgotten(self, agent: str, record: str) -> bool:
        """Whether the agent had such a record, and has it no more."""
        mine = (memories.c.agent == agent) & (memories.c.id == record) & (memories.c.forgotten_at != "")
        with reading(self._engine) as connection:
            return connection.scalar(select(memories.c.id).where(mine)) is not None

    # --- for their owners -------------------------------------------------------------------------------------------

    def tell(self, agent: str, text: str, person: str) -> Memory:
        """A record of what a person says themselves: it counts as typed by them.

        Raises:
            MemoryFull: The agent has no room.
        """
        told = Memory(random_id(), agent, text, person, TYPED, "", self._clock())
        with transaction(self._engine) as connection:
            self._write(connection, told)
        return told

    def bring_back(self, agent: str, record: str) -> bool:
        """Whether the agent had forgotten such a record, which it then has again."""
        at = select(memories.c.forgotten_at).where(memories.c.agent == agent, memories.c.id == record)
        with reading(self._engine) as connection:
            since = connection.scalar(at) or ""
        return bool(since) and self._mark(agent, record, since, "")

    def all_of(self, agent: str) -> list[tuple[Memory, datetime | None]]:
        """Every record, oldest first, and when it was forgotten."""
        query = select(memories).where(memories.c.agent == agent).order_by(memories.c.at, memories.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [(_memory(row), datetime.fromisoformat(row.forgotten_at) if row.forgotten_at else None) for row in rows]

    # --- inside a transaction ---------------------------------------------------------------------------------------

    def _write(self, connection: Connection, record: Memory) -> None:
        live = (memories.c.agent == record.agent) & (memories.c.forgotten_at == "")
        count = connection.scalar(select(func.count()).select_from(memories).where(live)) or 0
        if count >= MOST:
            raise MemoryFull(
                f"'{record.agent}' remembers {count:,} things, which is all it may.",
                "Let it forget what it no longer needs.",
            )
        row = {
            "id": record.id,
            "agent": record.agent,
            "text": record.text,
            "source": record.source,
            "label": json.dumps(record.label.as_json()),
            "run_id": record.run_id,
            "at": record.at.isoformat(),
            "forgotten_at": "",
        }
        connection.execute(insert(memories), [row])
        _keep_label(connection, record)

    def _mark(self, agent: str, record: str, before: str, after: str) -> bool:
        mine = (memories.c.agent == agent) & (memories.c.id == record) & (memories.c.forgotten_at == before)
        with transaction(self._engine) as connection:
            return bool(connection.execute(update(memories).where(mine).values(forgotten_at=after)).rowcount)


def object_of(record: str) -> str:
    """How the gate calls a record, as the tools' declaration names it."""
    return f"memory:{record}"


def _id(key: str) -> str:
    return stable_id("memory", key)


def _exists(connection: Connection, record: str) -> bool:
    return connection.scalar(select(memories.c.id).where(memories.c.id == record)) is not None


def _origin(connection: Connection, key: str) -> tuple[Label, str]:
    """The label of the text that the call of this key was decided with, and its run; the worst where there is none."""
    row = connection.execute(select(calls.c.arguments, calls.c.run_id).where(calls.c.key == key)).first()
    if row is None:
        return UNKNOWN, ""
    arguments = json.loads(row.arguments)
    return (value_from(arguments[TEXT]).whole if TEXT in arguments else UNKNOWN), row.run_id


def _source(label: Label) -> str:
    return ", ".join(sorted(label.sources)) or "the agent itself"


def _keep_label(connection: Connection, record: Memory) -> None:
    name = object_of(record.id)
    kept = connection.scalar(select(object_labels.c.label).where(object_labels.c.object == name))
    label = record.label if kept is None else join(record.label, label_from(json.loads(kept)))
    row = {"label": json.dumps(label.as_json()), "run_id": record.run_id, "at": record.at.isoformat()}
    if kept is None:
        connection.execute(insert(object_labels), [{"object": name, **row}])
    else:
        connection.execute(update(object_labels).where(object_labels.c.object == name).values(**row))


def _memory(row: Row[Any]) -> Memory:
    return Memory(
        id=row.id,
        agent=row.agent,
        text=row.text,
        source=row.source,
        label=label_from(json.loads(row.label)),
        run_id=row.run_id,
        at=datetime.fromisoformat(row.at),
    )
