"""Whoever was stopped does nothing more."""

from __future__ import annotations

from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "stopped"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Deny every call of an agent that a person has stopped, reading included: it can cost money and tell things."""
    if facts.stopped:
        return Opinion(Verdict.DENY, ID, facts.stopped)
    return None
