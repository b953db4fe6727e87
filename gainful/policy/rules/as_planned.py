"""A run that has a plan does what the plan says, whatever it has read since."""

from __future__ import annotations

from gainful.policy.decision import Opinion, Verdict
from gainful.policy.plan import Delegated, Unclear, Unplanned
from gainful.policy.request import Facts, Request

ID = "as-planned"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Deny effects that the plan does not have; ask where it left the choice to what was read."""
    if request.is_plain_read:
        return None
    match facts.match:
        case Unplanned(reason):
            return Opinion(Verdict.DENY, ID, f"It is not in the run's plan: {reason}.")
        case Unclear(_, _, _, reason):
            return Opinion(Verdict.ASK, ID, f"The plan does not settle it: {reason}.")
        case Delegated(source):
            return Opinion(Verdict.ASK, ID, f"It follows what was read in step '{source}'.")
    return None
