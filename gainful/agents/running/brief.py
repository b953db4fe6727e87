"""Everything that one run of an agent begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gainful.agents.file.bounds import USUAL, Bounds
from gainful.agents.file.gather import NOWHERE, REPLY, REPLY_TOOL, Answer, GatherCall
from gainful.core.occurrence import Occurrence
from gainful.core.tool import ToolSpec
from gainful.core.value import Json

NO_ANSWER = Answer(tool=NOWHERE)
"""The last text stays with the run."""


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
    bounds: Bounds = USUAL

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
