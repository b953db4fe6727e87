"""What a check found wrong in the books: a value, not an exception."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken invariant.

    Args:
        check: Which invariant, such as `chain` or `balanced`.
        message: What is wrong, in one sentence.
        seq: Number of the entry it concerns; None when it is not about one entry.
    """

    check: str
    message: str
    seq: int | None = None
