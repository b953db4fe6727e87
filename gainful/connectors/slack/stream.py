"""Messages that grow while people look on: by Slack's streaming where it has it, else by editing one message.

Pieces are held back for a moment, and the beginning of a call such as `@channel` until it is known to be none: it must
not slip through in two halves. What Slack may not have taken is mended at the end by one edit.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from gainful.connectors.slack.api import SlackApi
from gainful.connectors.slack.errors import SlackRefused
from gainful.connectors.slack.loop import LoopThread
from gainful.connectors.slack.words import (
    LONGEST,
    LONGEST_STREAM,
    actions,
    checked,
    content_of,
    metadata,
    quiet,
)
from gainful.core.errors import Broken
from gainful.sdk.chat import Button, ChatUnreachable, Place, Words

NO_STREAMING = frozenset(
    {
        "unknown_method",
        "channel_type_not_supported",
        "missing_recipient_team_id",
        "missing_recipient_user_id",
        "not_allowed_token_type",
        "invalid_arguments",
        "invalid_chunks",
        "method_not_supported_for_channel_type",
    }
)
"""Slack's words for that it does not stream here; then the message is edited instead."""
ENDED = "message_not_in_streaming_state"
STOPPED = "stopped_by_user"
GROWING = "streaming_state_conflict"
APPEND_EVERY = 0.7
"""Seconds between two pieces: Slack takes a hundred a minute."""
EDIT_EVERY = 1.4
"""Seconds between two edits: Slack takes fifty a minute."""
PLACEHOLDER = "…"
_BEGUN = re.compile(r"(?:<?@\w{0,12}|<)$")
"""The beginning of a call such as `@channel` or `<!channel>`; a longer word is none."""


class Pen(Protocol):
    """How a message is written on. Used in one loop alone."""

    place: Place
    every: float

    async def write(self, piece: str) -> None:
        """Show this too."""

    async def end(self, rest: str, buttons: Sequence[Button]) -> None:
        """Show this too, and the buttons, and that nothing more comes."""


class StreamingPen:
    """Writes by chat.appendStream.

    Args:
        words: Who writes; its text is not looked at.
    """

    every = APPEND_EVERY

    def __init__(self, api: SlackApi, place: Place, words: Words, key: str) -> None:
        self.place = place
        self._api = api
        self._words = words
        self._key = key
        self._text = ""
        self._behind = False
        self._stopped = False

    async def write(self, piece: str) -> None:
        """Append the piece, unless the end will show everything anyway."""
        self._text += piece
        if self._behind or self._stopped:
            return
        try:
            for chunk in chunks(piece):
                await self._api.act("chat.appendStream", **self._where(), chunks=[chunk])
        except ChatUnreachable:
            # It may have been appended. An edit at the end shows everything once.
            self._behind = True
        except SlackRefused as error:
            self._stopped = self._stopped or error.said == STOPPED
            self._behind = self._behind or error.said == ENDED
            if error.said not in (STOPPED, ENDED):
                raise

    async def end(self, rest: str, buttons: Sequence[Button]) -> None:
        """Append the rest and stop; put everything right where a piece may be missing."""
        parts = chunks(rest)
        for part in parts[:-1]:
            await self.write(part["text"])
        last = parts[-1:]
        self._text += last[0]["text"] if last else ""
        if self._stopped:
            # A person has stopped it: what stands there stands.
            return
        try:
            await self._stop([] if self._behind else last, buttons)
        except ChatUnreachable:
            self._behind = True
        except SlackRefused as error:
            if error.said == STOPPED:
                return
            if error.said != ENDED:
                raise
            self._behind = True
        if self._behind:
            await self._mend(buttons)

    async def _stop(self, last: list[dict[str, str]], buttons: Sequence[Button]) -> None:
        more: dict[str, Any] = {"chunks": last} if last else {}
        if buttons:
            more["blocks"] = [actions(buttons)]
        mark = metadata(self._words.agent, self._words.hops, self._key)
        await self._api.act("chat.stopStream", **self._where(), metadata=mark, **more)

    async def _mend(self, buttons: Sequence[Button]) -> None:
        words = Words(self._text or PLACEHOLDER, self._words.agent, self._words.hops, tuple(buttons))
        content = edit_of(words, self._key, keep=False)
        await changed(self._api, self.place, content)

    def _where(self) -> dict[str, str]:
        return {"channel": self.place.room, "ts": self.place.message}


