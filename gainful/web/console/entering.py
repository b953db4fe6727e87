"""Where those stand who are not in yet: few passwords are checked at once, and not before the pages of who is in.

entering = Entering(access_by_form)
cookie = await entering(form)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from anyio import CapacityLimiter, to_thread

from gainful.core.errors import Unavailable

AT_ONCE = 2
"""Passwords that are checked side by side; each takes 64 MiB and a moment."""

MOST = 50
"""Who may wait for that."""


class SignInBusy(Unavailable):
    """More people try to sign in at once than passwords can be checked."""

    code = "sign-in-busy"


class Entering:
    """Signs people in, some after others. Used from one event loop.

    Args:
        enter: The value of a cookie for who sent this form; may block.
        most: Who may wait.
    """

    def __init__(self, enter: Callable[[Mapping[str, str]], str], most: int = MOST) -> None:
        self._enter = enter
        self._most = most
        self._limiter: CapacityLimiter | None = None
        self._here = 0

    async def __call__(self, form: Mapping[str, str]) -> str:
        """The value of a cookie.

        Raises:
            SignInBusy: Too many wait.
            GainfulError: As `enter` says.
        """
        if self._limiter is None:
            self._limiter = CapacityLimiter(AT_ONCE)
        # Counted here: the limiter counts who waits a moment later, and many may come in one.
        if self._here >= AT_ONCE + self._most:
            raise SignInBusy("Too many try to sign in at this moment.", "Wait a moment, then try again.")
        self._here += 1
        try:
            return await to_thread.run_sync(self._enter, form, limiter=self._limiter)
        finally:
            self._here -= 1
