"""Outcomes: what came of a work item, booked as transfers between accounts.

    outcome:expected → outcome:claimed → outcome:accepted → outcome:verified
                               ↓                 ↓                 ↓
                        outcome:rejected   outcome:reversed  outcome:reversed

A claim is the agent's own word. Acceptance takes somebody else's, and moves the claim instead of adding to it: so
"accepted ≤ claimed" is a balance that can be checked, and one work item counts at most once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gainful.core.errors import Broken
from gainful.ledger.entry import OUTCOME, Entry, Posting


class Outcome(StrEnum):
    """How far a work item's result has come."""

    EXPECTED = "expected"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    VERIFIED = "verified"
    REVERSED = "reversed"


_NEXT = {
    Outcome.EXPECTED: {Outcome.CLAIMED},
    Outcome.CLAIMED: {Outcome.ACCEPTED, Outcome.REJECTED},
    Outcome.ACCEPTED: {Outcome.VERIFIED, Outcome.REVERSED},
    Outcome.VERIFIED: {Outcome.REVERSED},
    # Work that was refused may be done again, and is then claimed again: the same item, still counted once.
    Outcome.REJECTED: {Outcome.CLAIMED},
    Outcome.REVERSED: {Outcome.CLAIMED},
}


class OutcomeOutOfOrder(Broken):
    """An outcome was to take a step that does not exist, such as accepted before it was claimed."""

    code = "outcome-out-of-order"


@dataclass(frozen=True, slots=True)
class WorkItem:
    """Something to be done that came from another person or system: a mail, a thread, a deployment.

    Args:
        kind: One word, such as `mail`.
        source: Who or what it came from; never the agent or its owner.
    """

    id: str
    kind: str
    source: str
    opened_at: datetime


def may_follow(before: Outcome, after: Outcome) -> bool:
    """Whether an outcome may go from one state to the other in one step."""
    return after in _NEXT[before]


def advance(
    work_item: str, before: Outcome, after: Outcome, evidence: str, at: datetime, run_id: str = "", memo: str = ""
) -> Entry:
    """The entry that moves one work item's outcome a step on.

    Args:
        evidence: Key of what shows it (a run for a claim, a person's act for the rest); seen twice, booked once.

    Raises:
        OutcomeOutOfOrder: There is no such step.
    """
    if not may_follow(before, after):
        raise OutcomeOutOfOrder(
            f"The outcome of '{work_item}' cannot go from {before} to {after}.", "Claim it before it is judged."
        )
    postings = (
        Posting(f"outcome:{before}", Decimal(-1), OUTCOME, work_item),
        Posting(f"outcome:{after}", Decimal(1), OUTCOME, work_item),
    )
    return Entry(f"outcome:{work_item}:{after}:{evidence}", "outcome", at, postings, run_id, work_item, memo)
