"""What a deployment is and what happens in it, as it is kept and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from gainful.core.deployment import Intent


class State(StrEnum):
    """How far a deployment has come."""

    PLANNED = "planned"
    WAITING = "waiting"
    """For a person's word, before anything is done."""
    STAGING = "staging"
    """Its release is being laid beside the live one, and looked at; it has no traffic."""
    WATCHING = "watching"
    """It has traffic."""
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled-back"
    REFUSED = "refused"
    """By its plan, a freeze, a lock, or because something else was live; nothing was done."""
    DECLINED = "declined"
    """By the person who was asked, or nobody answered; nothing was done."""
    FAILED = "failed"
    """It could not be carried out; what was live before is live, unless its last event says otherwise."""


ENDED = frozenset({State.PROMOTED, State.ROLLED_BACK, State.REFUSED, State.DECLINED, State.FAILED})
"""States in which nothing more happens."""


class EventKind(StrEnum):
    """What can happen."""

    PLANNED = "planned"
    REFUSED = "refused"
    FORCED = "forced"
    """A plan that would be refused goes on because somebody said so, with a reason."""
    ASKED = "asked"
    """A person is asked, and nothing is done meanwhile."""
    DECLINED = "declined"
    STOLEN = "stolen"
    """The lock was taken from another deployment, which goes no further."""
    BEGUN = "begun"
    """Approved or started by hand; the lock is held from here on."""
    STAGED = "staged"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    BASELINE = "baseline"
    SHIFTED = "shifted"
    LOOKED = "looked"
    """Numbers of the watch; a few of all the looks."""
    HELD = "held"
    """The watch cannot tell: its source does not answer, or everything is worse, also what was live."""
    CONFIRM = "confirm"
    """The watch is content, and a person is asked before the last step, which cannot be undone at once."""
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled-back"
    EXPLAINED = "explained"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment, as it stands.

    Args:
        id: Also that of its run.
        revision: As it was asked for, such as `main`.
        plan: As planning wrote it, in JSON; empty until it has planned.
        plan_hash: What an approval is bound to.
        author: The person on whose behalf it goes.
        by: What started it: `hand`, `agent:NAME` or `hook`.
        forced: It goes against its plan's verdict, a freeze, or both.
        approved_by: Who said yes; the author where starting it was their word.
        why: How it ended, in a sentence.
    """

    id: str
    service: str
    revision: str
    intent: Intent
    author: str
    by: str
    state: State
    asked_at: datetime
    plan: Mapping[str, Any] = field(default_factory=dict)
    plan_hash: str = ""
    reason: str = ""
    forced: bool = False
    approved_by: str = ""
    why: str = ""
    begun_at: datetime | None = None
    shifted_at: datetime | None = None
    promoted_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen in it."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a deployment.

    Args:
        key: Its name within the deployment: the same event has the same, however often it is told.
        text: A sentence for people. What strangers wrote in it has been made visible, not harmless: escape it.
        detail: Numbers and names behind the sentence, in JSON.
    """

    key: str
    kind: EventKind
    at: datetime
    text: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person asks of a deployment that is under way.

    Args:
        what: `promote` or `rollback`.
    """

    what: str
    by: str


@dataclass(frozen=True, slots=True)
class DeployLock:
    """The right to touch a service's target.

    Args:
        deployment: Its id.
        holder: On whose behalf.
    """

    service: str
    deployment: str
    holder: str
    since: datetime
