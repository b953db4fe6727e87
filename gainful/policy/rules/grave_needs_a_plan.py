"""Paying, deleting, deploying and administering after reading strangers needs a plan or a person."""

from __future__ import annotations

from gainful.core.tool import Act
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "grave-needs-a-plan"

GRAVE = frozenset({Act.PAY, Act.DELETE, Act.DEPLOY, Act.ADMINISTER})


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Ask before a grave act in a tainted run without a plan: there, one typed number can be taken for another."""
    if facts.tainted and facts.match is None and request.spec.act in GRAVE and not request.is_plain_read:
        return Opinion(Verdict.ASK, ID, "It is grave, and the run has read what a stranger may have written.")
    return None
