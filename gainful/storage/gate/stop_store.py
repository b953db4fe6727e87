"""Who has been stopped: a row an agent, seen by every process at its next effect, and still there after a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, bindparam, delete, insert, select

from gainful.gate.audit import AuditEvent, AuditKind
from gainful.storage.database import reading, transaction
from gainful.storage.gate.audit_store import AuditStore
from gainful.storage.schema import stops

EVERYBODY = "all"
"""Stops every agent and job."""

OF_RUN = "run:"
"""Before a run's id it stands for that run in place of an agent. No agent's name has a colon."""

# Asked before each effect, so it is put together once.
_STOP_OF = (
    select(stops)
    .where(stops.c.agent.in_([bindparam("agent"), bindparam("run"), EVERYBODY]))
    .order_by(stops.c.at)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Stop:
    """One agent, one run, or `all`, that may do nothing.

    Args:
        agent: `all` for every one; for a single run, whose it is.
        by: The person who stopped it.
        run: The run's id; empty where it is not about a single one.
    """

    agent: str
    by: str
    at: datetime
    reason: str = ""
    run: str = ""

    @property
    def what(self) -> str:
        """Under which name it is kept."""
        return f"{OF_RUN}{self.run}" if self.run else self.agent


class StopStore:
    """The stops of this installation. Each change is in the audit log, or does not happen."""

    def __init__(self, engine: Engine, audit: AuditStore) -> None:
        self._engine = engine
        self._audit = audit

    def reason(self, agent: str, run_id: str = "") -> str:
        """Why this agent, or this run of it, may do nothing; empty when it may."""
        with reading(self._engine) as connection:
            row = connection.execute(_STOP_OF, {"agent": agent, "run": f"{OF_RUN}{run_id}"}).first()
        if row is None:
            return ""
        who = "Everything" if row.agent == EVERYBODY else f"'{row.agent}'"
        if row.agent.startswith(OF_RUN):
            who = "This run"
        why = f": {row.reason.rstrip('.')}" if row.reason else ""
        return f"{who} was stopped by {row.by} at {row.at[:16].replace('T', ' ')} UTC{why}."

    def put(self, stop: Stop) -> bool:
        """Stop an agent or a run. False: it was stopped already, and keeps its first reason."""
        with transaction(self._engine) as connection:
            if connection.scalar(select(stops.c.agent).where(stops.c.agent == stop.what)) is not None:
                return False
            row = {"agent": stop.what, "by": stop.by, "at": stop.at.isoformat(), "reason": stop.reason}
            connection.execute(insert(stops), [row])
            self._audit.append_in(connection, [_event(stop, "stopped")])
        return True

    def lift(self, stop: Stop) -> bool:
        """Let an agent go on; who lets it, and when, is in `stop`. False: it was not stopped."""
        with transaction(self._engine) as connection:
            lifted = connection.execute(delete(stops).where(stops.c.agent == stop.agent)).rowcount
            if lifted:
                self._audit.append_in(connection, [_event(stop, "let go on")])
        return bool(lifted)

    def forget(self, run_id: str) -> None:
        """Take a run's stop away, since it has ended. That it was stopped stays in the audit log."""
        with reading(self._engine) as connection:
            if connection.scalar(select(stops.c.agent).where(stops.c.agent == f"{OF_RUN}{run_id}")) is None:
                return
        with transaction(self._engine) as connection:
            connection.execute(delete(stops).where(stops.c.agent == f"{OF_RUN}{run_id}"))

    def all(self) -> list[Stop]:
        """Every stop of agents in force, oldest first; those of single runs left out."""
        agents = select(stops).where(~stops.c.agent.startswith(OF_RUN, autoescape=True)).order_by(stops.c.at)
        with reading(self._engine) as connection:
            rows = connection.execute(agents).all()
        return [Stop(row.agent, row.by, datetime.fromisoformat(row.at), row.reason) for row in rows]


def _event(stop: Stop, verdict: str) -> AuditEvent:
    return AuditEvent(
        stop.at,
        AuditKind.STOP,
        run_id=stop.run,
        agent=stop.agent,
        actor=stop.by,
        verdict=verdict,
        detail={"reason": stop.reason},
    )
