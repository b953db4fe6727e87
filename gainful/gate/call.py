"""The journal of tool calls: what was meant to happen, written down before it is tried, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gainful.core.label import CONSTANT, Label
from gainful.core.money import Money
from gainful.core.value import Json, Value, leaf
from gainful.gate.audit import AuditEvent
from gainful.ledger.budget import Budget
from gainful.ledger.entry import Entry
from gainful.ledger.reservation import Reservation


class State(StrEnum):
    """How far a call has come."""

    INTENDED = "intended"
    DONE = "done"
    DENIED = "denied"
    """By policy, a stop, or a budget."""
    DECLINED = "declined"
    """By the person who was asked."""
    FAILED = "failed"
    """Known not to have happened."""
    HELD_BACK = "held back"
    """Decided in a rehearsal, and not done. Its note begins with the verdict."""
    UNCERTAIN = "uncertain"
    """May or may not have happened; shown to a person, never repeated by itself."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One call of one run.

    Args:
        key: Idempotency key: the same run, step, tool and arguments are the same call.
        step: Of the run, as whoever calls names it.
        arguments: With the labels that they had when it was decided.
        digest: SHA-256 (hex) of tool and arguments: the same call in another step has the same.
        approval: Under which it happens; empty when nobody had to be asked.
        result: The answer with its labels; null until it is there.
        note: A sentence for the person when it did not simply happen.
    """

    key: str
    run_id: str
    step: str
    agent: str
    tool: str
    arguments: Mapping[str, Value]
    digest: str
    intended_at: datetime
    state: State = State.INTENDED
    approval: str = ""
    result: Value = field(default_factory=lambda: leaf(None, CONSTANT))
    note: str = ""

    @property
    def plain(self) -> dict[str, Json]:
        """The arguments without labels."""
        return {name: value.plain for name, value in self.arguments.items()}


@dataclass(frozen=True, slots=True)
class Hold:
    """What one call needs to be held: this amount, and one call, in each of these budgets."""

    budgets: Sequence[Budget]
    amount: Money


class CallJournal(Protocol):
    """Where calls are recorded. Each method is one durable transaction, the audit entries with it or nothing."""

    def of_run(self, run_id: str) -> list[Recorded]:
        """The calls of this run, in the order in which they were intended."""

    def calls_since(self, agent: str, tool: str, since: datetime) -> int:
        """How many calls of this tool the agent has intended since then, denied ones left out."""

    def write(self, call: Recorded, events: Sequence[AuditEvent], hold: Hold | None = None) -> Reservation | None:
        """Record a call with its state, and hold what it needs; a known key stays as it is.

        Raises:
            BudgetExceeded: One of the budgets has no room; nothing was recorded.
        """

    def held(self, call: Recorded) -> Reservation | None:
        """What is held for a call whose end nobody saw; None when nothing is."""

    def settle(
        self,
        call: Recorded,
        at: datetime,
        events: Sequence[AuditEvent],
        objects: Mapping[str, Label],
        entry: Entry | None,
    ) -> None:
        """Record how a call ended, what was written on which objects, and what it cost.

        Args:
            objects: Labels that join those the objects have.
        """

    def object_labels(self, names: Sequence[str]) -> dict[str, Label]:
        """The stored labels of those of these objects that have one."""
