"""Deployments as the four keys see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gainful.core.deploy_event import State
from gainful.core.deployment import Intent, Kind
from gainful.worth.delivery import Delivery

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(weeks=4)


def delivery(release: str, hours: float, **more: Any) -> Delivery:
    """A real change that went live so many hours after the beginning, a minute after it had traffic."""
    ended = START + timedelta(hours=hours)
    given: dict[str, Any] = {
        "id": f"{release}-{hours}",
        "service": "shop",
        "release": release,
        "intent": Intent.CHANGE,
        "kind": Kind.REAL,
        "state": State.PROMOTED,
        "asked_at": ended - timedelta(minutes=5),
        "ended_at": ended,
        "shifted_at": ended - timedelta(minutes=1),
        "oldest": ended - timedelta(hours=3),
        **more,
    }
    return Delivery(**given)


def rollback(release: str, hours: float, **more: Any) -> Delivery:
    """A rollback to this release."""
    return delivery(release, hours, intent=Intent.ROLLBACK, oldest=None, **more)
