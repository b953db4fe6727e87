"""What a stranger may have written goes to nobody else, and into nothing of the person's, before they have seen it."""

from __future__ import annotations

from gainful.core.tool import Effect, Role
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request
from gainful.policy.rules import owner_lets_pass

ID = "strangers-words-stay"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Ask before tainted text leaves, is made final or changes what the person has; before a tainted object leaves.

    Something new that only the owner sees, such as a draft or a note, may hold it: it keeps its label. So may what is
    sent where the approved manifest names the sources whose words may be carried there.
    """
    if not request.consequential and request.effect is not Effect.REVERSIBLE:
        return None
    for name, value in request.in_role(Role.CONTENT, Role.OPTION):
        if value.whole.tainted and not owner_lets_pass.passes(request, facts, value.whole):
            return Opinion(Verdict.ASK, ID, f"'{name}' holds what a stranger may have written.")
    for name, label in facts.exposed.items():
        if label.tainted and request.effect is Effect.EGRESS:
            return Opinion(Verdict.ASK, ID, f"{name} holds what a stranger may have written.")
    return None
