"""The sums of calls by model, team, tool and agent, kept in the transaction that writes the calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from gainful.storage.schema import spending

AMOUNTS = ("calls", "failed", "unpriced", "fresh", "cache_read", "cache_write", "output", "nano_usd")
"""What is summed."""

_DAY = 86_400_000_000
_Places = defaultdict[tuple[str, str, str], list[int]]


@dataclass(frozen=True, slots=True)
class Whose:
    """Under which agent and team a call is summed."""

    agent: str
    team: str


def add_in(connection: Connection, rows: Iterable[tuple[Mapping[str, Any], Whose]]) -> None:
    """Add calls to the sums."""
    sums = _nothing()
    for row, whose in rows:
        amounts, day = _amounts(row), _day(row["at"] // _DAY)
        model = f"{row['provider']}:{row['model']}" if row["model"] else ""
        for place in (("model", model, day), ("tool", row["tool"], day), *_of_agent(whose, day), *_of_team(whose, day)):
            _count(sums, place, amounts, 1)
    _write(connection, sums)


def move_in(connection: Connection, rows: Iterable[tuple[Mapping[str, Any], Whose, Whose]]) -> None:
    """Move calls in the sums from those under whom they were to those under whom they belong."""
    sums = _nothing()
    for row, before, after in rows:
        amounts, day = _amounts(row), _day(row["at"] // _DAY)
        for places in (_of_agent, _of_team):
            for sign, whose in ((-1, before), (1, after)):
                for place in places(whose, day):
                    _count(sums, place, amounts, sign)
    _write(connection, sums)


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
        make: Any = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
        statement = make(spending)
        added = statement.on_conflict_do_update(
            index_elements=["dimension", "name", "period"],
            set_={name: spending.c[name] + statement.excluded[name] for name in AMOUNTS},
        )
        connection.execute(added, rows)
