"""What a stranger may have written goes to nobody else before the person has seen it."""

from __future__ import annotations

from gainful.core.tool import Effect, Role
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "strangers-words-stay"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Ask before tainted text, or an object that tainted text was written on, leaves or is made final."""
    if not request.consequential:
        return None
    for name, value in request.in_role(Role.CONTENT, Role.OPTION):
        if value.whole.tainted:
            return Opinion(Verdict.ASK, ID, f"'{name}' holds what a stranger may have written.")
    for name, label in facts.exposed.items():
        if label.tainted and request.effect is Effect.EGRESS:
            return Opinion(Verdict.ASK, ID, f"{name} holds what a stranger may have written.")
    return None
