"""Slack's limits, from the other side: how often a method may be called, and a channel be posted to."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping

A_MINUTE: Mapping[str, int] = {"1": 1, "2": 20, "3": 50, "4": 100}
"""Calls by tier."""
POSTS_AT_ONCE = 2
"""Slack speaks of one a second, and of short bursts."""


class Limits:
    """Counts calls.

    Args:
        ticks: Monotonic seconds.
    """

    def __init__(self, ticks: Callable[[], float]) -> None:
        self._ticks = ticks
        self._seen: dict[tuple[str, ...], deque[float]] = {}

    def wait(self, method: str, tier: str, channel: str) -> int:
        """Seconds that the caller has to wait; 0 when the call may be made, which is then counted."""
        now = self._ticks()
        rules: list[tuple[tuple[str, ...], int, float]] = []
        if tier in A_MINUTE:
            rules.append(((method,), A_MINUTE[tier], 60.0))
        if tier == "post" and channel:
            rules.append(((method, channel), POSTS_AT_ONCE, float(POSTS_AT_ONCE)))
        for key, calls, seconds in rules:
            seen = self._seen.setdefault(key, deque())
            while seen and seen[0] <= now - seconds:
                seen.popleft()
            if len(seen) >= calls:
                return max(1, math.ceil(seen[0] + seconds - now))
        for key, _, _ in rules:
            self._seen[key].append(now)
        return 0
