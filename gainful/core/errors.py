"""The error tree. Four bases, by who must act next; each error names the next move.

    GainfulError
    ├── Invalid       the caller gave something that cannot be used
    ├── Refused       a policy or a person said no
    ├── Unavailable   the outside is not there now; try again
    └── Broken        we are at fault

Expected answers (a denied effect, a parked run, an undecided mail) are values, not exceptions.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from gainful.core.redaction import redact


class GainfulError(Exception):
    """An error a person can act on: a stable code, what happened, and the next move.

    Args:
        what: One sentence with the offending value in it; never a secret, and one that slips in is blotted out.
        next_move: One sentence telling the reader what to do.
        also: What else is wrong, each with its next move, where one mistake does not hide the others.
    """

    code: ClassVar[str] = "gainful"
    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, next_move: str = "", *, also: Sequence[str] = ()) -> None:
        self.what = redact(what)
        self.next_move = redact(next_move)
        self.also = tuple(redact(one) for one in also)
        super().__init__(self.what)

    def __str__(self) -> str:
        return f"{self.what} {self.next_move}".strip()

    def as_json(self) -> dict[str, Any]:
        """The error as the fields that the CLI and the API print; `also` only where there is something."""
        told = {"code": self.code, "what": self.what, "next_move": self.next_move}
        return {**told, "also": list(self.also)} if self.also else told


class Invalid(GainfulError):
    """The caller must change what they gave."""

    code = "invalid"
    exit_code = 2


class Refused(GainfulError):
    """A policy, a budget or a person said no."""

    code = "refused"
    exit_code = 3


class Unavailable(GainfulError):
    """Something outside is not there now; trying again may help.

    Args:
        retry_after: How long to wait before the next try, where known.
    """

    code = "unavailable"
    exit_code = 4

    def __init__(self, what: str, next_move: str = "", *, retry_after: timedelta | None = None) -> None:
        super().__init__(what, next_move)
        self.retry_after = retry_after


class Broken(GainfulError):
    """Our own fault: a state that should not exist."""

    code = "broken"
    exit_code = 5
