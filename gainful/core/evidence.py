"""What a person did with a mail: the evidence by which a decision is accepted or rejected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """How the person let it be known."""

    CORRECTED = "corrected"
    MOVED_BACK = "moved back"
    REPLIED = "replied"
    STARRED = "starred"
    DELETED = "deleted"
    DRAFT_SENT = "draft sent"
    DRAFT_EDITED = "draft edited"


class Standing(StrEnum):
    """What the act says about the decision."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Truth:
    """One act of the person about one mail.

    Args:
        key: The same for the same act, so that seeing it twice counts once.
        label: The label that the mail ought to have; empty when the act does not tell.
        detail: A sentence for the person.
        seq: Order of recording; 0 before it is recorded.
    """

    key: str
    mail_id: str
    standing: Standing
    source: Source
    at: datetime
    label: str = ""
    run_id: str = ""
    detail: str = ""
    seq: int = 0
