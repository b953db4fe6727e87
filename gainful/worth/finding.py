"""A finding: a piece of waste, or of worth that is none, with its proof, its money and what mends it.

A finding describes work. It names agents, runs, items and entries, and never says what somebody meant by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gainful.core.ids import stable_id
from gainful.core.money import Money


class Remedy(StrEnum):
    """What can be done about it at once."""

    PAUSE = "pause"
    """Pause the agent or its schedule."""
    ON_CHANGE = "on-change"
    """Run it when something changes, and not by the clock."""
    BUDGET = "budget"
    """Set a budget."""
    MERGE = "merge"
    """Count the items as the one that they are."""
    ASK_ANOTHER = "ask-another"
    """Let somebody else verify."""
    DECLARE = "declare"
    """Say what it is for, or declare an exploration."""
    DOCUMENT = "document"
    """Point to the document."""
    SHORTEN = "shorten"
    """Give it less context."""
    LOOK = "look"
    """A person must look; nothing is safe to do by itself."""


KINDS = {
    "no-effect": "Nothing changed",
    "agents-talking": "Agents talking to agents",
    "idle-schedule": "A schedule nobody reads",
    "repeated-work": "The same asked again",
    "duplicated-work": "The same done by several",
    "one-question-many-prompts": "Many tries at one question",
    "failing-retries": "Failing again and again",
    "document-answers": "A document says it",
    "weekly-ping": "Once a week, for nothing",
    "unread-output": "Results nobody opened",
    "undone-work": "Undone afterwards",
    "failing-agent": "Refused results",
    "end-of-period": "Spent at the month's end",
    "orphan-runs": "Runs for no known work",
    "padded-context": "Too much context",
    "own-approval": "Accepted by its own side",
    "split-outcome": "One item claimed in parts",
    "unborne-claims": "Claims that did not hold",
    "closed-circle": "A circle that accepts itself",
    "trivial-outcomes": "Small items claimed as large",
    "inflated-baseline": "Times by hand far above others'",
}
"""What each kind is called where people read; `docs/explanation/waste.md` says what each one sees."""

SCHEDULE = "schedule"
"""The detail of a fix that is about an agent's clocks, and not about what else wakes it."""


@dataclass(frozen=True, slots=True)
class Fix:
    """One remedy and what it applies to.

    Args:
        target: An agent, a team or a work item.
        detail: What else it needs: of a budget, USD a month; of a change condition, `SCHEDULE` or nothing.
    """

    remedy: Remedy
    target: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WasteFinding:
    """One finding.

    Args:
        kind: Of the detector, such as `repeated-work`.
        agent: Whose work it is, where it is one agent's.
        team: Whose work it is.
        cost: What was spent for nothing, or what was wrongly counted as worth.
        seconds: Of people's time that went with it.
        confidence: Chance that it is what it says, 0 to 1, as measured on simulated organisations.
        proof: Sentences with figures, without any person's name.
        runs: The runs it is about; the first hundred.
        items: The work items it is about; the first hundred.
    """

    kind: str
    agent: str
    team: str
    cost: Money
    confidence: float
    proof: str
    fix: Fix
    since: datetime
    until: datetime
    seconds: Decimal = Decimal(0)
    runs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The same for the same piece of waste, found again."""
        return stable_id(self.kind, self.agent, self.team, *self.runs[:1], *self.items[:1])
