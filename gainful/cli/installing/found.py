"""What a check of `gainful doctor` answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Args:
        what: What was found, with the value.
        next_move: What to do; empty when all is well.
    """

    name: str
    state: State
    what: str
    next_move: str = ""
