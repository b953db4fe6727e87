"""How often Slack lets a method be called, and a channel be posted to, kept on our side so that nothing is refused.

    pace = Pace(clock=time.monotonic)
    wait = pace.wait("chat.postMessage", "C1")          # seconds until its turn, which is now taken
    pace.hold("chat.postMessage", 3.0)                  # Slack said Retry-After: 3

Source: https://docs.slack.dev/apis/web-api/rate-limits and the tier on each method's page.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

TIERS: Mapping[int, tuple[int, float]] = {1: (1, 60.0), 2: (5, 15.0), 3: (12, 15.0), 4: (25, 15.0)}
"""Calls of one method, and within how many seconds. Slack counts by the minute: 1, 20, 50, 100. By the quarter of one,
as much is had in a minute, and nobody waits longer than that quarter.
"""
METHODS: Mapping[str, int] = {
    "apps.connections.open": 3,
    "chat.appendStream": 4,
    "chat.delete": 3,
    "chat.postEphemeral": 4,
    "chat.startStream": 2,
    "chat.stopStream": 2,
    "chat.update": 3,
    "conversations.history": 3,
    "conversations.info": 3,
    "conversations.list": 2,
    "conversations.members": 4,
    "conversations.open": 3,
    "conversations.replies": 3,
    "reactions.add": 3,
    "reactions.get": 3,
    "users.conversations": 3,
    "users.info": 4,
    "users.list": 2,
    "users.lookupByEmail": 3,
}
"""The tier of each method; auth.test, chat.getPermalink and chat.postMessage have rules of their own."""
POSTING = frozenset({"chat.postMessage", "chat.startStream"})
"""Methods of which each channel takes one a second."""
_MARGIN = 1.05
"""What leaves here at even steps arrives at uneven ones."""


class Allowance:
    """So many calls within so many seconds, whichever seconds are looked at: there is no edge between them."""

    def __init__(self, calls: int, seconds: float) -> None:
        self._calls = calls
        self._seconds = seconds
        self._taken: deque[float] = deque(maxlen=calls)
        self._held = 0.0

    def next(self, now: float) -> float:
        """When the next call may be made."""
        free = self._taken[0] + self._seconds if len(self._taken) == self._calls else now
        return max(now, free, self._held)

    def take(self, at: float) -> None:
        """Note a call that is made then."""
        self._taken.append(at)

    def hold(self, until: float) -> None:
        """Let nothing through before then."""
        self._held = max(self._held, until)

    def idle(self, now: float) -> bool:
        """Whether forgetting it would change nothing."""
        return self._held <= now and (not self._taken or self._taken[-1] + self._seconds <= now)


class Pace:
    """The allowances of one token. One thread uses it.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float], margin: float = _MARGIN) -> None:
        self._clock = clock
        self._margin = margin
        self._allowances: dict[str, Allowance] = {}

    def wait(self, method: str, channel: str = "", longest: float = float("inf")) -> float:
        """Seconds until the call's turn, which is taken unless it is further away than the longest."""
        wait = self.ahead(method, channel)
        if wait <= longest:
            for one in self._of(method, channel):
                one.take(self._clock() + wait)
        return wait

    def ahead(self, method: str, channel: str = "") -> float:
        """Seconds until the call's turn, which is not taken."""
        now = self._clock()
        return max((one.next(now) for one in self._of(method, channel)), default=now) - now

    def due(self, method: str, channel: str = "") -> float:
        """Seconds until a call would have its turn. None is taken."""
        now = self._clock()
        return max((one.next(now) for one in self._of(method, channel)), default=now) - now

    def hold(self, method: str, seconds: float) -> None:
        """Let no call of the method through for so long."""
        self._method(method).hold(self._clock() + seconds)

    def _of(self, method: str, channel: str) -> list[Allowance]:
        # A method without a tier is counted only once Slack has complained of it.
        found = [self._method(method)] if method in METHODS or method in self._allowances else []
        return [*found, self._channel(channel)] if channel and method in POSTING else found

    def _method(self, method: str) -> Allowance:
        calls, seconds = TIERS[METHODS.get(method, 4)]
        return self._allowances.setdefault(method, Allowance(calls, seconds * self._margin))

    def _channel(self, channel: str) -> Allowance:
        if len(self._allowances) > 1000:
            now = self._clock()
            self._allowances = {name: one for name, one in self._allowances.items() if not one.idle(now)}
        return self._allowances.setdefault(f"#{channel}", Allowance(1, self._margin))
