"""How far everything has come, read in one go: for pages that draw themselves anew when something moves."""

from __future__ import annotations

from sqlalchemy import Engine, func, select

from gainful.storage.database import reading
from gainful.storage.schema import approvals, audit_entries, deployment_events, deployments, runs, stops


class PulseStore:
    """Reads the last of each kind of thing; every query is answered by an index or a few rows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self) -> dict[str, str]:
        """A text for each kind, which differs from the one before when something has happened."""
        queries = {
            "audit": select(func.max(audit_entries.c.seq)),
            "approvals": select(func.count(), func.max(approvals.c.asked_at), func.max(approvals.c.answered_at)),
            "runs": select(func.count(), func.max(runs.c.started_at), func.max(runs.c.ended_at)),
            "deployments": select(func.count(), func.max(deployments.c.ended_at)),
            "events": select(func.count()).select_from(deployment_events),
            "agents": select(func.count(), func.max(stops.c.at)),
        }
        with reading(self._engine) as connection:
            found = {name: str(tuple(connection.execute(query).one())) for name, query in queries.items()}
        found["deployments"] += found.pop("events")
        found["approvals"] += found["audit"]
        found["runs"] += found.pop("audit")
        return found