class EditingPen:
    """Writes by chat.update, over a message that was posted under the same key."""

    every = EDIT_EVERY

    def __init__(self, api: SlackApi, place: Place, words: Words, key: str) -> None:
        self.place = place
        self._api = api
        self._words = words
        self._key = key
        self._text = ""

    async def write(self, piece: str) -> None:
        """Show everything so far."""
        self._text += piece
        try:
            await self._show(self._text + PLACEHOLDER, ())
        except ChatUnreachable:
            # The next edit shows this too.
            return

    async def end(self, rest: str, buttons: Sequence[Button]) -> None:
        """Show everything."""
        self._text += rest
        await self._show(self._text or PLACEHOLDER, buttons)

    async def _show(self, text: str, buttons: Sequence[Button]) -> None:
        words = Words(text, self._words.agent, self._words.hops, tuple(buttons))
        await changed(self._api, self.place, edit_of(words, self._key, keep=True))


async def changed(api: SlackApi, place: Place, content: dict[str, Any]) -> None:
    """Put this in place of a message's content; one that still grows, whoever began it, is ended first."""
    where = {"channel": place.room, "ts": place.message}
    try:
        await api.act("chat.update", **where, **content)
    except SlackRefused as error:
        if error.said != GROWING:
            raise
        await api.act("chat.stopStream", **where)
        await api.act("chat.update", **where, **content)


def edit_of(words: Words, key: str, *, keep: bool) -> dict[str, Any]:
    """The arguments of an edit.

    Args:
        keep: The message keeps the metadata by which it is found.
    """
    content = content_of(words, key)
    unwanted = {"unfurl_links", "unfurl_media", *(("metadata",) if keep else ())}
    return {name: value for name, value in content.items() if name not in unwanted}


def chunks(text: str) -> list[dict[str, str]]:
    """The text as Slack takes it, in pieces that are not too long; nothing for nothing."""
    said = quiet(text)
    return [{"type": "markdown_text", "text": said[at : at + LONGEST]} for at in range(0, len(said), LONGEST)]


def ready(text: str) -> int:
    """How many characters of it may be shown: not its end, if a call may be made of that by what follows."""
    begun = _BEGUN.search(text)
    return begun.start() if begun is not None else len(text)


class SlackStream:
    """A message that grows, for callers in any thread.

    Args:
        hold_back: Show together what comes within a moment.
    """

    def __init__(self, loop: LoopThread, pen: Pen, *, hold_back: bool) -> None:
        self._loop = loop
        self._pen = pen
        self._hold_back = hold_back
        self._lock = threading.Lock()
        self._held = ""
        self._length = 0
        self._ending = False
        self._ended = False
        self._news, self._end = asyncio.Event(), asyncio.Event()
        self._work = loop.start(self._run())

    def add(self, text: str) -> None:
        """Append this.

        Raises:
            WordsTooLong: The message becomes longer than Slack keeps.
            ChatRefused: Slack did not let an earlier piece through.
        """
        if self._ending:
            raise Broken("A message was written on after its end.", "Please report this.")
        if self._work.done():
            self._work.result()
        with self._lock:
            self._length += len(text)
            if self._length > LONGEST_STREAM:
                checked("x" * self._length, LONGEST_STREAM)
            self._held += text
        if self._hold_back:
            self._loop.soon(self._news.set)
        elif piece := self._take():
            self._loop.call(self._pen.write(piece))

    def finish(self, buttons: Sequence[Button] = ()) -> Place:
        """Show everything, end the writing, and say where it stands. May be called again when it fails."""
        if not self._ended:
            self._ending = True
            # In this order: whoever is woken by news finds that it is the end.
            for event in (self._end, self._news):
                self._loop.soon(event.set)
            self._work.result()
            self._loop.call(self._pen.end(self._take(everything=True), buttons))
            self._ended = True
        return self._pen.place

    def _take(self, *, everything: bool = False) -> str:
        with self._lock:
            cut = len(self._held) if everything else ready(self._held)
            piece, self._held = self._held[:cut], self._held[cut:]
        return piece

    async def _run(self) -> None:
        """Show what has been added, piece by piece, until the end is asked for."""
        while not self._end.is_set():
            await self._news.wait()
            self._news.clear()
            if not self._end.is_set() and (piece := self._take()):
                await self._pen.write(piece)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._end.wait(), self._pen.every)
