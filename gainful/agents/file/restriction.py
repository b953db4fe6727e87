"""How far an agent may use its tools, as its file says it, and the manifest's grants that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from gainful.agents.file.agent_problems import near
from gainful.core.tool import ToolSpec
from gainful.core.value import Json
from gainful.policy.manifest import Limits, ToolGrant

LIMITS = "limits"
TOOL = r"[a-z][a-z0-9_-]*(?:\.[a-z0-9_-]+)+"
"""How tools are called."""

ToolName = Annotated[str, Field(pattern=rf"^{TOOL}$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Part(BaseModel):
    """A part of an agent's file: strict, and never changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def by_tool(given: Json) -> Json:
    """What stands in the file, where limits stand among the tools, as `Restrictions` has it."""
    if not isinstance(given, dict):
        return given
    tools = {name: part if isinstance(part, list) else [part] for name, part in given.items() if name != LIMITS}
    return {"tools": tools, **({LIMITS: given[LIMITS]} if LIMITS in given else {})}


class Restriction(Part):
    """How far a tool may be used. What is not said is free.

    Args:
        arguments: Patterns by argument: each value must fit one of them, as in a manifest.
        at_most: The largest number by argument, whatever its sign.
        per_run: How often it may be called in one run.
        per_day: How often it may be called in 24 hours.
        words_from: Sources whose words it may carry on without asking, a stranger's among them, such as `chat:*`.
    """

    arguments: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    at_most: Mapping[str, Decimal] = Field(default_factory=dict)
    per_run: Count | None = None
    per_day: Count | None = None
    words_from: tuple[str, ...] = ()


class Restrictions(Part):
    """Restrictions by tool, and when a run is stopped.

    Args:
        tools: A list of several restrictions allows what one of them allows.
        limits: When a run is stopped, whatever it says.
    """

    tools: Mapping[ToolName, tuple[Restriction, ...]] = Field(default_factory=dict)
    limits: Limits = Limits()

    def grants(self, tool: str) -> tuple[ToolGrant, ...]:
        """What the manifest grants of this tool: all of it, where nothing is said of it."""
        return tuple(
            ToolGrant(
                tool=tool,
                arguments=one.arguments,
                at_most=one.at_most,
                per_run=one.per_run,
                per_day=one.per_day,
                words_from=one.words_from,
            )
            for one in self.tools.get(tool, (Restriction(),))
        )

    def mistakes(self, spec: ToolSpec) -> Iterator[tuple[str, str, str]]:
        """Arguments that are restricted and that the tool does not have: the argument, what is wrong, what to do.

        A restriction of a misspelt argument would leave the real one free.
        """
        for one in self.tools.get(spec.name, ()):
            for name in (*one.arguments, *one.at_most):
                if name not in spec.arguments:
                    yield name, f"{spec.name} has no argument '{name[:60]}'", near(name, spec.arguments)
