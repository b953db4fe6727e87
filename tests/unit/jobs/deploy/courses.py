"""Deployments as their record has them, for tests of what is told of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gainful.core.deploy_event import Deployment, Event, EventKind, State
from gainful.core.deployment import Intent, Release

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
K = EventKind

PLAN = {
    "verdict": {"kind": "real", "action": "proceed", "proof": ["app/basket.py differs."]},
    "candidate": {"commit": "a1b2c3d4e5f6", "digest": "sha256:1", "config": "", "tree": ""},
    "commits": [
        {"id": "a1b2c3d4e5f6", "author": "Ada <ada@x.org>", "subject": "Round once", "at": "2026-11-24T08:00:00+00:00"},
        {"id": "b2c3d4e5f6a1", "author": "Bo <bo@x.org>", "subject": "Test it", "at": "2026-11-24T07:00:00+00:00"},
    ],
    "commit_count": 2,
    "authors": ["Ada <ada@x.org>", "Bo <bo@x.org>"],
}

_STATES = {
    K.PLANNED: State.PLANNED,
    K.ASKED: State.WAITING,
    K.BEGUN: State.STAGING,
    K.SHIFTED: State.WATCHING,
    K.PROMOTED: State.PROMOTED,
    K.ROLLED_BACK: State.ROLLED_BACK,
    K.REFUSED: State.REFUSED,
    K.DECLINED: State.DECLINED,
    K.FAILED: State.FAILED,
}
_ENDS = {K.PROMOTED, K.ROLLED_BACK, K.REFUSED, K.DECLINED, K.FAILED}


def course(
    *kinds: EventKind | tuple[EventKind, dict[str, Any]], at: datetime = NOW, apart: float = 10, **more: Any
) -> tuple[Deployment, list[Event]]:
    """A deployment in which these things happened, ten seconds apart, and how it stands then."""
    given = {"id": "dep1", "service": "shop", "revision": "main", "author": "ada", "by": "hand", "plan": PLAN, **more}
    found = Deployment(intent=given.pop("intent", Intent.CHANGE), state=State.PLANNED, asked_at=at, **given)
    events = []
    for number, one in enumerate(kinds):
        kind, detail = one if isinstance(one, tuple) else (one, {})
        event = Event(f"{kind} {number}", kind, at + timedelta(seconds=apart * number), f"It is {kind}.", detail)
        events.append(event)
        found = after(found, event)
    return found, events


def after(deployment: Deployment, event: Event) -> Deployment:
    """How the deployment stands after this event."""
    changes: dict[str, Any] = {"state": _STATES.get(event.kind, deployment.state)}
    if event.kind in _ENDS:
        changes |= {"ended_at": event.at, "why": event.text}
    names = {K.BEGUN: "begun_at", K.SHIFTED: "shifted_at", K.PROMOTED: "promoted_at"}
    if event.kind in names:
        changes[names[event.kind]] = event.at
    return replace(deployment, **changes)


def plan_of(digest: str, kind: str = "real", action: str = "proceed") -> dict[str, Any]:
    """The plan of a release with this content."""
    return {
        **PLAN,
        "verdict": {"kind": kind, "action": action, "proof": [f"It is {kind}."]},
        "candidate": {"commit": digest * 10, "digest": f"sha256:{digest}", "config": "", "tree": ""},
    }


def release_of(digest: str) -> str:
    """Id of the release with this content."""
    return Release("", f"sha256:{digest}").id
