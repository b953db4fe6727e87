"""Words that the owner has let pass once and for all, from named sources to a target of their own choice."""

from __future__ import annotations

from gainful.core.label import Label
from gainful.core.tool import Act, Effect, Role
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "owner-lets-pass"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Allow sending to a target that no stranger chose what comes from the sources that the approved manifest names."""
    if any(value.whole.tainted for _, value in request.in_role(Role.TARGET, Role.AMOUNT)):
        return None
    words = [value.whole for _, value in request.in_role(Role.CONTENT, Role.OPTION)]
    if words and all(passes(request, facts, label) for label in words):
        return Opinion(Verdict.ALLOW, ID, "Its manifest lets words of these sources pass to this target.")
    return None


def passes(request: Request, facts: Facts, label: Label) -> bool:
    """Whether words with this label may go where the request takes them; only sending can be allowed like this."""
    if request.effect is not Effect.EGRESS or request.spec.act is not Act.SEND:
        return False
    grant = request.granted_by(facts.manifest)
    return grant is not None and bool(grant.words_from) and grant.lets_pass(label)
