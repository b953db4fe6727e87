"""Makes one post of the outbox happen, and finds out what became of one whose end nobody saw."""

from __future__ import annotations

from datetime import datetime, timedelta

from gainful.app.chat.connections import Connections
from gainful.core.clock import Clock
from gainful.gate.delivery import delivery
from gainful.sdk.chat import Chat, Place
from gainful.storage.chat.outbox_store import OPEN, OutboxStore, Post, PostKind, PostState

SKEW = timedelta(minutes=5)
"""By how much the server's clock may be behind ours."""

NEVER_BEGAN = "The process that was to write it died before it began."


class Overtaken(Exception):
    """These words were for a message that never came."""


class Courier:
    """Posts and edits in one chat."""

    def __init__(self, name: str, connections: Connections, outbox: OutboxStore, clock: Clock) -> None:
        self._name = name
        self._connections = connections
        self._outbox = outbox
        self._clock = clock
        self._conversations: dict[str, str] = {}

    def must_wait(self, post: Post) -> bool:
        """Whether the message that these words are for, or below which they are to stand, may still come."""
        above = self._outbox.end_of(post.below) if post.below and not post.thread else None
        if above is not None and above.state in OPEN:
            return True
        target = self._outbox.get(post.over) if post.over else None
        if target is None or target.state is PostState.STREAMING:
            # Whoever had begun it is dead, or it would have been finished before.
            return False
        return target.state in OPEN

    def make(self, post: Post) -> Place:
        """Post it, or edit what it is for.

        Raises:
            ChatUnreachable, ChatRefused, NoSuchRoom, WordsTooLong: As the chat says.
            Overtaken: The message to edit never came.
        """
        chat = self._connections.chat(self._name)
        target = self._target(chat, post)
        if target is not None and target.place is not None:
            # Under the key of the message itself, by which it is found: an edit is no message of its own.
            chat.edit(delivery(target.key, post.tool, post.rules), target.place, post.words)
            return target.place
        if post.kind is PostKind.EDIT:
            raise Overtaken
        grant = delivery(post.key, post.tool, post.rules)
        return chat.post(grant, self._room(chat, post), post.words, thread=self._thread(post))

    def look(self, post: Post) -> Place | None:
        """Where a post stands whose end nobody saw; None when it certainly did not happen, or does no harm again.

        Raises:
            ChatUnreachable, ChatRefused, NoSuchRoom: It cannot be told.
        """
        if not post.room or post.kind is PostKind.EDIT:
            # Before the conversation is open nothing is posted; an edit says the same again.
            return None
        target = self._outbox.get(post.over) if post.over else None
        if target is not None and target.state is PostState.POSTED:
            return None
        return self._find(self._connections.chat(self._name), post, post.tried_at)

    def _target(self, chat: Chat, post: Post) -> Post | None:
        """The post whose message these words take the place of, if it came."""
        target = self._outbox.get(post.over) if post.over else None
        if target is None or target.state is not PostState.STREAMING:
            return target if target is not None and target.state is PostState.POSTED else None
        place = self._find(chat, target, target.at)
        if place is None:
            self._outbox.end(target.key, PostState.DROPPED, self._clock(), NEVER_BEGAN)
            return None
        self._outbox.posted(target, place, self._clock())
        return self._outbox.get(target.key)

    def _find(self, chat: Chat, post: Post, tried_at: datetime) -> Place | None:
        return chat.find(post.room, post.key, thread=post.thread, since=tried_at - SKEW)

    def _thread(self, post: Post) -> str:
        """The thread, which is written down before anything is posted in it; none where nothing stands above it."""
        above = self._outbox.end_of(post.below) if post.below and not post.thread else None
        if above is None or above.place is None:
            return post.thread
        thread = above.place.thread or above.place.message
        self._outbox.opened(post.key, post.room, thread)
        return thread

    def _room(self, chat: Chat, post: Post) -> str:
        """The room, which is written down before anything is posted in it: there it is looked for."""
        if post.room:
            return post.room
        if post.member not in self._conversations:
            room = chat.direct(delivery(f"{post.key}:direct", post.tool, post.rules), post.member)
            self._conversations[post.member] = room.id
        self._outbox.opened(post.key, self._conversations[post.member])
        return self._conversations[post.member]
