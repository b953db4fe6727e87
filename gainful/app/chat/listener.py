"""Lets people in a chat look on while a run answers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gainful.app.chat.reply import ReplyStream
from gainful.core.value import Json
from gainful.gate.outcome import Outcome
from gainful.sdk.dialogue import Turn


class ChatListener:
    """Shows a run in the message in which it will answer.

    Args:
        speaks: Whether the model's words may be shown as they come: what it says is its answer, and the gate would let
            that pass as it is. Asked when the first ones come.
    """

    def __init__(self, stream: ReplyStream, speaks: Callable[[], bool]) -> None:
        self._stream = stream
        self._speaks = speaks
        self._allowed: bool | None = None

    @property
    def live(self) -> bool:
        """Whether the words are shown as they come."""
        if self._allowed is None:
            self._allowed = self._speaks()
        return self._allowed

    def text(self, piece: str) -> None:
        """Show this piece."""
        self._stream.add(piece)

    def turned(self, turn: Turn, *, recorded: bool) -> None:
        """Nothing: the reply itself shows what was said."""

    def calling(self, tool: str, arguments: Mapping[str, Json]) -> None:
        """Say what is being done, if it takes long; nothing of what a model or a stranger said."""
        del arguments
        self._stream.working(tool)

    def called(self, tool: str, outcome: Outcome) -> None:
        """Nothing: what came of it is in the reply."""
