"""Hears a chat: what has happened is written down before it is acknowledged, and nothing else is done meanwhile.

Handling it takes longer than servers wait for their answer, so that is another thread's work; see `handling`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from gainful.app.chat.connections import Connections
from gainful.core.clock import Clock
from gainful.runs.executor import Sole
from gainful.sdk.chat import ChatEvent
from gainful.storage.chat.inbox_store import InboxStore

LONGEST_WAIT = timedelta(seconds=20)
"""How long one look waits for something to happen."""

OTHERS = 5.0
"""Seconds until this process looks again whether another one still listens."""


class Hearing:
    """What one chat tells. One thread calls it.

    Args:
        locks: Folder that all processes of the installation share: one of them listens to a chat.
        heard: Called when something new was written down.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        name: str,
        connections: Connections,
        inbox: InboxStore,
        locks: Path,
        clock: Clock,
        heard: Callable[[], None],
        sleep: Callable[[float], None],
    ) -> None:
        self._name = name
        self._connections = connections
        self._inbox = inbox
        self._right = Sole(locks, f"hear-{name}")
        self._clock = clock
        self._heard = heard
        self._sleep = sleep
        self._unwritten: list[ChatEvent] = []

    def look(self, wait: timedelta = LONGEST_WAIT) -> int:
        """Write down what has happened, waiting for the first at most so long; how many events are new.

        The next call acknowledges them to the chat.

        Raises:
            GainfulError: The chat or the database cannot be used; nothing is lost.
        """
        if not self._right.take():
            self._sleep(OTHERS)
            return 0
        if not self._unwritten:
            self._unwritten = self._connections.chat(self._name).events(wait)
        # Kept until it is written down: asking the chat again would acknowledge it.
        fresh = self._inbox.add(self._name, self._unwritten, self._clock())
        self._unwritten = []
        if fresh:
            self._heard()
        return len(fresh)

    def close(self) -> None:
        """Let another process listen."""
        self._right.leave()
