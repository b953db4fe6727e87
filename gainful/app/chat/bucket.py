"""How fast may be posted in one room: a few at once, then one each second, as people can read and servers allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

AT_ONCE = 4
EVERY = timedelta(seconds=1)


@dataclass
class Buckets:
    """A bucket for each room: holds `at_once` drops, and gets one back in each `every`."""

    at_once: int = AT_ONCE
    every: timedelta = EVERY
    _full_at: dict[str, datetime] = field(default_factory=dict)
    """When each bucket will be full again; one that is not here is full."""

    def wait(self, room: str, now: datetime) -> timedelta:
        """How long until one more may be posted there."""
        missing = self._full_at.get(room, now) - now
        return max(timedelta(0), missing - (self.at_once - 1) * self.every)

    def take(self, room: str, now: datetime) -> None:
        """One was posted there."""
        self._full_at[room] = max(self._full_at.get(room, now), now) + self.every
        if len(self._full_at) > 1000:
            self._full_at = {name: full for name, full in self._full_at.items() if full > now}
