"""Posts for one run: puts what the door allowed into the outbox, and waits a moment for it to be posted."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from gainful.app.chat.connections import Connections
from gainful.app.chat.reply import ReplyStream, reply_key
from gainful.app.chat.voice import Voice
from gainful.connectors.chat import Posted, Posting
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Refused
from gainful.sdk.chat import ChatRefused, ChatUnreachable, Words
from gainful.sdk.grant import Grant
from gainful.storage.chat.outbox_store import OutboxStore, Post, PostKind, PostState

PATIENCE = timedelta(seconds=5)
"""How long a run waits for its post before it goes on; the post comes all the same."""

PAUSE = 0.05
"""Seconds between two looks."""


class RoomClosed(Refused):
    """The settings do not let agents post in this room unasked."""

    code = "room-closed"


class RunPoster:
    """The `Poster` of one run.

    Args:
        drain: Posts what waits in a chat, unless another thread or process is at it.
        stream: The reply that this run is writing while its person looks on, if it is.
        own: The members in a chat to whom it may write anyhow: for whom it runs, and its owner.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        voice: Voice,
        connections: Connections,
        outbox: OutboxStore,
        clock: Clock,
        drain: Callable[[str], object],
        stream: Callable[[], ReplyStream | None],
        own: Callable[[str], Collection[str]],
        sleep: Callable[[float], None],
        patience: timedelta = PATIENCE,
    ) -> None:
        self._voice = voice
        self._connections = connections
        self._outbox = outbox
        self._clock = clock
        self._drain = drain
        self._stream = stream
        self._own = own
        self._sleep = sleep
        self._patience = patience

    def post(self, grant: Grant, posting: Posting) -> Posted:
        """Let it be posted; see `Poster.post`.

        Raises:
            RoomClosed, ChatRefused, ChatUnreachable: As they say.
        """
        self._check(posting)
        due, held = self._due(posting)
        post = Post(
            key=grant.key,
            chat=posting.chat,
            room=posting.room,
            words=self._words(posting.text),
            at=self._clock(),
            due_at=due,
            thread=posting.thread,
            run_id=self._voice.run_id,
            member=posting.member,
            tool=grant.tool,
            rules=grant.rules,
            state=PostState.HELD if held else PostState.WAITING,
        )
        return self._followed(self._outbox.put(post))

    def reply(self, grant: Grant, text: str) -> Posted:
        """Answer where the run was asked; in place of what it has shown there while it worked.

        Raises:
            ChatRefused, ChatUnreachable: As they say.
        """
        place = self._voice.answer_to
        if place is None:
            raise ChatRefused("Nobody asked this run anything in a chat.", "Post to a room instead.")
        # A command has no message to answer below, and what it was for is nobody else's business.
        alone = not place.message
        post = Post(
            key=grant.key,
            chat=place.chat,
            room="" if alone else place.room,
            words=self._words(text),
            at=self._clock(),
            due_at=self._clock(),
            thread="" if alone else place.thread,
            kind=PostKind.REPLY,
            run_id=self._voice.run_id,
            member=place.member if alone else "",
            tool=grant.tool,
            rules=grant.rules,
        )
        known = self._outbox.get(grant.key)
        return self._followed(known or self._outbox.put(self._over(post)))

    def find(self, key: str) -> Posted | None:
        """How far the post with this key has come; see `Poster.find`.

        Raises:
            ChatUnreachable: Nobody knows.
        """
        found = self._outbox.end_of(key)
        if found is None or found.state in (PostState.REFUSED, PostState.DROPPED):
            return None
        return self._told(found)

    # --- how it is put in ---------------------------------------------------------------------------------------------

    def _over(self, post: Post) -> Post:
        """The reply, taking over the message that the run has begun, if it has."""
        stream = self._stream()
        shown = stream.end() if stream is not None else None
        begun = self._outbox.get(reply_key(self._voice.run_id))
        if begun is None or begun.state in (PostState.REFUSED, PostState.DROPPED):
            return post
        if any(other.over == begun.key for other in self._outbox.of_run(post.run_id) if other.kind is PostKind.REPLY):
            # An answer stands there already; this is one more.
            return post
        if begun.state is PostState.POSTED and shown == post.words.text:
            # It stands there word for word: an edit would only say that it was edited.
            return _replaced(post, begun, PostState.POSTED)
        gone = (begun.key, PostState.DROPPED, self._clock(), "The answer came first.")
        if self._outbox.end(*gone, before=(PostState.WAITING,)):
            return post
        return _replaced(post, begun, PostState.WAITING)

    def _words(self, text: str) -> Words:
        return Words(text, agent=self._voice.agent, hops=self._voice.hops + 1)

    def _check(self, posting: Posting) -> None:
        setting = self._connections.setting(posting.chat)
        if posting.member and posting.member in self._own(posting.chat):
            return
        if not setting.may_post(posting.room or posting.member, posting.name):
            raise RoomClosed(
                f"Agents may not post in {posting.chat}:{posting.name or posting.room} unasked.",
                f"`rooms` of the chat '{posting.chat}' in gainful.toml names where they may.",
            )

    def _due(self, posting: Posting) -> tuple[datetime, bool]:
        """When it may be posted, and whether quiet hours hold it until then."""
        now = self._clock()
        quiet = self._voice.quiet or self._connections.setting(posting.chat).quiet_hours()
        end = quiet.end(now) if quiet is not None and not posting.urgent else None
        return (end, True) if end is not None else (now, False)

    # --- how far it has come ------------------------------------------------------------------------------------------

    def _followed(self, post: Post) -> Posted:
        """Wait a moment for it to be posted, helping where nobody else does it."""
        until = self._clock() + self._patience
        while post.state in (PostState.WAITING, PostState.POSTING) and self._clock() < until:
            self._try(post.chat)
            found = self._outbox.end_of(post.key)
            if found is None:
                break
            post = found
            if post.state in (PostState.WAITING, PostState.POSTING):
                self._sleep(PAUSE)
        if post.state in (PostState.REFUSED, PostState.DROPPED):
            raise ChatRefused(f"It was not posted: {post.note}", "Say it elsewhere, or leave it.")
        return self._told(post)

    def _try(self, chat: str) -> None:
        # It stands in the outbox, so it has happened as far as the run can tell: whoever sends is told what is wrong.
        with suppress(GainfulError):
            self._drain(chat)

    def _told(self, post: Post) -> Posted:
        if post.state is PostState.UNCERTAIN:
            raise ChatUnreachable(post.note, "`gainful chat outbox` lets a person settle it.", sent=True)
        if post.state is PostState.POSTED:
            # Where a person has said that it is there, nobody knows its id.
            message = post.place.message if post.place is not None else ""
            return Posted("posted", post.chat, post.room, message, post.thread)
        if post.state is PostState.HELD:
            return Posted("held", post.chat, post.room, thread=post.thread, due=post.due_at)
        return Posted("queued", post.chat, post.room, thread=post.thread)


def _replaced(post: Post, begun: Post, state: PostState) -> Post:
    place = begun.place if state is PostState.POSTED else None
    return replace(
        post, over=begun.key, room=begun.room, thread=begun.thread, member=begun.member, state=state, place=place
    )
