"""Runs and calls that systems report, in SQL, and their sums.

    usage = UsageStore(engine)
    usage.spent("model", since, until)      # what each model cost

The sums are updated in the transaction that writes the rows; a page never adds up calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, Engine, and_, bindparam, func, insert, or_, select, union, update

from gainful.core.fact import Call, Run
from gainful.core.money import Money, Tokens
from gainful.storage.database import reading
from gainful.storage.facts.directory_store import microseconds
from gainful.storage.facts.spending_sums import AMOUNTS, Whose, add_in, move_in
from gainful.storage.schema import reported_calls, reported_runs, run_spending, spending

NANO = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHUNK = 500

TeamsOf = Callable[[Sequence[str]], Mapping[str, str]]
"""The teams of people, by pseudonym."""

Dimension = Literal["model", "team", "tool", "agent"]

_RUNS = select(reported_runs).where(reported_runs.c.id.in_(bindparam("ids", expanding=True)))
_KNOWN = select(reported_calls.c.key).where(reported_calls.c.key.in_(bindparam("keys", expanding=True)))
_NAMELESS = select(reported_calls).where(
    reported_calls.c.run.in_(bindparam("runs", expanding=True)),
    or_(reported_calls.c.agent == "", reported_calls.c.person == ""),
)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one model, team, tool or agent cost.

    Args:
        name: A model is `PROVIDER:MODEL`; empty where it is not known.
        failed: Of the calls, those that failed.
        unpriced: Of the calls, those whose price nobody knows; they are not in `cost`.
    """

    name: str
    calls: int
    failed: int
    unpriced: int
    tokens: Tokens
    cost: Money


@dataclass(frozen=True, slots=True)
class RunSpent:
    """What one run cost in a time.

    Args:
        run: Empty: calls of no run.
        work_item: That it was for; empty where none is known.
    """

    run: str
    agent: str
    work_item: str
    at: datetime
    calls: int
    cost: Money


def instant(stored: int) -> datetime:
    """The instant of whole microseconds since 1970."""
    return EPOCH + timedelta(microseconds=stored)


def nano(amount: Decimal | None) -> int | None:
    """An amount of dollars as whole billionths."""
    return None if amount is None else int(amount * NANO)


