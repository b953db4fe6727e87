"""What the application answers: values, for the command line and the console to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gainful.core.mail import Decision, MailRecord
from gainful.core.money import Money, Tokens


@dataclass(frozen=True, slots=True)
class TriageRow:
    """One mail in a report. `outcome`: what happened to it, for people."""

    record: MailRecord
    decision: Decision
    outcome: str


@dataclass(frozen=True, slots=True)
class TriageReport:
    """What one triage run decided and did.

    Args:
        seconds: Wall time, to the millisecond.
        notes: Sentences about what went otherwise than usual.
        finished: Ids of runs that had been interrupted and were finished first.
        stopped: Who stopped it before its end, when and why; empty when nobody did.
    """

    run_id: str
    account: str
    applied: bool
    rows: tuple[TriageRow, ...]
    by_means: Mapping[str, int]
    by_label: Mapping[str, int]
    by_action: Mapping[str, int]
    tokens: Tokens
    cost: Money
    seconds: float
    notes: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionReport:
    """What a correction taught."""

    record: MailRecord
    before: str
    label: str
    """The label's name, as people see it."""
    mended: bool = False
    """The mail was put right in the mailbox."""
    problem: str = ""
    """Why it could not be put right there now; empty when it was, or when no run had touched it."""


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What an undo restored, and what it left alone: (mail id, subject, reason)."""

    run_id: str
    restored: tuple[str, ...]
    left: tuple[tuple[str, str, str], ...]
