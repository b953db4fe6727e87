"""Whom and what an effect concerns is chosen by the person, not by what a stranger wrote."""

from __future__ import annotations

from gainful.core.tool import Act, Effect, Role
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "targets-are-yours"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Ask when a target or an amount may come from a stranger. An address to fetch from is a target too."""
    if request.effect is Effect.READ and request.spec.act is not Act.FETCH:
        return None
    for name, value in request.in_role(Role.TARGET, Role.AMOUNT):
        if value.whole.tainted:
            return Opinion(Verdict.ASK, ID, f"'{name}' may have been chosen by a stranger.")
    return None
