"""Runs that wait for a person: they hold no thread and no process, for days, and go on where they stopped.

A step that needs an answer raises `Parked`. The engine notes the run as waiting and lets go of it. Once the approval is
answered, or nobody did in time, the step is run again, and finds the answer where it found the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Parked(BaseException):
    """Raised by a step to let its run wait for the answer to an approval.

    Not an `Exception`: nothing between the step and the engine may take it for a failure of the step and go on.
    """

    def __init__(self, approval_id: str) -> None:
        super().__init__(approval_id)
        self.approval_id = approval_id


@dataclass(frozen=True, slots=True)
class ParkedRun:
    """What a run gives in place of a result while it waits for a person."""

    run_id: str
    approval_id: str


class ParkingLot(Protocol):
    """Where runs that wait are noted. Each method is one durable transaction."""

    def park(self, run_id: str, approval_id: str, at: datetime) -> None:
        """Note that the run waits for this approval."""

    def parked(self, run_id: str) -> str:
        """Id of the approval for which the run waits; empty when it does not."""

    def leave(self, run_id: str) -> None:
        """Forget that the run waits."""
