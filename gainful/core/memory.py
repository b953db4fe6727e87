"""What an agent was told to remember: a text, where it came from, and its label."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gainful.core.label import Label


@dataclass(frozen=True, slots=True)
class Memory:
    """One record.

    Args:
        source: Where it came from, in words for people: who said it, or what was read.
        label: Of the text, as it was when it was written down.
        run_id: The run that wrote it; empty where a person did.
        at: When; an aware UTC instant.
    """

    id: str
    agent: str
    text: str
    source: str
    label: Label
    run_id: str
    at: datetime
