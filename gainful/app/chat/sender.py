"""Empties the outbox of one chat: each post is made once, in order, as fast as people and servers bear it.

    sender = Sender("slack", connections, outbox, locks, clock, stopped)
    wait = sender.drain()          # how long nothing more can be done

One sender of all processes sends at a time. What it finds half done was left by one that died: the chat is asked what
became of it, and only what certainly did not happen is tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from gainful.app.chat.bucket import Buckets
from gainful.app.chat.connections import Connections
from gainful.app.chat.courier import Courier, Overtaken
from gainful.app.chat.digest import digests
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.gate.delivery import NOTICE
from gainful.runs.executor import sole
from gainful.sdk.chat import ChatRefused, ChatUnreachable, NoSuchRoom, WordsTooLong
from gainful.storage.chat.outbox_store import OutboxStore, Post, PostState

IDLE = timedelta(seconds=1)
"""How long nothing is looked at when nothing waits: another process may have put something in."""

LOOKED_FOR = timedelta(minutes=15)
"""How long the chat is asked what became of a post, before a person is."""

KEPT_FOR = timedelta(days=3)
"""How long a post is tried: later nobody would know what it was about."""

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=5)
MOST_PASSES = 50

TOO_OLD = "It could not be posted for three days. Last: {0}"
UNKNOWN = "It was tried, and the chat does not tell what became of it: {0}"
NOTHING_THERE = "The message that it was for never came."

Lane = tuple[str, str]


class Sender:
    """What is posted to one chat, by this process. Safe to share between threads: one at a time does the work.

    Args:
        locks: Folder that all processes of the installation share.
        stopped: Why an agent may do nothing; empty when it may.
        buckets: How fast may be posted in a room.
    """

    def __init__(
        self,
        name: str,
        connections: Connections,
        outbox: OutboxStore,
        locks: Path,
        clock: Clock,
        stopped: Callable[[str], str],
        buckets: Buckets | None = None,
    ) -> None:
        self._name = name
        self._zone = connections.setting(name).zone
        self._courier = Courier(name, connections, outbox, clock)
        self._outbox = outbox
        self._locks = locks
        self._clock = clock
        self._stopped = stopped
        self._buckets = buckets or Buckets()
        self._asked: dict[str, tuple[int, datetime]] = {}
        self._busy_until: datetime | None = None

    def drain(self) -> timedelta:
        """Post what can be posted now; how long nothing more can be done.

        Raises:
            GainfulError: The chat cannot be opened, or the database cannot be used. What is half done then is found
                out about at the next call.
        """
        if not self._outbox.busy(self._name, self._clock()):
            return IDLE
        with sole(self._locks, f"send-{self._name}") as mine:
            if not mine:
                return IDLE
            blocked = {post.lane for post in self._outbox.left(self._name) if not self._resolved(post)}
            self._release()
            for _ in range(MOST_PASSES):
                wait = self._pass(blocked)
                if wait is not None:
                    return wait
            return timedelta(0)

    def _pass(self, blocked: set[Lane]) -> timedelta | None:
        """Go through what waits once; None when something was settled, so that there may be more to do."""
        wait, settled, held_up = IDLE, False, set(blocked)
        for post in self._outbox.waiting(self._name):
            if post.lane in held_up:
                continue
            left = self._wait_for(post)
            if left <= timedelta(0) and self._send(post, blocked):
                settled = True
                continue
            if left > timedelta(0):
                wait = min(wait, left)
            if post.attempts or post.due_at <= self._clock():
                # What is only due later lets others pass; what was tried does not.
                held_up.add(post.lane)
        return None if settled else wait

    def _wait_for(self, post: Post) -> timedelta:
        """How long this post must wait; zero when it can be made now."""
        now = self._clock()
        if self._courier.must_wait(post):
            return IDLE
        busy = self._busy_until - now if self._busy_until is not None else timedelta(0)
        return max(post.due_at - now, busy, self._buckets.wait(post.lane[0], now))

    # --- sending ------------------------------------------------------------------------------------------------------

    def _send(self, post: Post, blocked: set[Lane]) -> bool:
        """Make it; whether it is settled now. A lane whose post is in doubt is blocked until that is known."""
        now = self._clock()
        reason = self._stopped(post.words.agent) if post.tool != NOTICE else ""
        if not reason and post.attempts and now - post.at > KEPT_FOR:
            reason = TOO_OLD.format(post.note)
        if reason:
            return self._outbox.end(post.key, PostState.DROPPED, now, reason)
        claimed = self._outbox.claim(post.key, now)
        if claimed is None:
            return True
        self._buckets.take(post.lane[0], now)
        try:
            place = self._courier.make(claimed)
        except Overtaken:
            return self._outbox.end(post.key, PostState.DROPPED, self._clock(), NOTHING_THERE)
        except (ChatRefused, NoSuchRoom, WordsTooLong) as error:
            return self._outbox.end(post.key, PostState.REFUSED, self._clock(), str(error))
        except ChatUnreachable as error:
            self._failed(claimed, error, blocked)
            return False
        self._outbox.posted(claimed, place, self._clock())
        return True

    def _failed(self, post: Post, error: ChatUnreachable, blocked: set[Lane]) -> None:
        now = self._clock()
        if error.retry_after is not None:
            # Whom the server asks to wait, it asks for everything.
            self._busy_until = now + error.retry_after
        if error.sent:
            blocked.add(post.lane)
        else:
            self._outbox.again(post.key, now + (error.retry_after or _pause(post.attempts)), str(error))

    # --- what was left ------------------------------------------------------------------------------------------------

    def _resolved(self, post: Post) -> bool:
        """Whether it is known now what became of a post whose end nobody saw."""
        now = self._clock()
        times, not_before = self._asked.get(post.key, (0, now))
        if now < not_before:
            return False
        try:
            place = self._courier.look(post)
        except (ChatUnreachable, ChatRefused, NoSuchRoom) as error:
            return self._in_doubt(post, error, times)
        self._asked.pop(post.key, None)
        if place is None:
            self._outbox.again(post.key, now, "It did not come about the first time.")
        else:
            self._outbox.posted(post, place, now, "Found there afterwards.")
        return True

    def _in_doubt(self, post: Post, error: GainfulError, times: int) -> bool:
        now = self._clock()
        if not isinstance(error, ChatUnreachable) or now - post.tried_at > LOOKED_FOR:
            # Uncertain, and shown to a person: what waits behind it in its room goes on.
            self._asked.pop(post.key, None)
            return self._outbox.end(post.key, PostState.UNCERTAIN, now, UNKNOWN.format(error))
        self._asked[post.key] = (times + 1, now + max(error.retry_after or FIRST_PAUSE, _pause(times)))
        return False

    # --- quiet hours --------------------------------------------------------------------------------------------------

    def _release(self) -> None:
        """Let go of what quiet hours held that are over: several posts of one room as one message."""
        now = self._clock()
        held = sorted(self._outbox.held(self._name, now), key=lambda post: (post.lane, post.at))
        for _, posts in groupby(held, key=lambda post: post.lane):
            alone = {post.key: post for post in posts}
            for digest, keys in digests(list(alone.values()), self._zone, now):
                if self._outbox.gather(digest, keys):
                    alone = {key: post for key, post in alone.items() if key not in keys}
            for key in alone:
                self._outbox.again(key, now, "")


def _pause(times: int) -> timedelta:
    return min(FIRST_PAUSE * int(2 ** min(times, 10)), LONGEST_PAUSE)
