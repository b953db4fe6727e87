"""What the person fixed themselves needs no second word."""

from __future__ import annotations

from gainful.core.tool import Act
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "you-said-so"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Allow an effect of which no target, amount or word may come from a stranger; the other rules see to the rest."""
    if not request.consequential and request.spec.act is not Act.FETCH:
        return None
    if any(value.whole.tainted for value in request.arguments.values()):
        return None
    return Opinion(Verdict.ALLOW, ID, "You fixed what it does and whom it concerns.")
