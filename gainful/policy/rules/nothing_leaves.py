"""Nothing is sent and nothing is destroyed without a person's word."""

from __future__ import annotations

from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Effect, Facts, Request

ID = "nothing-leaves"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Ask before any effect that others see or that cannot be undone."""
    if request.effect in (Effect.IRREVERSIBLE, Effect.EGRESS):
        return Opinion(Verdict.ASK, ID, "Others would see this, or it could not be undone.")
    return None
