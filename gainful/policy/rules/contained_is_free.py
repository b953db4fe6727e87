"""What only its owner can see, and what can be undone, needs no approval."""

from __future__ import annotations

from gainful.core.tool import Act, Effect
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "contained-is-free"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Allow reading, and effects that stay with the owner and can be taken back."""
    if request.spec.act is Act.FETCH:
        return None
    if request.effect in (Effect.READ, Effect.CONTAINED, Effect.REVERSIBLE):
        return Opinion(Verdict.ALLOW, ID, "Only its owner sees this, and it can be undone.")
    return None
