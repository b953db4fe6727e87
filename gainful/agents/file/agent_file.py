"""An agent's file: who owns it, what it is for, what wakes it, what it may use and spend, and how it goes about it.

    ---
    name: handbook
    owner: ada
    purpose: Answers questions from the handbook, with links.
    triggers:
      - on: mention
    tools: [files.read]
    manifest:
      files.read: {arguments: {path: ["handbook/*"]}}
    budget: {run: 0.05, month: 5}
    ---
    Answer from the handbook alone. Say so where it is silent.

The text below the keys is the agent's instructions. They count as its owner's own words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, PrivateAttr

from gainful.agents.file.agent_problems import AgentFileInvalid, invalid, near
from gainful.agents.file.bounds import USUAL, Bounds
from gainful.agents.file.front_matter import Place, Problem, line_of
from gainful.agents.file.gather import (
    NOWHERE,
    REPLY,
    REPLY_TOOL,
    Answer,
    Call,
    GatherCall,
    filled,
    unfit,
)
from gainful.agents.file.outcome_claim import OutcomeClaim
from gainful.agents.file.quiet_hours import Quiet
from gainful.agents.file.restriction import Count, Part, Restrictions, ToolName
from gainful.agents.waking.trigger import Trigger, triggers_from
from gainful.core.tool import Effect, ToolSpec
from gainful.core.value import Json
from gainful.policy.manifest import Budgets, Manifest, Spending

LARGEST = 256 * 1024
"""Characters of a whole file."""

SKILL_TOOL = "skill.read"
MODEL_TOOL = "model.ask"

UNKNOWN = ""
"""Stands for keys of the file that are none, among what could not be read."""

CHAT_TRIGGERS = frozenset({"mention", "direct", "reaction", "command", "message"})
"""Triggers after which there is a place to reply to."""

AgentName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
SkillName = Annotated[str, Field(pattern=r"^[a-z0-9](-?[a-z0-9])*$", max_length=64)]
Amount = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=6)]
Share = Annotated[Decimal, Field(gt=0, le=Decimal("0.5"))]

ASKED_BY_OTHERS = CHAT_TRIGGERS | {"mail"}
"""Triggers behind which stands a work item that somebody else asked for: only such can be left to be done by hand."""


class Budget(Part):
    """What the agent may spend, held before each call. `null` takes a cap away.

    Args:
        run: US dollars of one run.
        month: US dollars of a month.
        calls: Calls of a language model in one run.
    """

    run: Amount | None = Decimal("0.25")
    month: Amount | None = Decimal(10)
    calls: Count | None = 20


class AgentFile(Part):
    """What an agent is.

    Args:
        name: Small letters, digits and hyphens; the same as its folder.
        owner: The person it works for: the name under `[owner]` in the settings, or the one they are signed in with.
        purpose: What it is for, in a sentence.
        model: `PROVIDER:MODEL`; empty for the one of the settings. `scripted:FILE` plays a file, and needs no key.
        triggers: What wakes it, a record each. By hand it can always be started.
        gather: Calls that are made before the model is asked. Their answers stand in what it reads first.
        tools: What the model is shown.
        manifest: Restrictions by tool, and `limits`. Every tool that the file names is granted, freely where nothing
            is said of it here; nothing else is.
        answer: Where the last text of a run goes: `reply`, `none`, a tool, or a record of a tool and its arguments.
            Where nothing is said, `reply` if a chat wakes it, else `none`.
        budget: Hard caps.
        skills: Names of folders under `skills/` beside the file. They teach, and grant nothing.
        outcome: What its work claims to bring about.
        hold_out: `true`: chance leaves a share of what it is woken for by chats and mail to be done by hand, so that it
            becomes known what it saves: that of `[worth] hold_out`, or the one that stands here, 0.5 at most.
        quiet: Hours in which it posts nothing unasked.
    """

    name: AgentName
    owner: Annotated[str, Field(pattern=r"^\w[\w.@+-]{0,63}$")]
    purpose: Annotated[str, Field(min_length=1, max_length=300)]
    model: Annotated[str, Field(pattern=r"^(?:[a-z][a-z0-9-]*:\S.*)?$", max_length=200)] = ""
    triggers: tuple[Mapping[str, Any], ...] = ()
    gather: tuple[Call, ...] = ()
    tools: tuple[ToolName, ...] = ()
    restrictions: Annotated[Restrictions, Field(alias="manifest")] = Restrictions()
    answer: Answer | None = None
    budget: Budget = Budget()
    skills: tuple[SkillName, ...] = ()
    outcome: OutcomeClaim | None = None
    hold_out: Share | bool = False
    quiet: Quiet | None = None
    _instructions: str = PrivateAttr(default="")
    _lines: Mapping[Place, int] = PrivateAttr(default_factory=dict)
    _where: str = PrivateAttr(default="AGENT.md")
    _lost: frozenset[Place] = PrivateAttr(default=frozenset())

    @property
    def instructions(self) -> str:
        """The text below the keys."""
        return self._instructions

    @cached_property
    def woken_by(self) -> tuple[Trigger, ...]:
        """What wakes it, each with a name of its own."""
        return triggers_from(self.triggers)

    @property
    def answers(self) -> Answer:
        """Where the last text of a run goes."""
        if self.answer is not None:
            return self.answer
        return Answer(tool=REPLY if any(one.get("on") in CHAT_TRIGGERS for one in self.triggers) else NOWHERE)

    @property
    def answer_tool(self) -> str:
        """The tool that takes the last text; empty where it stays with the run."""
        tool = self.answers.tool
        return {REPLY: REPLY_TOOL, NOWHERE: ""}.get(tool, tool)

    @property
    def bounds(self) -> Bounds:
        """How far a run of it may go: it answers no more often than it may call."""
        return replace(USUAL, turns=min(USUAL.turns, max(1, self.restrictions.limits.steps)))

    @property
    def used(self) -> dict[str, Place]:
        """Every tool that it may call, and where the file names it."""
        named: list[tuple[str, Place]] = [(MODEL_TOOL, ("model",))]
        named += [(call.tool, ("gather", number, "tool")) for number, call in enumerate(self.gather)]
        named += [(tool, ("tools", number)) for number, tool in enumerate(self.tools)]
        named += [(self.answer_tool, ("answer",))] if self.answer_tool else []
        named += [(SKILL_TOOL, ("skills",))] if self.skills else []
        return dict(reversed(named))

    @property
    def shown(self) -> tuple[str, ...]:
        """The tools that the model is shown, in order."""
        return tuple(dict.fromkeys([*self.tools, *([SKILL_TOOL] if self.skills else [])]))

    def gathered(self, about: Mapping[str, Json]) -> tuple[GatherCall, ...]:
        """The calls to make first, with what the occurrence tells."""
        return tuple(GatherCall(call.tool, filled(call.arguments, about)) for call in self.gather)

    def manifest(self, specs: Mapping[str, ToolSpec]) -> Manifest:
        """What the agent may ever do: a grant for each tool that the file names, and its limits and budgets.

        Args:
            specs: Every tool that there is, by name.

        Raises:
            AgentFileInvalid: It names a tool that there is not, or an argument that a tool has not.
        """
        problems = list(self.mistakes(specs))
        if problems:
            raise self.invalid(problems)
        grants = [grant for tool in sorted(self.used) for grant in self.restrictions.grants(tool)]
        reads = [grant for grant in grants if specs[grant.tool].effect is Effect.READ]
        return Manifest(
            agent=self.name,
            about=self.purpose,
            reads=tuple(reads),
            effects=tuple(grant for grant in grants if grant not in reads),
            limits=self.restrictions.limits,
            budgets=Budgets(
                run=Spending(money=self.budget.run, calls=self.budget.calls), month=Spending(money=self.budget.month)
            ),
        )

    def mistakes(self, specs: Mapping[str, ToolSpec]) -> Iterator[Problem]:
        """Tools that there are not, and arguments that they have not, as the file names them."""
        yield from self._of_tools(specs)
        yield from self._of_calls(specs)

    def cautions(self) -> Iterator[Problem]:
        """What can be so, and is hardly what somebody wanted."""
        run, month = self.budget.run, self.budget.month
        # What nobody wrote is no mistake of theirs: the usual cap of a run is larger than a small one of a month.
        if run is None or month is None or run <= month or "run" not in self.budget.model_fields_set:
            return
        what = f"one run may cost {run:f} USD, and a month {month:f} USD: that of a run can never be reached"
        yield self.wrong(("budget", "run"), what, "Lower `run`, or raise `month`.")

    def lost(self, *place: str | int) -> bool:
        """Whether something that stands at this place, or in it, could not be read."""
        return any(lost[: len(place)] == place for lost in self._lost)

    def _of_tools(self, specs: Mapping[str, ToolSpec]) -> Iterator[Problem]:
        used = self.used
        for tool, place in used.items():
            if tool not in specs:
                fix = f"{near(tool, specs) if len(specs) < MOST_NAMED else _nearest(tool, specs)} {SEE_TOOLS}"
                yield self.wrong(place, f"there is no tool '{tool}'", fix.strip())
        # What could not be read may be where the file names it.
        unsure = self._lost and any(map(self.lost, ("tools", "gather", "answer", "skills", "triggers", UNKNOWN)))
        for tool in self.restrictions.tools:
            place = ("manifest", tool)
            if tool not in used:
                if unsure:
                    continue
                fix = f"{near(tool, used)} What is granted stands under tools, gather or answer."
                yield self.wrong(place, f"'{tool}' is restricted, and the agent does not use it", fix)
            elif tool in specs:
                for argument, what, fix in self.restrictions.mistakes(specs[tool]):
                    yield self.wrong((*place, "arguments", argument), what, fix)

    def _of_calls(self, specs: Mapping[str, ToolSpec]) -> Iterator[Problem]:
        calls: list[tuple[Place, str, Mapping[str, Json]]] = [
            (("gather", number, "with"), call.tool, call.arguments) for number, call in enumerate(self.gather)
        ]
        calls += [(("answer", "with"), self.answer_tool, self.answers.arguments)] if self.answer_tool else []
        for place, tool, arguments in calls:
            for what, fix in unfit(arguments, specs[tool], whole=not self.lost(*place[:-1])) if tool in specs else ():
                yield self.wrong(place, what, fix)

    def wrong(self, place: Sequence[str | int], what: str, fix: str) -> Problem:
        """A problem at this place in the file."""
        return Problem(line_of(self._lines, place), what, fix)

    def invalid(self, problems: Sequence[Problem]) -> AgentFileInvalid:
        """The error that tells these problems."""
        return invalid(self._where, problems)


MOST_NAMED = 12
"""Tools that are all named where none was meant that one can guess."""

SEE_TOOLS = "`gainful tools list` shows those there are."


def _nearest(tool: str, specs: Mapping[str, ToolSpec]) -> str:
    found = near(tool, specs)
    return found if found.startswith("Did") else ""
