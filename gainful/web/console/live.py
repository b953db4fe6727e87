"""Tells open pages that something has moved on, so that they draw themselves anew: server-sent events.

One look at the database serves all who watch. What is told is which kind of thing moved, never what it is.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from hashlib import sha256
from time import monotonic

from starlette.concurrency import run_in_threadpool

EVERY = 0.1
"""Seconds between two looks while somebody watches."""

REST = 0.4
"""Seconds between two tellings that the same kind moved: agents at work move all the time."""

BEAT = 15.0
"""Seconds after which a line is sent in any case, so that a browser that is gone is noticed."""

MOST = 500
"""Who may watch at once."""

MOST_EACH = 100
"""Pages that one person may watch at once, so that nobody keeps out the others."""

Pulse = Mapping[str, str]
"""How far each kind of thing has come, as texts that differ when something has happened."""


def stamp(pulse: Pulse) -> str:
    """How far everything is, in a word for each kind: `runs:3f2a91c0 …`. A page holds that from before it was drawn."""
    return " ".join(f"{name}:{sha256(place.encode()).hexdigest()[:8]}" for name, place in sorted(pulse.items()))


class Live:
    """Watches for all who watch. Used from one event loop.

    Args:
        look: Reads how far everything is; quick, and may block.
        seconds: A clock that only goes on.
    """

    def __init__(self, look: Callable[[], Pulse], seconds: Callable[[], float] = monotonic) -> None:
        self._look = look
        self._seconds = seconds
        self._watchers: dict[asyncio.Queue[str], str] = {}
        self._task: asyncio.Task[None] | None = None
        self._told: dict[str, str] | None = None
        self._closing = False

    def full(self, person: str) -> bool:
        """Whether this person may watch no further page."""
        return len(self._watchers) >= MOST or Counter(self._watchers.values())[person] >= MOST_EACH

    def close(self) -> None:
        """Let everybody who watches go. Safe to call from another thread."""
        self._closing = True

    async def events(self, person: str, may: Callable[[], bool]) -> AsyncGenerator[str, None]:
        """Lines of an event stream, until the browser goes, the server stops, or this person may watch no more.

        Args:
            may: Whether they still may; asked at each beat, and may block.
        """
        queue: asyncio.Queue[str] = asyncio.Queue(100)
        self._watchers[queue] = person
        if self._task is None or self._task.done():
            self._told = None
            self._task = asyncio.create_task(self._watch())
        asked, stood = self._seconds(), False
        try:
            yield "retry: 2000\n\n"
            while not self._closing:
                if self._told is not None and not stood:
                    # What moved between the drawing of a page and this look is told by nobody else.
                    stood = True
                    yield f"event: stands\ndata: {stamp(self._told)}\n\n"
                if self._seconds() - asked >= BEAT:
                    # Also while much moves: who was signed out does not go on watching.
                    if not await self._still(may):
                        return
                    asked = self._seconds()
                    yield ": still here\n\n"
                try:
                    moved = await asyncio.wait_for(queue.get(), 0.5 if stood else EVERY)
                except TimeoutError:
                    continue
                yield f"event: moved\ndata: {moved}\n\n"
        finally:
            self._watchers.pop(queue, None)

    async def _still(self, may: Callable[[], bool]) -> bool:
        try:
            return await run_in_threadpool(may)
        except Exception:
            # As below: it is asked again at the next beat, and until then nothing is told that could move.
            return True

    async def _watch(self) -> None:
        told = self._told = await self._read({})
        told_at: dict[str, float] = {}
        while self._watchers and not self._closing:
            await asyncio.sleep(EVERY)
            now, at = await self._read(told), self._seconds()
            moved = {
                name: place
                for name, place in now.items()
                if place != told.get(name) and at - told_at.get(name, -REST) >= REST
            }
            told |= moved
            told_at |= dict.fromkeys(moved, at)
            for queue in list(self._watchers) if moved else ():
                # Who does not read for so long learns of the last move when they do.
                if not queue.full():
                    queue.put_nowait(" ".join(sorted(moved)))

    async def _read(self, otherwise: Pulse) -> dict[str, str]:
        try:
            return dict(await run_in_threadpool(self._look))
        except Exception:
            # A locked database is no reason to send everybody away.
            return dict(otherwise)
