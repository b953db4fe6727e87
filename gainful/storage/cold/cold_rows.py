"""What stands in exported months: tables and their columns, the rows of a month, and what tells that they changed."""

from __future__ import annotations

import dataclasses
import json
import re
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select

from gainful.core.errors import Invalid
from gainful.core.fact import KINDS, Account, Call, Fact, Person, Run
from gainful.core.fact_json import fact_from
from gainful.storage.facts.directory_store import microseconds
from gainful.storage.facts.usage_store import NANO
from gainful.storage.schema import facts, reported_calls, reported_runs

AT_ONCE = 5000
"""Rows that are read from the database together."""

MONTH = re.compile(r"(?!0000|9999)[0-9]{4}-(0[1-9]|1[0-2])")
_ROW_KINDS = tuple(name for name, kind in KINDS.items() if kind not in (Call, Run))
_LEFT_OUT = frozenset({"at", "key", "identities", "why"})
_PEOPLE = frozenset({"person", "requester", "claimant", "by", "auditor", "owner"})

_TYPES: Mapping[object, str] = {
    str: "VARCHAR",
    bool: "BOOLEAN",
    float: "DOUBLE",
    Decimal: "DECIMAL(38,9)",
    datetime: "TIMESTAMP",
}


def _type(hint: Any) -> str:
    """DuckDB's type of a field."""
    parts = [part for part in typing.get_args(hint) or (hint,) if part is not type(None)]
    return _TYPES[type(parts[0]) if isinstance(parts[0], str) else parts[0]]


def _fields() -> dict[str, str]:
    """The fields of all kinds of facts with their types, each once."""
    found: dict[str, str] = {}
    for name in _ROW_KINDS:
        hints = typing.get_type_hints(KINDS[name])
        names = [one.name for one in dataclasses.fields(KINDS[name]) if one.name not in _LEFT_OUT]
        found |= {one: _type(hints[one]) for one in names}
    return found


_FIELDS = _fields()

CALLS = {
    "seq": "BIGINT", "id": "VARCHAR", "run": "VARCHAR", "happened_at": "TIMESTAMP", "person": "VARCHAR",
    "agent": "VARCHAR", "team": "VARCHAR", "tool": "VARCHAR", "provider": "VARCHAR", "model": "VARCHAR",
    "name": "VARCHAR", "input_tokens": "BIGINT", "cache_read_input_tokens": "BIGINT",
    "cache_creation_input_tokens": "BIGINT", "output_tokens": "BIGINT", "cost_usd": "DECIMAL(38,9)",
    "seconds": "DOUBLE", "failed": "BOOLEAN", "input_hash": "VARCHAR", "retry_of": "VARCHAR",
}  # fmt: skip
RUNS = {
    "id": "VARCHAR", "happened_at": "TIMESTAMP", "ended_at": "TIMESTAMP", "agent": "VARCHAR", "person": "VARCHAR",
    "work_item": "VARCHAR", "trigger": "VARCHAR", "caused_by": "VARCHAR", "status": "VARCHAR",
    "input_hash": "VARCHAR", "output_hash": "VARCHAR", "exploration": "VARCHAR",
}  # fmt: skip
_RENAMED = {"by": "given_by"}
"""A word of SQL cannot be the name of a column without quotes; `at` is one, too."""

