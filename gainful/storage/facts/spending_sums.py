"""The sums of calls by model, team, tool, agent and run, kept in the transaction that writes the calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, case
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gainful.storage.schema import run_spending, spending

AMOUNTS = ("calls", "failed", "unpriced", "fresh", "cache_read", "cache_write", "output", "nano_usd")
"""What is summed."""

DAY = 86_400_000_000
"""Microseconds."""
_Places = defaultdict[tuple[str, str, str], list[int]]


@dataclass(frozen=True, slots=True)
class Whose:
    """Under which agent and team a call is summed."""

    agent: str
    team: str


def add_in(connection: Connection, rows: Iterable[tuple[Mapping[str, Any], Whose]]) -> None:
    """Add calls to the sums."""
    sums, runs = _nothing(), _RunSums()
    for row, whose in rows:
        amounts, day = _amounts(row), _day(row["at"] // DAY)
        model = f"{row['provider']}:{row['model']}" if row["model"] else ""
        for place in (("model", model, day), ("tool", row["tool"], day), *_of_agent(whose, day), *_of_team(whose, day)):
            _count(sums, place, amounts, 1)
        runs.count(row, whose, 1)
    _write(connection, sums)
    runs.write(connection)


def move_in(connection: Connection, rows: Iterable[tuple[Mapping[str, Any], Whose, Whose]]) -> None:
    """Move calls in the sums from those under whom they were to those under whom they belong."""
    sums, runs = _nothing(), _RunSums()
    for row, before, after in rows:
        amounts, day = _amounts(row), _day(row["at"] // DAY)
        for places in (_of_agent, _of_team):
            for sign, whose in ((-1, before), (1, after)):
                for place in places(whose, day):
                    _count(sums, place, amounts, sign)
        runs.count(row, before, -1)
        runs.count(row, after, 1)
    _write(connection, sums)
    runs.write(connection)


class _RunSums:
    """Changes of what each run cost on each day."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, str, str, str], list[int]] = {}

    def count(self, row: Mapping[str, Any], whose: Whose, sign: int) -> None:
        """Add a call, or take it away."""
        at = row["at"]
        into = self._sums.setdefault((at // DAY, row["run"], whose.agent, whose.team), [at, 0, 0])
        into[0] = min(into[0], at)
        into[1] += sign
        into[2] += sign * (row["nano_usd"] or 0)

    def write(self, connection: Connection) -> None:
        """Bring the table up to date; what has come to nothing stays, and counts no calls."""
        columns = ("day", "run", "agent", "team", "at", "calls", "nano_usd")
        rows = [
            dict(zip(columns, (*place, *sums), strict=True))
            for place, sums in sorted(self._sums.items())
            if any(sums[1:])
        ]
        if rows:
            statement = _insert(connection)(run_spending)
            now, new = run_spending.c, statement.excluded
            added = statement.on_conflict_do_update(
                index_elements=columns[:4],
                set_={
                    "at": case((new.at < now.at, new.at), else_=now.at),
                    "calls": now.calls + new.calls,
                    "nano_usd": now.nano_usd + new.nano_usd,
                },
            )
            connection.execute(added, rows)


def _nothing() -> _Places:
    return defaultdict(lambda: [0] * len(AMOUNTS))


def _of_agent(whose: Whose, day: str) -> list[tuple[str, str, str]]:
    return [("agent", whose.agent, f"{day[:7]}-01")]


def _of_team(whose: Whose, day: str) -> list[tuple[str, str, str]]:
    return [("team", whose.team, day), ("team-month", whose.team, f"{day[:7]}-01")]


def _amounts(row: Mapping[str, Any]) -> tuple[int, ...]:
    priced = row["nano_usd"]
    tokens = (row["fresh"], row["cache_read"], row["cache_write"], row["output"])
    return (1, int(row["failed"]), int(priced is None), *tokens, priced or 0)


@lru_cache(1000)
def _day(number: int) -> str:
    return (date(1970, 1, 1) + timedelta(number)).isoformat()


def _count(sums: _Places, place: tuple[str, str, str], amounts: tuple[int, ...], sign: int) -> None:
    into = sums[place]
    for index, amount in enumerate(amounts):
        into[index] += sign * amount


def _write(connection: Connection, sums: _Places) -> None:
    rows = [
        dict(zip(("dimension", "name", "period", *AMOUNTS), (*place, *amounts), strict=True))
        for place, amounts in sorted(sums.items())
        if any(amounts)
    ]
    if rows:
        statement = _insert(connection)(spending)
        added = statement.on_conflict_do_update(
            index_elements=["dimension", "name", "period"],
            set_={name: spending.c[name] + statement.excluded[name] for name in AMOUNTS},
        )
        connection.execute(added, rows)


def _insert(connection: Connection) -> Any:
    """The insert of this database that knows what to do about a row that is there already."""
    return sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
