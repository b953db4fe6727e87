"""A message that grows by being replaced, not too often: servers limit how much an account sends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from gainful.sdk.chat import Button, ChatUnreachable, Place

TRIES = 6
LONGEST_WAIT = timedelta(seconds=30)
_NOTHING_YET = "…"

Post = Callable[[str], Place]
Replace = Callable[[Place, str, Sequence[Button]], None]


class MatrixStream:
    """One message that is being written.

    Args:
        pause: At least so long lies between two changes while it is written.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        post: Post,
        replace: Replace,
        pause: timedelta,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._post = post
        self._replace = replace
        self._pause = pause.total_seconds()
        self._clock = clock
        self._sleep = sleep
        self._text = ""
        self._place: Place | None = None
        self._next = 0.0

    def add(self, text: str) -> None:
        """Append this; shown when the pause is over.

        Raises:
            ChatUnreachable, ChatRefused, WordsTooLong: The message could not be begun, or holds no more.
        """
        self._text += text
        if not self._text.strip() or self._clock() < self._next:
            return
        if self._place is None:
            self._place = self._post(self._text)
        else:
            try:
                self._replace(self._place, self._text, ())
            except ChatUnreachable as error:
                # The next piece, or the end, shows this one too.
                self._next = self._clock() + max(self._pause, (error.retry_after or timedelta(0)).total_seconds())
                return
        self._next = self._clock() + self._pause

    def finish(self, buttons: Sequence[Button] = ()) -> Place:
        """Show everything, and say where it stands. Waits where the server asks for it, half a minute at a time.

        Raises:
            ChatUnreachable, ChatRefused: It could not be shown; the message stands as it was.
        """
        for left in reversed(range(TRIES)):
            try:
                return self._end(buttons)
            except ChatUnreachable as error:
                if not left or error.retry_after is None or error.retry_after > LONGEST_WAIT:
                    raise
                self._sleep(error.retry_after.total_seconds())
        raise AssertionError("the last try returns or raises")

    def _end(self, buttons: Sequence[Button]) -> Place:
        if self._place is None:
            self._text = self._text if self._text.strip() else _NOTHING_YET
            self._place = self._post(self._text)
        # Also when nothing was added since: a post under a key that was used before a crash shows what it showed then.
        self._replace(self._place, self._text, buttons)
        return self._place
