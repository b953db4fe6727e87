"""Runs as people see them: when, why, what came of it. DBOS keeps its own record of the steps."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Row, delete, func, insert, select, true, update

from gainful.core.run import Run
from gainful.storage.database import reading, side_by_side, take_turn, transaction
from gainful.storage.schema import approvals, parked, runs
from gainful.storage.server import Turn


class RunStore:
    """Runs, newest first."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, run_id: str, job: str, account: str, trigger: str, *, applied: bool, at: datetime) -> None:
        """Record that a run began; the same run beginning again after a crash changes nothing."""
        row = {
            "id": run_id,
            "job": job,
            "account": account,
            "trigger": trigger,
            "applied": applied,
            "state": "running",
            "started_at": at.isoformat(),
        }
        with side_by_side(self._engine) as connection:
            take_turn(connection, Turn.RUN, run_id)
            if connection.scalar(select(runs.c.id).where(runs.c.id == run_id)) is None:
                connection.execute(insert(runs), [row])

    def end(self, run_id: str, state: str, summary: Mapping[str, Any], at: datetime) -> None:
        """Record how a run ended."""
        values = {"state": state, "summary": json.dumps(summary), "ended_at": at.isoformat()}
        with side_by_side(self._engine) as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(**values))

    def park(self, run_id: str, approval_id: str, at: datetime) -> None:
        """Note that the run waits for this approval."""
        with transaction(self._engine) as connection:
            connection.execute(delete(parked).where(parked.c.run_id == run_id))
            row = {"run_id": run_id, "approval_id": approval_id, "at": at.isoformat()}
            connection.execute(insert(parked), [row])
            connection.execute(update(runs).where(runs.c.id == run_id).values(state="waiting"))

    def parked(self, run_id: str) -> str:
        """Id of the approval for which the run waits; empty when it does not."""
        with reading(self._engine) as connection:
            return connection.scalar(select(parked.c.approval_id).where(parked.c.run_id == run_id)) or ""

    def leave(self, run_id: str) -> None:
        """Forget that the run waits."""
        with transaction(self._engine) as connection:
            if connection.execute(delete(parked).where(parked.c.run_id == run_id)).rowcount:
                connection.execute(update(runs).where(runs.c.id == run_id).values(state="running"))

    def answered(self, at: datetime) -> list[str]:
        """Ids of the runs that wait for an approval which was answered, or whose time has run out; oldest first."""
        waits = (approvals.c.state == "waiting") & (approvals.c.expires_at > at.astimezone(UTC).isoformat())
        joined = parked.join(approvals, approvals.c.id == parked.c.approval_id)
        query = select(parked.c.run_id).select_from(joined).where(~waits).order_by(parked.c.at)
        with reading(self._engine) as connection:
            return list(connection.scalars(query))

    def find(self, prefix: str) -> Run | None:
        """The run with this id, else the newest one whose id starts with it, or None."""
        wanted = prefix.strip().lower()
        query = select(runs).where(runs.c.id.startswith(wanted, autoescape=True))
        query = query.order_by((runs.c.id == wanted).desc(), runs.c.started_at.desc())
        with reading(self._engine) as connection:
            row = connection.execute(query.limit(1)).first() if wanted else None
        return _run(row) if row else None

    def known(self, ids: Collection[str]) -> set[str]:
        """Those of these ids that are runs."""
        with reading(self._engine) as connection:
            return set(connection.scalars(select(runs.c.id).where(runs.c.id.in_(ids))))

    def since(self, account: str | None, at: datetime, limit: int | None = None) -> list[Run]:
        """Runs started since then, newest first; the latest so many."""
        query = select(runs).where(runs.c.started_at >= at.isoformat()).order_by(runs.c.started_at.desc()).limit(limit)
        if account is not None:
            query = query.where(runs.c.account == account)
        with reading(self._engine) as connection:
            return [_run(row) for row in connection.execute(query)]

    def ended_since(self, at: datetime) -> list[Run]:
        """Runs that have ended since then, in the order in which they did."""
        query = select(runs).where(runs.c.ended_at >= at.astimezone(UTC).isoformat()).order_by(runs.c.ended_at)
        with reading(self._engine) as connection:
            return [_run(row) for row in connection.execute(query)]

    def overview(self, at: datetime, job: str = "", limit: int = 200) -> tuple[list[Run], int]:
        """Those under way and then the latest that began since then, of one job or all; and how many there are."""
        mine = runs.c.job == job if job else true()
        began = mine & (runs.c.started_at >= at.isoformat())
        newest = select(runs).order_by(runs.c.started_at.desc()).limit(limit)
        with reading(self._engine) as connection:
            open_ = connection.execute(newest.where(mine & (runs.c.ended_at == ""))).all()
            over = connection.execute(newest.where(began & (runs.c.ended_at != ""))).all()
            known = began | (mine & (runs.c.ended_at == ""))
            count = connection.scalar(select(func.count()).select_from(runs).where(known)) or 0
        return [_run(row) for row in [*open_, *over][:limit]], count

    def jobs_since(self, at: datetime) -> list[str]:
        """The jobs and agents that had runs since then."""
        query = select(runs.c.job).where(runs.c.started_at >= at.isoformat()).distinct().order_by(runs.c.job)
        with reading(self._engine) as connection:
            return list(connection.scalars(query))

    def states_since(self, at: datetime) -> dict[str, int]:
        """How many runs started since then are in each state."""
        query = select(runs.c.state, func.count()).where(runs.c.started_at >= at.isoformat()).group_by(runs.c.state)
        with reading(self._engine) as connection:
            return {str(row[0]): int(row[1]) for row in connection.execute(query)}

    def last(self, account: str, trigger: str) -> Run | None:
        """The account's newest run with this trigger, or None."""
        query = select(runs).where(runs.c.account == account, runs.c.trigger == trigger)
        with reading(self._engine) as connection:
            row = connection.execute(query.order_by(runs.c.started_at.desc()).limit(1)).first()
        return _run(row) if row else None


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.id,
        job=row.job,
        account=row.account,
        trigger=row.trigger,
        applied=bool(row.applied),
        state=row.state,
        started_at=datetime.fromisoformat(row.started_at),
        ended_at=datetime.fromisoformat(row.ended_at) if row.ended_at else None,
        summary=json.loads(row.summary),
    )
