"""How far a run of an agent may go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a run may go before it is ended.

    Args:
        turns: Answers of the model.
        output_tokens: Of one answer, reasoning included.
        context_octets: Of the conversation; beyond it, the oldest answers of tools are left out.
        answer_characters: Of one tool's answer as the model is shown it.
    """

    turns: int = 24
    output_tokens: int = 1200
    context_octets: int = 120_000
    answer_characters: int = 12_000


USUAL = Bounds()
"""For a run of which its file says nothing."""