FACTS = {
    "seq": "BIGINT", "kind": "VARCHAR", "happened_at": "TIMESTAMP",
    **{_RENAMED.get(name, name): kind for name, kind in _FIELDS.items()},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar in UTC, in microseconds since 1970, its end left out."""

    name: str
    begin: int
    end: int

    def within(self, column: Any) -> tuple[Any, Any]:
        return column >= self.begin, column < self.end


@dataclass(frozen=True, slots=True)
class Exportable:
    """One table that is exported.

    Args:
        traces: What changes whenever its rows of a month do.
        rows: Its rows of a month.
    """

    columns: Mapping[str, str]
    traces: Callable[[Connection, Month], list[Any]]
    rows: Callable[[Connection, Month, Mapping[str, str]], Iterator[Sequence[object]]]


def month_of(text: str) -> Month:
    """The month of a text such as `2026-10`.

    Raises:
        Invalid: It is none.
    """
    if not MONTH.fullmatch(text):
        raise Invalid(f"'{text[:40]}' is no month.", "Write it like 2026-10.")
    year, month = int(text[:4]), int(text[5:])
    begin = datetime(year, month, 1, tzinfo=UTC)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    return Month(text, microseconds(begin), microseconds(end))


# --- rows -------------------------------------------------------------------------------------------------------------


def _traces_of_calls(connection: Connection, month: Month) -> list[Any]:
    """Calls are never changed but for their team."""
    calls = reported_calls.c
    query = select(calls.team, func.count(), func.sum(calls.seq)).where(*month.within(calls.at)).group_by(calls.team)
    return sorted([row[0], int(row[1]), int(row[2])] for row in connection.execute(query))


def _rows_of_calls(connection: Connection, month: Month, same: Mapping[str, str]) -> Iterator[Sequence[object]]:
    query = select(reported_calls).where(*month.within(reported_calls.c.at)).order_by(reported_calls.c.seq)
    for row in _streamed(connection, query):
        prompt = row.fresh + row.cache_read + row.cache_write
        cost = None if row.nano_usd is None else f"{Decimal(row.nano_usd) / NANO:f}"
        yield (
            row.seq, row.id, row.run, row.at, same.get(row.person, row.person), row.agent, row.team, row.tool,
            row.provider, row.model, row.name, prompt, row.cache_read, row.cache_write, row.output, cost, row.seconds,
            bool(row.failed), row.input_hash, row.retry_of,
        )  # fmt: skip


def _traces_of_runs(connection: Connection, month: Month) -> list[Any]:
    """What is known of a run changes with each fact about it, and with nothing else."""
    runs = reported_runs.c
    count = connection.scalar(select(func.count()).select_from(reported_runs).where(*month.within(runs.at)))
    told = (
        select(func.count(), func.sum(facts.c.seq))
        .select_from(reported_runs.join(facts, facts.c.run == runs.id))
        .where(facts.c.kind == "run", *month.within(runs.at))
    )
    row = connection.execute(told).one()
    return [int(count), int(row[0]), int(row[1] or 0)] if count else []


def _rows_of_runs(connection: Connection, month: Month, same: Mapping[str, str]) -> Iterator[Sequence[object]]:
    query = select(reported_runs).where(*month.within(reported_runs.c.at))
    for row in _streamed(connection, query.order_by(reported_runs.c.at, reported_runs.c.id)):
        yield (
            row.id, row.at, row.ended_at, row.agent, same.get(row.person, row.person), row.work_item, row.trigger,
            row.caused_by, row.status, row.input_hash, row.output_hash, row.exploration,
        )  # fmt: skip


def _traces_of_facts(connection: Connection, month: Month) -> list[Any]:
    """Facts are never changed."""
    here = (facts.c.kind.in_(_ROW_KINDS), *month.within(facts.c.at))
    count, added = connection.execute(select(func.count(), func.sum(facts.c.seq)).where(*here)).one()
    return [int(count), int(added)] if count else []


def _rows_of_facts(connection: Connection, month: Month, same: Mapping[str, str]) -> Iterator[Sequence[object]]:
    here = (facts.c.kind.in_(_ROW_KINDS), *month.within(facts.c.at))
    query = select(facts.c.seq, facts.c.kind, facts.c.at, facts.c.body).where(*here).order_by(facts.c.seq)
    for row in _streamed(connection, query):
        fact = fact_from(json.loads(row.body))
        yield (row.seq, row.kind, row.at, *(_value(fact, name, same) for name in _FIELDS))


def _value(fact: Fact, name: str, same: Mapping[str, str]) -> object:
    value = getattr(fact, name, None)
    if isinstance(value, datetime):
        return microseconds(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    person = name in _PEOPLE or (name == "id" and isinstance(fact, Person | Account))
    return same.get(value, value) if person and isinstance(value, str) else value


def _streamed(connection: Connection, query: Any) -> Iterable[Any]:
    return connection.execute(query.execution_options(yield_per=AT_ONCE))


TABLES: Mapping[str, Exportable] = {
    "calls": Exportable(CALLS, _traces_of_calls, _rows_of_calls),
    "runs": Exportable(RUNS, _traces_of_runs, _rows_of_runs),
    "facts": Exportable(FACTS, _traces_of_facts, _rows_of_facts),
}
"""What is exported, by the name that questions call it."""
