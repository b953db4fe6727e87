"""Secrets leave only with the person’s word."""

from __future__ import annotations

from gainful.core.label import Confidentiality
from gainful.core.tool import Effect
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "secrets-stay"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Ask before anything that is labelled secret leaves, whoever wrote it."""
    if request.effect is not Effect.EGRESS:
        return None
    labels = [value.whole for value in request.arguments.values()] + list(facts.exposed.values())
    if any(label.confidentiality is Confidentiality.SECRET for label in labels):
        return Opinion(Verdict.ASK, ID, "It holds something that is labelled secret.")
    return None
