"""Everything that one run of an agent begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gainful.agents.file.gather import Answer
from gainful.core.occurrence import Occurrence
from gainful.core.tool import ToolSpec
from gainful.core.value import Json

REPLY = "reply"
NOWHERE = "none"
REPLY_TOOL = "chat.reply"


NO_ANSWER = Answer(tool=NOWHERE)
"""The last text stays with the run."""


@dataclass(frozen=True, slots=True)
class GatherCall:
    """A call that is made before the model is asked, so that it need not ask for it."""

    tool: str
    arguments: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a run may go before it is ended.

    Args:
        turns: Answers of the model.
        output_tokens: Of one answer, reasoning included.
        context_octets: Of the conversation; beyond it, the oldest answers of tools are left out.
        answer_characters: Of one tool's answer as the model is shown it.
    """

    turns: int = 24
    output_tokens: int = 1200
    context_octets: int = 120_000
    answer_characters: int = 12_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A tool as the model may use it.

    Args:
        schema: JSON schema of the arguments where the tool brings one; else it follows from the declaration.
    """

    spec: ToolSpec
    schema: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """What an agent's version, and what woke it, make of a run.

    Args:
        instructions: Of the agent's file: its owner's own words.
        gather: Calls made first, in order.
        tools: What the model may be shown, in order.
        answer: Where the last text goes.
    """

    agent: str
    instructions: str
    occurrence: Occurrence
    gather: Sequence[GatherCall] = ()
    tools: Sequence[Shown] = ()
    answer: Answer = NO_ANSWER
    bounds: Bounds = Bounds()

    @property
    def answer_tool(self) -> str:
        """The tool that brings the answer where it goes; empty when it stays with the run."""
        if self.answer.tool == REPLY:
            # Started by hand or by a clock there is nobody to reply to.
            return REPLY_TOOL if self.occurrence.answer_to is not None else ""
        return "" if self.answer.tool == NOWHERE else self.answer.tool

    def answered(self, text: str) -> dict[str, Json]:
        """The arguments of that tool."""
        return self.answer.filled(text, self.occurrence.about)
