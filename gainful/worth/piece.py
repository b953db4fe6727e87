"""One item, as far as its worth needs it: what is kept of each of a million items while an assessment is made."""

from __future__ import annotations

from dataclasses import dataclass

from gainful.worth.settling import OPEN, Settled, State


@dataclass(frozen=True, slots=True)
class Piece:
    """One item.

    Args:
        part_of: The item that it was cut out of, as its report says; empty: it is whole.
        given: Minutes that people gave for it.
        cost: Inference, in billionths of a dollar.
        lost: What its reversals cost, the same.
        hand: Chance left it to be done by hand.
        month: In which it counts: `2026-11`.
    """

    id: str
    part_of: str
    work_class: str
    settled: Settled
    given: float
    cost: int
    unpriced: int
    lost: int
    hand: bool
    month: str = ""

    @property
    def claimed(self) -> bool:
        """Whether anybody ever claimed it."""
        return self.settled.state is not State.EXPECTED

    @property
    def counts(self) -> bool:
        """Whether it has worth, or still may have."""
        settled = self.settled
        if self.hand or settled.asked_by_itself or settled.unchanged or settled.documented:
            return False
        return settled.state in (*OPEN, State.VERIFIED)
