"""Mail that matters to the person stays where they look."""

from __future__ import annotations

from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "keep-in-sight"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Deny putting away mail that asks for something, comes from somebody known, or could not be read."""
    if not request.takes_away:
        return None
    reasons = (
        (facts.mail.action_label, "It asks you for something."),
        (facts.mail.vip, "Its sender is one of your VIPs."),
        (facts.mail.written_to, "You have written to its sender."),
        (facts.mail.unreadable, "It could not be read in full."),
        (facts.mail.put_back, "You moved mail of this sender back once."),
    )
    for holds, reason in reasons:
        if holds:
            return Opinion(Verdict.DENY, ID, reason)
    return None
