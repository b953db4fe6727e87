"""Deployments and what happens in them, and who holds each service's lock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from gainful.core.deploy_event import ENDED, DeployLock, Deployment, Event, EventKind, State, Wish
from gainful.core.deployment import Intent
from gainful.storage.database import reading, transaction
from gainful.storage.schema import deploy_locks, deployment_events, deployments


class DeploymentStore:
    """The deployments of every service. Each method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- deployments ------------------------------------------------------------------------------------------------

    def begin(self, deployment: Deployment) -> Deployment:
        """The deployment of this id as it stands; this one, where it is new."""
        with transaction(self._engine) as connection:
            known = _found(connection, deployment.id)
            if known is None:
                connection.execute(
                    insert(deployments), [{"id": deployment.id, "wish": "", "wished_by": "", **_row(deployment)}]
                )
        return known or deployment

    def record(self, deployment: Deployment, event: Event) -> bool:
        """Whether this event is new; it is written down, and how the deployment stands now, both or neither.

        An event that is known changes nothing, nor does anything change a deployment that has ended.
        """
        here = deployment_events.c.deployment == deployment.id
        with transaction(self._engine) as connection:
            if connection.scalar(select(deployment_events.c.key).where(here & (deployment_events.c.key == event.key))):
                return False
            last = connection.scalar(select(func.max(deployment_events.c.seq)).where(here)) or 0
            connection.execute(insert(deployment_events), [_event_row(deployment.id, event, last + 1)])
            mine = (deployments.c.id == deployment.id) & deployments.c.state.not_in(ENDED)
            connection.execute(update(deployments).where(mine).values(**_row(deployment)))
        return True

    def find(self, prefix: str) -> Deployment | None:
        """The newest deployment whose id begins like this."""
        wanted = prefix.strip().lower()
        query = select(deployments).where(deployments.c.id.startswith(wanted, autoescape=True))
        with reading(self._engine) as connection:
            row = connection.execute(query.order_by(deployments.c.asked_at.desc()).limit(1)).first() if wanted else None
        return _deployment(row) if row else None

    def of_service(self, service: str, limit: int) -> list[Deployment]:
        """The service's last so many deployments, newest first."""
        query = select(deployments).where(deployments.c.service == service)
        return self._deployments(query.order_by(deployments.c.asked_at.desc(), deployments.c.id).limit(limit))

    def since(self, at: datetime, service: str = "") -> list[Deployment]:
        """Deployments that were asked for since then, of one service or of all, newest first."""
        query = select(deployments).where(deployments.c.asked_at >= _instant(at))
        if service:
            query = query.where(deployments.c.service == service)
        return self._deployments(query.order_by(deployments.c.asked_at.desc(), deployments.c.id))

    def under_way(self, service: str = "") -> list[Deployment]:
        """Deployments that have not ended, of one service or of all, oldest first."""
        query = select(deployments).where(deployments.c.state.not_in(ENDED))
        if service:
            query = query.where(deployments.c.service == service)
        return self._deployments(query.order_by(deployments.c.asked_at, deployments.c.id))

    def events(self, deployment: str) -> list[Event]:
        """What has happened in it, in order."""
        query = select(deployment_events).where(deployment_events.c.deployment == deployment)
        with reading(self._engine) as connection:
            return [_event(row) for row in connection.execute(query.order_by(deployment_events.c.seq))]

    # --- wishes -----------------------------------------------------------------------------------------------------

    def ask_for(self, deployment: str, wish: Wish) -> bool:
        """Whether the deployment is under way, and what a person asks of it is written down."""
        mine = (deployments.c.id == deployment) & deployments.c.state.not_in(ENDED)
        with transaction(self._engine) as connection:
            asked = update(deployments).where(mine).values(wish=wish.what, wished_by=wish.by)
            return bool(connection.execute(asked).rowcount)

    def wish(self, deployment: str) -> Wish | None:
        """What a person asks of it; None when nobody does."""
        with reading(self._engine) as connection:
            row = connection.execute(
                select(deployments.c.wish, deployments.c.wished_by).where(deployments.c.id == deployment)
            ).first()
        return Wish(row.wish, row.wished_by) if row is not None and row.wish else None

    # --- locks ------------------------------------------------------------------------------------------------------

    def lock(self, service: str) -> DeployLock | None:
        """Who may touch the service's target now."""
        with reading(self._engine) as connection:
            return _lock(connection, service)

    def take_lock(self, wanted: DeployLock, *, steal: bool = False) -> DeployLock | None:
        """Who held the service's lock when it was asked for; None: nobody, or this deployment, which has it now.

        Args:
            steal: Take it from whoever holds it.
        """
        with transaction(self._engine) as connection:
            held = _lock(connection, wanted.service)
            if held is not None and held.deployment == wanted.deployment:
                return None
            if held is None or steal:
                connection.execute(delete(deploy_locks).where(deploy_locks.c.service == wanted.service))
                row = {
                    "service": wanted.service,
                    "deployment": wanted.deployment,
                    "holder": wanted.holder,
                    "since": _instant(wanted.since),
                }
                connection.execute(insert(deploy_locks), [row])
        return held

    def leave_lock(self, service: str, deployment: str) -> bool:
        """Whether this deployment held the service's lock; nobody does now."""
        mine = (deploy_locks.c.service == service) & (deploy_locks.c.deployment == deployment)
        with transaction(self._engine) as connection:
            return bool(connection.execute(delete(deploy_locks).where(mine)).rowcount)

    def _deployments(self, query: Any) -> list[Deployment]:
        with reading(self._engine) as connection:
            return [_deployment(row) for row in connection.execute(query)]


