"""What a language model's connector implements for conversations with tools: messages in, text and tool calls out.

exchange = Exchange("Be brief.", (PersonSays("What is in notes.txt?"),), (ToolOffer("files.read", "...", {...}),), 800)
turn = model.answer(grant, exchange)           # one request, never repeated behind the caller's back
turn.calls                                     # (WantedCall("c1", "files.read", {"path": "notes.txt"}),)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, runtime_checkable

from gainful.core.money import NO_TOKENS, Tokens
from gainful.core.value import Json
from gainful.sdk.grant import Grant

OnText = Callable[[str], None]
"""Told each piece of the model's text as it comes."""


@dataclass(frozen=True, slots=True)
class ToolOffer:
    """A tool as the model is shown it.

    Args:
        name: As Gainful calls it, such as `mail.send`; the connector finds a form that the provider takes.
        schema: JSON schema of the arguments, an object.
    """

    name: str
    about: str
    schema: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class WantedCall:
    """A tool call that the model asks for.

    Args:
        id: The provider's, by which the answer is told.
        arguments: None when what the model wrote is no JSON object.
    """

    id: str
    tool: str
    arguments: Mapping[str, Json] | None


@dataclass(frozen=True, slots=True)
class PersonSays:
    """A message to the model: the request, and material with it."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelSays:
    """What the model said before.

    Args:
        kept: The provider's own form of it, which only its connector reads; empty when text and calls are all of it.
    """

    text: str
    calls: tuple[WantedCall, ...] = ()
    kept: str = ""


@dataclass(frozen=True, slots=True)
class ToolSays:
    """How a call ended, as the model is told it."""

    call_id: str
    tool: str
    text: str


Message = PersonSays | ModelSays | ToolSays


@dataclass(frozen=True, slots=True)
class Exchange:
    """Everything that a model is given for one turn.

    Args:
        instructions: Trusted.
        messages: In their order; may hold text that strangers wrote, marked as such.
        max_output_tokens: Bound of the turn, reasoning included.
        timeout: The longest that the whole answer may take.
    """

    instructions: str
    messages: tuple[Message, ...]
    tools: tuple[ToolOffer, ...]
    max_output_tokens: int
    timeout: timedelta = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a model answered.

    Args:
        cut: The answer reached the bound of its length.
        kept: As in `ModelSays`.
        response_id: The provider's own id of the response, for its support.
    """

    text: str
    calls: tuple[WantedCall, ...] = ()
    tokens: Tokens = field(default=NO_TOKENS)
    cut: bool = False
    kept: str = ""
    response_id: str = ""

    @property
    def said(self) -> ModelSays:
        """The turn as a message of the next exchange."""
        return ModelSays(self.text, self.calls, self.kept)


@dataclass(frozen=True, slots=True)
class NeverAsked:
    """The request has certainly not left this machine: it costs nothing, and may be made anew."""


@runtime_checkable
class DialogueModel(Protocol):
    """One model of one provider, for one run: not to be shared between threads."""

    name: str
    """`PROVIDER:MODEL`, such as `openai:gpt-5-mini`."""

    def size(self, exchange: Exchange) -> int:
        """Octets of everything that the request will make the model read: an upper bound of its prompt tokens."""

    def answer(self, grant: Grant, exchange: Exchange, on_text: OnText | None = None) -> Turn:
        """The answer to one request.

        Args:
            grant: Its key names the request: under it `find` looks for the answer.

        Raises:
            ModelUnreachable: No answer; it may help to wait.
            ModelRefused: The provider refuses the key, the model or the request.
            ModelBadAnswer: An answer that cannot be used, with what it cost.
        """

    def find(self, grant: Grant, exchange: Exchange) -> Turn | NeverAsked | None:
        """The answer that came to an earlier process's request with this key; None when nobody knows.

        Waits for it while the request is still under way.

        Raises:
            As `answer`: how that request went.
        """

    def forget(self, key: str) -> None:
        """Keep nothing more of this request: its answer is in the books."""

    def close(self) -> None:
        """Let go of connections."""
