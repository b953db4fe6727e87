"""What a deployment was asked to be: the arguments of its run as they are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from gainful.core.deployment import Intent

HAND = "hand"
"""Started by a person in a terminal: that is their word."""

HOOK = "hook"
"""Started by a webhook."""


@dataclass(frozen=True, slots=True)
class Order:
    """One wish to deploy.

    Args:
        revision: A commit, branch or tag; of a rollback, the id of a release, or empty for the one before.
        person: On whose behalf.
        by: `hand`, `hook`, or `agent:NAME`.
        plan: Hash of the plan that the person was shown; empty: whatever the plan is.
        confirmed: The person has read why the plan is flagged, and wants it all the same.
        force: Against the plan's verdict and freezes; needs a reason.
        steal: Takes the lock from whoever holds it.
    """

    service: str
    revision: str
    person: str
    by: str
    asked_at: datetime
    intent: Intent = Intent.CHANGE
    reason: str = ""
    plan: str = ""
    confirmed: bool = False
    force: bool = False
    steal: bool = False

    def as_json(self) -> dict[str, Any]:
        """The fields as JSON."""
        return {**asdict(self), "intent": str(self.intent), "asked_at": self.asked_at.isoformat()}


def order_from(stored: Mapping[str, Any]) -> Order:
    """The order that `Order.as_json` wrote."""
    intent, asked_at = Intent(stored["intent"]), datetime.fromisoformat(stored["asked_at"])
    return Order(**{**stored, "intent": intent, "asked_at": asked_at})
