"""Finds the days on which what runs cost does not agree with what teams and agents cost, and sums these up anew.

    repair = SumsRepair(engine)
    repair.wrong()       # the days, in order; none where all is right
    repair.mend()        # sums each of them up from its calls; returns which

A process from before `run_spending` books calls in the same transaction as all other sums, and leaves these out. So the
others say on which days something is missing, and nobody has to add up calls to see that nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, case, delete, func, insert, literal_column, select

from gainful.storage.database import reading, transaction
from gainful.storage.facts.retention_store import kept_since_in
from gainful.storage.facts.spending_sums import DAY
from gainful.storage.schema import reported_calls, reported_runs, run_spending, spending

_EPOCH = date(1970, 1, 1)
_CALLS = reported_calls.join(reported_runs, reported_runs.c.id == reported_calls.c.run, isouter=True)
_DAY_OF_CALL = reported_calls.c.at // literal_column(str(DAY))
_AGENT_OF_CALL = case(
    (reported_calls.c.agent != literal_column("''"), reported_calls.c.agent),
    else_=func.coalesce(reported_runs.c.agent, literal_column("''")),
)
"""Under which agent a call is summed, as `usage_store` has it. Without bound values: PostgreSQL groups by an expression
only where it is the same text."""

_Cells = Mapping[tuple[str, str], tuple[int, int]]
"""Calls and billionths of a dollar, by period and name."""


class SumsRepair:
    """The sums of one installation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wrong(self) -> list[date]:
        """The days whose sums by run do not agree with those by team; of months in which these do, with those by agent.

        Days of which calls or runs were deleted when their time was over are left out: nobody can sum them up anew.
        """
        with reading(self._engine) as connection:
            first = _first_kept(connection)
            months = connection.scalars(
                select(spending.c.period).where(spending.c.dimension == "team-month").distinct()
            ).all()
            known = connection.execute(select(func.min(run_spending.c.day), func.max(run_spending.c.day))).one()
            begins = {date.fromisoformat(month) for month in months}
            begins |= {_day(number).replace(day=1) for number in known if number is not None}
            return [day for begin in sorted(begins) for day in _wrong_in(connection, begin, first)]

    def mend(self) -> list[date]:
        """Sum the wrong days up from their calls. Killed in between, it is simply done again.

        Returns:
            The days that were summed up.
        """
        done: set[date] = set()
        for _ in ("by team", "by agent"):
            days = [day for day in self.wrong() if day not in done]
            for day in days:
                # A day at a time: whoever books calls meanwhile waits for one day, and what is done stays done.
                with transaction(self._engine) as connection:
                    _sum_up(connection, (day - _EPOCH).days)
            done.update(days)
        return sorted(done)


def _first_kept(connection: Connection) -> date:
    """The first day of which every call and the run of each is there."""
    since = kept_since_in(connection)
    last = max((at for kind, at in since.items() if kind in ("call", "run")), default=None)
    if last is None:
        return date.min
    # The day on which it ends is there in part, and on the next one runs may go on that began before.
    return last.astimezone(UTC).date() + timedelta(days=2)


def _wrong_in(connection: Connection, begin: date, first: date) -> Iterator[date]:
    """Those of one month that are not older than the first day."""
    end = (begin + timedelta(days=31)).replace(day=1)
    sums = run_spending.c
    by_team = {
        (_day(number).isoformat(), team): amounts
        for (number, team), amounts in _by_run(connection, begin, end, sums.day, sums.team)
    }
    days = {date.fromisoformat(day) for day, _ in _differing(by_team, _kept(connection, "team", begin, end))}
    days = {day for day in days if day >= first}
    if not days and first <= begin:
        # Agents are summed by month. Which day is wrong cannot be told from that: all on which they have calls.
        month = begin.isoformat()
        by_agent = {(month, agent): amounts for (agent,), amounts in _by_run(connection, begin, end, sums.agent)}
        agents = {name for _, name in _differing(by_agent, _kept(connection, "agent", begin, end))}
        days = set(_days_of(connection, agents, begin, end)) if agents else set()
    yield from sorted(days)


def _by_run(
    connection: Connection, begin: date, end: date, *by: ColumnElement[Any]
) -> Iterator[tuple[tuple[Any, ...], tuple[int, int]]]:
    """What the sums by run of a month come to."""
    sums = run_spending.c
    query = (
        select(*by, func.sum(sums.calls), func.sum(sums.nano_usd))
        .where(sums.day >= (begin - _EPOCH).days, sums.day < (end - _EPOCH).days)
        .group_by(*by)
    )
    # By the database, one dimension at a time: a group of each agent and day would be a hundred times as many rows.
    for *place, calls, nano in connection.execute(query):
        yield tuple(place), (int(calls), int(nano))


def _kept(connection: Connection, dimension: str, begin: date, end: date) -> _Cells:
    """What is kept by team or agent."""
    sums = spending.c
    query = select(sums.period, sums.name, sums.calls, sums.nano_usd).where(
        sums.dimension == dimension, sums.period >= begin.isoformat(), sums.period < end.isoformat()
    )
    return {(row.period, row.name): (row.calls, row.nano_usd) for row in connection.execute(query)}


def _differing(one: _Cells, other: _Cells) -> set[tuple[str, str]]:
    """The places at which they do not agree; one that has come to nothing may be missing."""
    nothing = (0, 0)
    return {place for place in one.keys() | other.keys() if one.get(place, nothing) != other.get(place, nothing)}


def _days_of(connection: Connection, agents: set[str], begin: date, end: date) -> Iterator[date]:
    """The days of a month on which these agents have calls, or sums that say so."""
    first, last, sums = (begin - _EPOCH).days, (end - _EPOCH).days, run_spending.c
    calls = (
        select(_DAY_OF_CALL, _AGENT_OF_CALL)
        .select_from(_CALLS)
        .where(reported_calls.c.at >= first * DAY, reported_calls.c.at < last * DAY)
    )
    kept = select(sums.day, sums.agent).where(sums.day >= first, sums.day < last)
    for query in (calls.distinct(), kept.distinct()):
        yield from (_day(number) for number, agent in connection.execute(query) if agent in agents)


def _sum_up(connection: Connection, day: int) -> None:
    """Put what the calls of a day say in the place of its sums by run."""
    calls = reported_calls.c
    told = (
        select(
            _DAY_OF_CALL,
            calls.run,
            _AGENT_OF_CALL,
            calls.team,
            func.min(calls.at),
            func.count(),
            func.coalesce(func.sum(calls.nano_usd), 0),
        )
        .select_from(_CALLS)
        .where(calls.at >= day * DAY, calls.at < (day + 1) * DAY)
        .group_by(_DAY_OF_CALL, calls.run, _AGENT_OF_CALL, calls.team)
    )
    columns = ["day", "run", "agent", "team", "at", "calls", "nano_usd"]
    connection.execute(delete(run_spending).where(run_spending.c.day == day))
    connection.execute(insert(run_spending).from_select(columns, told))


def _day(number: int) -> date:
    return _EPOCH + timedelta(days=number)
