"""Processes on several machines tell each other that they live, through the database that they share.

Each adds one to a number of its own every second. Who sees a number stand still for ten seconds *by its own clock*
strikes its owner off: clocks of different machines are never compared, and seconds in which the database was away count
for nobody. What the dead one held is free then, and its runs go on elsewhere.

A process that was merely slow must not go on with what others have taken over. So it begins no step unless it has
beaten within half of those ten seconds; and when it learns that it was struck off, each of its runs asks whether it is
still its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import timedelta

from gainful.core.errors import GainfulError
from gainful.runs.membership import Member, Roster

BEAT_EVERY = timedelta(seconds=1)
DEAD_AFTER = timedelta(seconds=10)


class Heartbeat:
    """This process among the others of a team.

    Args:
        roster: Where all are noted.
        me: This process.
        duties: What it is ready to look after alone, whenever nobody else does.
        monotonic: Seconds that only grow, of this machine.
        beat_every: Between two beats.
        dead_after: Without a beat of its for so long, a process is dead.
    """

    shared = True

    def __init__(
        self,
        roster: Roster,
        me: Member,
        duties: frozenset[str] = frozenset(),
        monotonic: Callable[[], float] = time.monotonic,
        beat_every: timedelta = BEAT_EVERY,
        dead_after: timedelta = DEAD_AFTER,
    ) -> None:
        self._roster = roster
        self._me = me
        self._duties = duties
        self._monotonic = monotonic
        self._every = beat_every.total_seconds()
        self._dead_after = dead_after.total_seconds()
        self._changed = threading.Condition()
        self._beaten_at = monotonic()
        self._times_buried = 0
        self._held: frozenset[str] = frozenset()
        self._seen: dict[str, tuple[int, float]] = {}
        self._stopped = threading.Event()
        roster.join(me)
        self._thread = threading.Thread(target=self._live, name="heartbeat", daemon=True)

    def start(self) -> Heartbeat:
        """The same, beating by itself."""
        self._thread.start()
        return self

    @property
    def own(self) -> str:
        """Id of this process."""
        return self._me.id

    def beat(self) -> None:
        """Beat once, and strike off whoever has not for too long.

        Raises:
            GainfulError: The database cannot be used.
        """
        # Of before the call: a beat that hung in the network for a while is as old as that.
        at = self._monotonic()
        held = self._roster.beat(self.own, self._duties)
        buried = held is None
        if buried:
            self._roster.join(self._me)
            held = frozenset()
        with self._changed:
            self._beaten_at = at
            self._held = held or frozenset()
            self._times_buried += buried
            self._changed.notify_all()
        self._bury()

    def _bury(self) -> None:
        now = self._monotonic()
        beats = self._roster.beats()
        # Somebody seen for the first time has all the time there is, whatever the number says.
        self._seen = {
            member: (count, self._seen[member][1] if self._seen.get(member, (None,))[0] == count else now)
            for member, count in beats.items()
            if member != self.own
        }
        for member, (count, since) in self._seen.items():
            if now - since > self._dead_after:
                self._roster.bury(member, count)

    def _live(self) -> None:
        while not self._stopped.wait(self._every):
            try:
                self.beat()
            except Exception:
                # While the database is away nobody can beat. Told elsewhere: whatever else needs it fails, too.
                self._seen.clear()

    # --- what runs ask ----------------------------------------------------------------------------------------------

    def alive(self) -> set[str]:
        """Ids of the processes that live, this one included."""
        return set(self._roster.beats()) | {self.own}

    def turn(self, name: str) -> AbstractContextManager[None]:
        """Waits until it is this one's turn, among all processes and threads, and holds it."""
        return self._roster.turn(name)

    def await_standing(self) -> int:
        """Wait until the others cannot soon take this process for dead; how often they have done so already."""
        with self._changed:
            while not self._stands() and not self._stopped.is_set():
                self._changed.wait(self._every)
            return self._times_buried

    def _stands(self) -> bool:
        return self._monotonic() - self._beaten_at < self._dead_after / 2

    def has(self, duty: str) -> bool:
        """Whether this process, of all, has this duty now."""
        with self._changed:
            return duty in self._held and self._stands()

    def hold(self, name: str) -> bool:
        """Whether this process has the right of this name now; it keeps it until it lets go, or is dead."""
        return self._roster.take(name, self.own)

    def let_go(self, name: str) -> None:
        """Let another process have the right."""
        self._roster.give_back(name, self.own)

    def close(self) -> None:
        """Leave: what this process held is free at once."""
        self._stopped.set()
        with self._changed:
            self._held = frozenset()
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=self._dead_after)
        # Where the database is away, the others will find out by themselves.
        with suppress(GainfulError):
            self._roster.leave(self.own)
