"""Runs as people see them: when, why, what came of it. DBOS keeps its own record of the steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, insert, select, update

from gainful.core.run import Run
from gainful.storage.database import reading, transaction
from gainful.storage.schema import runs


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
        with transaction(self._engine) as connection:
            if connection.scalar(select(runs.c.id).where(runs.c.id == run_id)) is None:
                connection.execute(insert(runs), [row])

    def end(self, run_id: str, state: str, summary: Mapping[str, Any], at: datetime) -> None:
        """Record how a run ended."""
        values = {"state": state, "summary": json.dumps(summary), "ended_at": at.isoformat()}
        with transaction(self._engine) as connection:
            connection.execute(update(runs).where(runs.c.id == run_id).values(**values))

    def find(self, prefix: str) -> Run | None:
        """The newest run whose id starts with this, or None."""
        wanted = prefix.strip().lower()
        query = select(runs).where(runs.c.id.startswith(wanted, autoescape=True)).order_by(runs.c.started_at.desc())
        with reading(self._engine) as connection:
            row = connection.execute(query.limit(1)).first() if wanted else None
        return _run(row) if row else None

    def since(self, account: str | None, at: datetime) -> list[Run]:
        """Runs started since then, newest first."""
        query = select(runs).where(runs.c.started_at >= at.isoformat()).order_by(runs.c.started_at.desc())
        if account is not None:
            query = query.where(runs.c.account == account)
        with reading(self._engine) as connection:
            return [_run(row) for row in connection.execute(query)]

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
