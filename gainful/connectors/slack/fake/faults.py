"""What can be told to go wrong. Each stays so until it is told otherwise, or counts down where it is a number."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class Faults:
    """Switches, for tests and for the page.

    Args:
        duplicate: Every event comes twice, with the same id.
        late: Seconds by which events come late.
        shuffled: Of two events, the second comes first.
        half_frame: So many envelopes are cut off in their middle, and the connection with them.
        limited: So many changes from now on are answered with 429.
        retry_after: Seconds that such an answer asks to wait.
        drop_requests: So many changes are cut off before they take effect.
        lose_answers: So many changes take effect, and then the connection is cut before they are answered.
        failing: So many changes are answered with HTTP 500.
        revoked: No token is good.
        no_streaming: There is no chat.startStream.
        streams_end: Messages stop growing by themselves, as they do in Slack after some minutes.
        unreachable: Nothing listens to the app: no call, no socket.
    """

    duplicate: bool = False
    late: float = 0.0
    shuffled: bool = False
    half_frame: int = 0
    limited: int = 0
    retry_after: int = 1
    drop_requests: int = 0
    lose_answers: int = 0
    failing: int = 0
    revoked: bool = False
    no_streaming: bool = False
    streams_end: bool = False
    unreachable: bool = False
    missing_scopes: set[str] = field(default_factory=set)

    def uses(self, name: str) -> bool:
        """Whether it goes wrong this time; counts down."""
        left = int(getattr(self, name))
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        return True

    def as_json(self) -> dict[str, Any]:
        """The switches, for the page."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "missing_scopes"}

    def flip(self, name: str, value: Any) -> bool:
        """Set the switch with this name, if there is one and the value is of its kind."""
        known = self.as_json()
        if isinstance(known.get(name), float) and type(value) is int:
            value = float(value)
        if name not in known or type(value) is not type(known[name]):
            return False
        setattr(self, name, value)
        return True
