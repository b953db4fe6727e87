"""Approvals as somebody who asks over the web sees and answers them."""

from __future__ import annotations

from datetime import timedelta

from gainful.app import Gainful
from gainful.app.console import Role, SignedIn
from gainful.app.guarding.approvals import Approvals


def desk_of(app: Gainful, who: SignedIn, patience: timedelta = timedelta()) -> Approvals:
    """Their desk. The platform's owner sees all approvals; others see what they may answer, or have asked for.

    What is asked for may hold mails and messages of others, which are for nobody else.

    Args:
        patience: How long an answer waits for what becomes of the run.
    """
    owner = who.role is Role.OWNER
    return Approvals(app.book, app.runs, who.person, app.clock, app.jobs.engine, patience, of_others=owner)
