"""The thread that says what a teller has to say, so that nobody who watches a candidate waits for a chat."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from gainful.app.deploying.teller import ChatTeller
from gainful.core.errors import GainfulError


class Herald(threading.Thread):
    """Says what a teller has to say, beside everything else, as long as the process lives.

    Args:
        send: Posts what waits in a chat, unless another thread or process is at it.
        complain: Told of each kind of trouble once in a row.
        every: Seconds between two looks while nothing is noted: a watch that tells nothing is noticed by the clock.
    """

    def __init__(
        self,
        teller: ChatTeller,
        send: Callable[[str], object],
        complain: Callable[[GainfulError], None],
        every: float = 5.0,
    ) -> None:
        super().__init__(name="tell of deployments", daemon=True)
        self._teller = teller
        self._send = send
        self._complain = complain
        self._every = every
        self._over = threading.Event()
        self._last = ""

    def run(self) -> None:
        """Say, until it is over; what is noted by then is said first."""
        while not self._over.is_set():
            self._teller.news.wait(self._every)
            self._once()
        self._once()

    def stop(self, patience: timedelta = timedelta(seconds=5)) -> None:
        """Say what is left, and end. What takes longer than that waits in the outbox for the next process."""
        self._over.set()
        self._teller.news.set()
        if self.is_alive():
            self.join(patience.total_seconds())

    def _once(self) -> None:
        try:
            for chat in self._teller.look():
                # A chat that is down is complained of where chats are watched.
                with suppress(GainfulError):
                    self._send(chat)
            self._last = ""
        except GainfulError as error:
            if error.code != self._last:
                self._complain(error)
            self._last = error.code
