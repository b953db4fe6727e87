"""Who looks at the books of worth."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gainful.core.errors import Refused


class NotYours(Refused):
    """Somebody asked for numbers that are not theirs to see."""

    code = "not-yours"


class Role(StrEnum):
    """What somebody may see."""

    EMPLOYEE = "employee"
    """Whole months as they were published, those who asked to stand on boards among them; and of their own, as it was
    told last: their row, their agents, and what was found about these."""
    OWNER = "owner"
    """Everything; what is about one person is written down for that person."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who looks.

    Args:
        person: An identity of theirs.
    """

    person: str
    role: Role
