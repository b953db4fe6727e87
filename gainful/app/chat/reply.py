"""The one message in which a run answers: begun while it works, grown while people look on, then the reply itself.

    stream = ReplyStream(voice, connections, outbox, clock)
    stream.working("files.search")     # after a while: one message that says so, edited as the work goes on
    stream.add("The office ")          # or the answer itself, as it is written
    stream.leave()                     # the run waits for somebody, or failed: what is there stays, finished

Whatever was begun stands in the outbox under the run's own key before the chat hears of it: the reply that the door
lets through later takes that message over, in whichever process, instead of posting a second one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from gainful.app.chat.connections import Connections
from gainful.app.chat.voice import Voice
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.core.ids import stable_id
from gainful.core.occurrence import AnswerPlace
from gainful.gate.delivery import NOTICE, delivery
from gainful.sdk.chat import ChatUnreachable, MessageStream, Words
from gainful.storage.chat.outbox_store import OutboxStore, Post, PostKind, PostState

TOOL = "chat.reply"

SHOWN_AFTER = timedelta(seconds=6)
"""How long a run may work before it says so: most are done by then, and need not."""

WORKING = "_Working on it: {0}…_"
WAITING = "_Waiting for somebody's word…_"


def reply_key(run_id: str) -> str:
    """The key of the message that a run begins before its reply is there."""
    return stable_id("reply", run_id, length=20)


class ReplyStream:
    """What a run shows of its reply before it is complete. Never fails: the reply itself comes through the door.

    Whoever calls `add` has made sure that the gate would let the reply pass as it is. Not to be shared between threads.
    """

    def __init__(self, voice: Voice, connections: Connections, outbox: OutboxStore, clock: Clock) -> None:
        self._voice = voice
        self._connections = connections
        self._outbox = outbox
        self._clock = clock
        self._key = reply_key(voice.run_id)
        self._begun_at = clock()
        self._stream: MessageStream | None = None
        self._shown = ""
        # What another process began is taken over by the reply as it is: a crash is not made visible by a second one.
        self._silent = voice.answer_to is None or outbox.get(self._key) is not None
        self._working = False

    def add(self, text: str) -> None:
        """Show this piece of the answer."""
        place = self._voice.answer_to
        if self._silent or self._working or place is None or not place.message:
            return
        if self._stream is None and not text.strip():
            return
        try:
            if self._stream is None:
                self._stream = self._begin(place)
            self._stream.add(text)
            self._shown += text
        except GainfulError:
            self._silent = True

    def working(self, what: str) -> None:
        """Show what the run is doing, if it takes long: in one message, however often it is called.

        Args:
            what: In words of ours, such as the name of a tool; nothing that a model or a stranger said.
        """
        place = self._voice.answer_to
        if self._silent or self._stream is not None or place is None or not place.message:
            return
        now = self._clock()
        if now - self._begun_at < SHOWN_AFTER:
            return
        words = self._words(WORKING.format(what))
        if self._working:
            self._outbox.edit(self._key, words, now)
        else:
            self._working = True
            self._outbox.put(self._post(place, words, now, NOTICE, PostState.WAITING))

    def end(self) -> str | None:
        """End the message, and say what it shows; None when nothing is known to stand there."""
        stream, self._stream, self._silent = self._stream, None, True
        if stream is None:
            return None
        try:
            place = stream.finish()
        except GainfulError:
            # The reply finds out what became of it.
            return None
        begun = self._outbox.get(self._key)
        if begun is not None:
            self._outbox.posted(begun, place, self._clock())
        return self._shown

    def leave(self) -> None:
        """End the message as it is: the run waits for a person, or has failed. What replies later takes it over.

        Nothing where the reply has taken it over already.
        """
        waits = self._working and not self._silent
        self.end()
        if waits:
            self._outbox.edit(self._key, self._words(WAITING), self._clock())

    def _begin(self, place: AnswerPlace) -> MessageStream:
        """Begin the message, after it was written down that it is begun.

        Raises:
            GainfulError: The chat does not take it now.
        """
        post = self._post(place, self._words("…"), self._clock(), TOOL, PostState.STREAMING)
        self._outbox.put(post)
        chat = self._connections.chat(place.chat)
        try:
            return chat.stream(
                delivery(self._key, TOOL, ()),
                place.room,
                thread=place.thread,
                agent=self._voice.agent,
                hops=self._voice.hops + 1,
                to=place.member,
            )
        except GainfulError as error:
            if not isinstance(error, ChatUnreachable) or not error.sent:
                self._outbox.end(self._key, PostState.DROPPED, self._clock(), str(error))
            raise

    def _post(self, place: AnswerPlace, words: Words, now: datetime, tool: str, state: PostState) -> Post:
        return Post(
            key=self._key,
            chat=place.chat,
            room=place.room,
            words=words,
            at=now,
            due_at=now,
            thread=place.thread,
            kind=PostKind.STREAM,
            run_id=self._voice.run_id,
            tool=tool,
            state=state,
        )

    def _words(self, text: str) -> Words:
        return Words(text, agent=self._voice.agent, hops=self._voice.hops + 1)
