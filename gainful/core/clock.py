"""Where the time comes from. Handed in, so that tests and replays choose it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""A function that returns the present as an aware UTC instant."""


def system_clock() -> datetime:
    """The machine's present time, aware, in UTC."""
    return datetime.now(UTC)
