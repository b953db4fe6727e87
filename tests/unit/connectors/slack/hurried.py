"""A clock for which waiting costs no time."""

from __future__ import annotations


class HurriedClock:
    """Monotonic seconds that go by while somebody sleeps, and do not otherwise.

    Attributes:
        slept: How long each sleep was.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Be there at once."""
        self.slept.append(seconds)
        self.now += seconds
