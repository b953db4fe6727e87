"""One browser's or program's connection: HTTP/1.1 as uvicorn reads it, and nobody who only holds the line.

uvicorn ends a connection that rests after an answer. One that never finishes its first request, or goes on sending what
nobody reads any more, it keeps for ever; so a thousand half requests would keep everybody else out.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HURRY = 10.0
"""Seconds between two looks at a connection; who is as far at the second as at the first is not waited for."""


class Connection(H11Protocol):
    """Ends where the other side does not get on with its request."""

    _timer: asyncio.TimerHandle | None = None
    _before: object = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to count."""
        super().connection_made(transport)
        self._before = self._stuck_at()
        self._timer = self.loop.call_later(HURRY, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no more."""
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def _stuck_at(self) -> object:
        """The request that the other side has still to send or to finish; None where the next word is ours."""
        begun = self.conn.their_state
        answered = self.cycle is None or self.cycle.response_complete
        if begun is h11.IDLE or (begun is h11.SEND_BODY and answered):
            # A new request makes a new cycle, so that two of them are never the same place.
            return (self.cycle,)
        return None

    def _look(self) -> None:
        now = self._stuck_at()
        if now is not None and now == self._before:
            # Not closed in order: what has been sent to it may never be read.
            self.transport.abort()
            return
        self._before = now
        self._timer = self.loop.call_later(HURRY, self._look)
