"""What only its owner can see, and what can be undone, needs no approval."""

from __future__ import annotations

from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Effect, Facts, Request

ID = "contained-is-free"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Allow reading, and effects that stay in the owner's own mailbox and can be taken back."""
    if request.effect in (Effect.READ, Effect.CONTAINED, Effect.REVERSIBLE):
        return Opinion(Verdict.ALLOW, ID, "Only its owner sees this, and it can be undone.")
    return None
