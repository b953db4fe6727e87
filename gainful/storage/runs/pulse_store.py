"""How far everything has come, read in one go: for pages that draw themselves anew when something moves."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, func, select

from gainful.gate.approval import State
from gainful.storage.database import reading
from gainful.storage.schema import approvals, audit_entries, deployment_events, deployments, runs, stops


def _latest(*columns: Column[Any]) -> list[Any]:
    """The last of each column, by its index."""
    return [select(func.max(column)).scalar_subquery() for column in columns]


_WAITING = select(func.count()).select_from(approvals).where(approvals.c.state == State.WAITING)
# Put together once: they are asked several times a second while somebody watches.
_QUERIES = {
    "approvals": select(_WAITING.scalar_subquery(), *_latest(approvals.c.asked_at, approvals.c.answered_at)),
    # What a run does stands in the audit log.
    "runs": select(*_latest(runs.c.started_at, runs.c.ended_at, audit_entries.c.seq)),
    "deployments": select(func.count(), func.max(deployments.c.ended_at), *_latest(deployment_events.c.at)),
    "agents": select(func.count(), func.max(stops.c.at)),
}


class PulseStore:
    """Reads the last of each kind of thing; every query is answered by an index or a few rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> dict[str, str]:
        """A text for each kind, which differs from the one before when something has happened."""
        with reading(self._engine) as connection:
            return {name: str(tuple(connection.execute(query).one())) for name, query in _QUERIES.items()}