def _found(connection: Connection, deployment: str) -> Deployment | None:
    row = connection.execute(select(deployments).where(deployments.c.id == deployment)).first()
    return _deployment(row) if row is not None else None


def _lock(connection: Connection, service: str) -> DeployLock | None:
    row = connection.execute(select(deploy_locks).where(deploy_locks.c.service == service)).first()
    return DeployLock(row.service, row.deployment, row.holder, datetime.fromisoformat(row.since)) if row else None


_TIMES: Sequence[str] = ("begun_at", "shifted_at", "promoted_at", "ended_at")


def _row(deployment: Deployment) -> dict[str, Any]:
    return {
        "service": deployment.service,
        "revision": deployment.revision,
        "intent": str(deployment.intent),
        "author": deployment.author,
        "by": deployment.by,
        "state": str(deployment.state),
        "plan": json.dumps(dict(deployment.plan)),
        "plan_hash": deployment.plan_hash,
        "reason": deployment.reason,
        "forced": deployment.forced,
        "approved_by": deployment.approved_by,
        "why": deployment.why,
        "asked_at": _instant(deployment.asked_at),
        **{name: _instant(at) if (at := getattr(deployment, name)) is not None else "" for name in _TIMES},
    }


def _deployment(row: Row[Any]) -> Deployment:
    return Deployment(
        id=row.id,
        service=row.service,
        revision=row.revision,
        intent=Intent(row.intent),
        author=row.author,
        by=row.by,
        state=State(row.state),
        asked_at=datetime.fromisoformat(row.asked_at),
        plan=json.loads(row.plan),
        plan_hash=row.plan_hash,
        reason=row.reason,
        forced=bool(row.forced),
        approved_by=row.approved_by,
        why=row.why,
        **{name: datetime.fromisoformat(at) if (at := getattr(row, name)) else None for name in _TIMES},
    )


def _event_row(deployment: str, event: Event, seq: int) -> dict[str, Any]:
    return {
        "deployment": deployment,
        "key": event.key,
        "seq": seq,
        "kind": str(event.kind),
        "at": _instant(event.at),
        "text": event.text,
        "detail": json.dumps(dict(event.detail)),
    }


def _event(row: Row[Any]) -> Event:
    return Event(row.key, EventKind(row.kind), datetime.fromisoformat(row.at), row.text, json.loads(row.detail))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
