"""What went over the wire, for tests to ask and for the page to show."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

KEPT = 20_000


@dataclass
class Called:
    """A call of the Web API.

    Args:
        error: Slack's code; empty when it was done.
        answered: Whether the caller learned of it.
        at: Monotonic seconds.
    """

    method: str
    arguments: dict[str, Any]
    as_whom: str
    error: str = ""
    status: int = 200
    answered: bool = True
    at: float = field(default_factory=time.monotonic)


@dataclass
class Sent:
    """An envelope, or a request of the Events API, with every try to deliver it.

    Args:
        id: The envelope's.
        event: The event's id, where it has one.
        tries: When each was sent, in monotonic seconds.
        acknowledged: When the app said that it has it.
        at: When it happened, in monotonic seconds.
    """

    id: str
    kind: str
    event: str
    payload: dict[str, Any]
    tries: list[float] = field(default_factory=list)
    acknowledged: float | None = None
    given_up: bool = False
    at: float = field(default_factory=time.monotonic)

    @property
    def ack_seconds(self) -> float | None:
        """From the first try to the acknowledgement."""
        return self.acknowledged - self.tries[0] if self.acknowledged is not None and self.tries else None


class Records:
    """The newest of everything."""

    def __init__(self) -> None:
        self.calls: deque[Called] = deque(maxlen=KEPT)
        self.sent: deque[Sent] = deque(maxlen=KEPT)