class UsageStore:
    """Calls and runs of one installation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- writing ------------------------------------------------------------------------------------------------------

    def known_in(self, connection: Connection, keys: Sequence[str]) -> set[str]:
        """Those of these keys that calls are booked under."""
        known: set[str] = set()
        for start in range(0, len(keys), CHUNK):
            known.update(connection.scalars(_KNOWN, {"keys": keys[start : start + CHUNK]}))
        return known

    def append_calls_in(self, connection: Connection, calls: Mapping[str, Call], teams_of: TeamsOf) -> list[Any]:
        """The rows of calls that are new, by key, as they will be written; and their sums are brought up to date."""
        runs = self._runs_of(connection, calls.values())
        rows = [_call_row(key, call, runs.get(call.run)) for key, call in calls.items()]
        teams = teams_of(list({row["person"] for row in rows if row["person"]}))
        for row in rows:
            row["team"] = teams.get(row["person"], "")
        add_in(connection, ((row, Whose(row["agent"], row["team"])) for row in rows))
        return rows

    def write_in(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows that `append_calls_in` gave."""
        if rows:
            connection.execute(insert(reported_calls), list(rows))

    def complete_runs_in(self, connection: Connection, runs: Iterable[Run], teams_of: TeamsOf) -> None:
        """Bring what is known of these runs up to date; facts about a run may come in any order.

        Spans of calls come before that of their run, which ends last: what was summed under nobody is summed under the
        run's agent and the team of its person from then on.
        """
        joined: dict[str, Run] = {}
        for run in runs:
            joined[run.id] = merged(joined[run.id], run) if run.id in joined else run
        known = self._known_runs(connection, list(joined))
        changed = [merged(known[id_], run) for id_, run in joined.items() if id_ in known]
        fresh = [run for id_, run in joined.items() if id_ not in known]
        if fresh:
            connection.execute(insert(reported_runs), [_run_row(run) for run in fresh])
        if changed:
            rows = [{f"new_{name}": value for name, value in _run_row(run).items()} for run in changed]
            statement = update(reported_runs).where(reported_runs.c.id == bindparam("new_id"))
            columns = [column.name for column in reported_runs.c if column.name != "id"]
            connection.execute(statement.values({name: bindparam(f"new_{name}") for name in columns}), rows)
        self._move(connection, [(known.get(run.id), run) for run in (*fresh, *changed)], teams_of)

    def _move(self, connection: Connection, runs: Sequence[tuple[Run | None, Run]], teams_of: TeamsOf) -> None:
        """Sum calls that do not say whose they are under those that their run now names."""
        named = {
            run.id: (before, run)
            for before, run in runs
            if (run.agent, run.person) != ((before.agent, before.person) if before else ("", ""))
        }
        ids = list(named)
        rows: list[Any] = []
        for start in range(0, len(ids), CHUNK):
            rows += connection.execute(_NAMELESS, {"runs": ids[start : start + CHUNK]}).all()
        if not rows:
            return
        teams = teams_of(list({named[row.run][1].person for row in rows}))
        moves = [(row._mapping, *_whose(row, *named[row.run], teams)) for row in rows]
        move_in(connection, moves)
        moved = [{"of": row["seq"], "now": now.team} for row, before, now in moves if before.team != now.team]
        if moved:
            statement = update(reported_calls).where(reported_calls.c.seq == bindparam("of"))
            connection.execute(statement.values(team=bindparam("now")), moved)

    def _runs_of(self, connection: Connection, calls: Iterable[Call]) -> dict[str, Run]:
        wanting = {call.run for call in calls if call.run and not (call.agent and call.person)}
        return self._known_runs(connection, list(wanting)) if wanting else {}

    def _known_runs(self, connection: Connection, ids: Sequence[str]) -> dict[str, Run]:
        known: dict[str, Run] = {}
        for start in range(0, len(ids), CHUNK):
            for row in connection.execute(_RUNS, {"ids": ids[start : start + CHUNK]}):
                known[row.id] = run_from(row)
        return known

    # --- reading ------------------------------------------------------------------------------------------------------

    def spent(self, by: Dimension, since: date, until: date, limit: int = 1000) -> list[Spent]:
        """What each one cost from a day to another, that one left out; the dearest first, so many at most.

        Agents are summed by month: theirs are the months that the time touches, the first one whole.
        """
        sums = [func.sum(spending.c[name]).label(name) for name in AMOUNTS]
        query = (
            select(spending.c.name, *sums)
            .where(or_(*_within(by, since, until)))
            .group_by(spending.c.name)
            .having(func.sum(spending.c.calls) > 0)
            .order_by(func.sum(spending.c.nano_usd).desc(), spending.c.name)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [_spent(row.name, row) for row in connection.execute(query)]

    def by_day(
        self, since: date, until: date, by: Literal["model", "tool"] = "model", name: str | None = None
    ) -> list[Spent]:
        """What was spent on each day, under the day's date.

        Args:
            name: Through this model or tool alone; None: altogether.
        """
        sums = [func.sum(spending.c[amount]).label(amount) for amount in AMOUNTS]
        query = (
            select(spending.c.period, *sums)
            .where(
                spending.c.dimension == by,
                spending.c.period >= since.isoformat(),
                spending.c.period < until.isoformat(),
            )
            .group_by(spending.c.period)
            .order_by(spending.c.period)
        )
        if name is not None:
            query = query.where(spending.c.name == name)
        with reading(self._engine) as connection:
            return [_spent(row.period, row) for row in connection.execute(query)]

    def runs(
        self, since: date, until: date, limit: int, by: Literal["agent", "team"] | None = None, name: str = ""
    ) -> list[RunSpent]:
        """Runs with calls from a day to another, that one left out: the dearest first, so many at most.

        Args:
            by: With `name`: of this agent or team alone.
        """
        sums, epoch = run_spending.c, EPOCH.date()
        within = (sums.day >= (since - epoch).days, sums.day < (until - epoch).days, sums.calls > 0)
        found = (
            select(
                sums.run,
                func.max(sums.agent).label("agent"),
                func.min(sums.at).label("at"),
                func.sum(sums.calls).label("calls"),
                func.sum(sums.nano_usd).label("cost"),
            )
            .where(*within, *(() if by is None else (sums[by] == name,)))
            .group_by(sums.run)
            .order_by(func.sum(sums.nano_usd).desc(), sums.run)
            .limit(limit)
            .subquery()
        )
        query = (
            select(found, func.coalesce(reported_runs.c.work_item, "").label("work_item"))
            .join(reported_runs, reported_runs.c.id == found.c.run, isouter=True)
            .order_by(found.c.cost.desc(), found.c.run)
        )
        with reading(self._engine) as connection:
            return [_run_spent(row) for row in connection.execute(query)]

    def run(self, run_id: str) -> tuple[Run, list[Call]] | None:
        """A run that was reported, with its calls; the first five hundred."""
        with reading(self._engine) as connection:
            known = self._known_runs(connection, [run_id])
            calls = [call for _, call in self.calls_of_in(connection, [run_id])][:500] if known else []
        return (known[run_id], calls) if known else None

    def people_of(self, runs: Sequence[str]) -> dict[str, set[str]]:
        """Whose each of these runs is by what was reported of it and of its calls; those that are known alone."""
        people: dict[str, set[str]] = {}
        with reading(self._engine) as connection:
            for start in range(0, len(runs), CHUNK):
                some = runs[start : start + CHUNK]
                own = select(reported_runs.c.id, reported_runs.c.person).where(reported_runs.c.id.in_(some))
                calls = select(reported_calls.c.run, reported_calls.c.person).where(reported_calls.c.run.in_(some))
                for run, person in connection.execute(union(own, calls)):
                    people.setdefault(run, set()).add(person)
        return people

    def calls_of_in(self, connection: Connection, runs: Sequence[str]) -> Iterator[tuple[str, Call]]:
        """The calls of these runs, by run and then by time."""
        for start in range(0, len(runs), CHUNK):
            query = (
                select(reported_calls)
                .where(reported_calls.c.run.in_(runs[start : start + CHUNK]))
                .order_by(reported_calls.c.at, reported_calls.c.seq)
            )
            for row in connection.execute(query):
                yield row.run, call_from(row)


def _run_spent(row: Any) -> RunSpent:
    cost = Money(Decimal(int(row.cost)) / NANO)
    return RunSpent(row.run, row.agent, row.work_item, instant(row.at), int(row.calls), cost)


def _within(by: Dimension, since: date, until: date) -> list[Any]:
    """The rows that make up a time: of teams, whole months as such, and days before and after them."""

    def rows(dimension: str, first: date, end: date) -> Any:
        period = spending.c.period
        return and_(spending.c.dimension == dimension, period >= first.isoformat(), period < end.isoformat())

    if by == "agent":
        return [rows("agent", since.replace(day=1), until)]
    if by != "team":
        return [rows(by, since, until)]
    begin = since if since.day == 1 else _next_month(since)
    end = until.replace(day=1)
    if begin >= end:
        return [rows("team", since, until)]
    parts = [rows("team", since, begin), rows("team-month", begin, end), rows("team", end, until)]
    return [part for part, empty in zip(parts, (since == begin, False, end == until), strict=True) if not empty]


def _next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _whose(row: Any, before: Run | None, run: Run, teams: Mapping[str, str]) -> tuple[Whose, Whose]:
    """Under whom a call was summed before something was learnt of its run, and is from now on."""
    was = Whose(row.agent or (before.agent if before else ""), row.team)
    same_person = row.person or run.person == (before.person if before else "")
    return was, Whose(row.agent or run.agent, row.team if same_person else teams.get(run.person, ""))


def _spent(name: str, row: Any) -> Spent:
    return Spent(
        name,
        int(row.calls),
        int(row.failed),
        int(row.unpriced),
        Tokens(int(row.fresh), int(row.cache_read), int(row.cache_write), int(row.output)),
        Money(Decimal(int(row.nano_usd)) / NANO),
    )


def merged(one: Run, other: Run) -> Run:
    """What two facts about one run say together; the same whichever came first."""
    status = max(one.status, other.status, key=("ok", "stopped", "failed").index)
    ends = [end for end in (one.ended_at, other.ended_at) if end is not None]
    return Run(
        at=min(one.at, other.at),
        id=one.id,
        agent=max(one.agent, other.agent),
        person=max(one.person, other.person),
        work_item=max(one.work_item, other.work_item),
        # A trigger is only worth keeping where somebody said so: `person` is what stands where nobody did.
        trigger=max(one.trigger, other.trigger, key=lambda trigger: (trigger != "person", trigger)),
        caused_by=max(one.caused_by, other.caused_by),
        ended_at=max(ends) if ends else None,
        status=status,
        input_hash=max(one.input_hash, other.input_hash),
        output_hash=max(one.output_hash, other.output_hash),
        exploration=max(one.exploration, other.exploration),
    )


_RUN_FIELDS = (
    "id", "agent", "person", "work_item", "trigger", "caused_by", "status", "input_hash", "output_hash", "exploration",
)  # fmt: skip


def _run_row(run: Run) -> dict[str, Any]:
    row = {name: getattr(run, name) for name in _RUN_FIELDS}
    return {**row, "at": microseconds(run.at), "ended_at": microseconds(run.ended_at) if run.ended_at else None}


def run_from(row: Any) -> Run:
    """The run of a row."""
    return Run(
        at=instant(row.at),
        ended_at=None if row.ended_at is None else instant(row.ended_at),
        **{name: getattr(row, name) for name in _RUN_FIELDS},
    )


def _call_row(key: str, call: Call, run: Run | None) -> dict[str, Any]:
    return {
        "key": key,
        "id": call.id,
        "run": call.run,
        "at": microseconds(call.at),
        "person": call.person or (run.person if run else ""),
        "agent": call.agent or (run.agent if run else ""),
        "tool": call.tool,
        "provider": call.provider,
        "model": call.model,
        "name": call.name,
        "fresh": call.tokens.fresh,
        "cache_read": call.tokens.cache_read,
        "cache_write": call.tokens.cache_write,
        "output": call.tokens.output,
        "nano_usd": nano(call.cost),
        "seconds": call.seconds,
        "failed": call.failed,
        "input_hash": call.input_hash,
        "retry_of": call.retry_of,
    }


def call_from(row: Any) -> Call:
    """The call of a row, with what it cost."""
    return Call(
        at=instant(row.at),
        key=row.key,
        id=row.id,
        run=row.run,
        person=row.person,
        agent=row.agent,
        tool=row.tool,
        provider=row.provider,
        model=row.model,
        name=row.name,
        tokens=Tokens(row.fresh, row.cache_read, row.cache_write, row.output),
        cost=None if row.nano_usd is None else Decimal(row.nano_usd) / NANO,
        seconds=row.seconds,
        failed=bool(row.failed),
        input_hash=row.input_hash,
        retry_of=row.retry_of,
    )
