"""Waiting for something to happen outside, for as long as the process lives, without asking too often."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from gainful.core.errors import Broken, GainfulError, Unavailable

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=5)
WHOSE_AGAIN = 1.0
"""Seconds after which a watch that is another process's asks again."""


class Watcher(threading.Thread):
    """Calls `look` again and again until stopped; backs off while it fails.

    Args:
        look: Blocks until there may be something to do, does it, and returns. Called at once after it returns.
        complain: Told about each failure, once per kind of failure in a row.
        close: Called when the last look is over, to let go of what the looks have kept open.
    """

    mine: Callable[[], bool] = staticmethod(lambda: True)
    """Whether it is for this process, of several, to look. Asked before each look."""

    begin: Callable[[], object] = staticmethod(lambda: None)
    """Called before the first look, and again when it has become this process's to look."""

    def __init__(
        self,
        name: str,
        look: Callable[[], None],
        complain: Callable[[GainfulError], None],
        close: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(name=f"watch {name}", daemon=True)
        self._look = look
        self._complain = complain
        self._close = close
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look until stopped."""
        try:
            self._look_on()
        finally:
            self._close()

    def _look_on(self) -> None:
        pause = FIRST_PAUSE
        last = ""
        had = False
        while not self._stopped.is_set():
            if not self.mine():
                if had:
                    # Another process looks now; what is kept open here would be in its way.
                    self._close()
                had = False
                self._stopped.wait(WHOSE_AGAIN)
                continue
            try:
                if not had:
                    self.begin()
                had = True
                self._look()
                pause, last = FIRST_PAUSE, ""
            except Exception as raised:
                if self._stopped.is_set():
                    # The engine goes away under a look that is still at work; the next process finishes what it began.
                    return
                error = raised if isinstance(raised, GainfulError) else _unforeseen(raised)
                if error.code != last:
                    self._complain(error)
                last = error.code
                hint = error.retry_after if isinstance(error, Unavailable) else None
                self._stopped.wait(max(pause, hint or pause).total_seconds())
                pause = min(pause * 2, LONGEST_PAUSE)

    def stop(self) -> None:
        """Ask it to end; it ends when `look` returns."""
        self._stopped.set()


def _unforeseen(error: Exception) -> GainfulError:
    """A fault of ours, told like any other failure: a watch that ended silently would leave mail lying unnoticed."""
    return Broken(f"Watching failed: {type(error).__name__}: {error}", "It goes on trying; please report this.")
