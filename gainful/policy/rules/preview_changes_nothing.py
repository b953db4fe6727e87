"""A preview changes nothing."""

from __future__ import annotations

from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "preview-changes-nothing"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Deny every change that nobody asked to have applied."""
    if facts.applied or request.is_plain_read:
        return None
    return Opinion(Verdict.DENY, ID, "This is a preview. Add --apply to act.")
