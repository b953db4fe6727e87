"""Events between Slack and whoever writes them down: each is acknowledged once the next batch is asked for.

written = waiting.offer(event)        # by the thread that listens: done when the event has been written down
batch = waiting.take(wait=30.0)       # by the thread that writes down: acknowledges the batch before
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

from gainful.sdk.chat import ChatEvent

MOST = 2_000
"""Events that may wait. Slack is told to come again with what is beyond that."""
MOST_AT_ONCE = 100
"""Events of one batch: what is written at once should be written soon."""


class Waiting:
    """A queue with two ends in two threads."""

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._changed = threading.Condition()
        # In the order of arrival. What was taken stays until it is acknowledged, for it may come again meanwhile.
        self._events: dict[str, tuple[ChatEvent, list[Future[bool]]]] = {}
        self._taken: list[str] = []
        self._closed = False

    def offer(self, event: ChatEvent) -> Future[bool]:
        """A promise: True once the event has been written down, False when it will not be."""
        promise: Future[bool] = Future()
        with self._changed:
            known = self._events.get(event.id)
            if self._closed or (known is None and len(self._events) >= self._most):
                promise.set_result(False)
                return promise
            if known is not None:
                # Sent again before it was written down: one event, to be acknowledged twice.
                known[1].append(promise)
                return promise
            self._events[event.id] = (event, [promise])
            self._changed.notify_all()
        return promise

    def take(self, wait: float, interrupted: Callable[[], bool] = lambda: False) -> list[ChatEvent]:
        """The next batch; what the last call brought has been written down.

        Args:
            wait: Seconds to wait for the first event.
            interrupted: Whether to stop waiting; asked whenever `wake` is called.
        """
        self._acknowledge()
        until = self._clock() + wait
        with self._changed:
            while not self._events and not self._closed and not interrupted():
                left = until - self._clock()
                if left <= 0:
                    return []
                self._changed.wait(left)
            self._taken = list(self._events)[:MOST_AT_ONCE]
            return [self._events[one][0] for one in self._taken]

    def wake(self) -> None:
        """Let whoever waits look whether to stop waiting."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Give up what has not been written down: Slack keeps it."""
        with self._changed:
            self._closed = True
            left = [promise for _, promises in self._events.values() for promise in promises]
            self._events.clear()
            self._changed.notify_all()
        for promise in left:
            promise.set_result(False)

    def _acknowledge(self) -> None:
        with self._changed:
            done = [self._events.pop(one)[1] for one in self._taken if one in self._events]
            self._taken = []
        for promises in done:
            for promise in promises:
                promise.set_result(True)
