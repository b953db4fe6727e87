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

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, PrivateAttr, ValidationError

from gainful.agents.file.agent_problems import AgentFileInvalid, findings, invalid, near
from gainful.agents.file.bounds import USUAL, Bounds
from gainful.agents.file.front_matter import FrontMatter, Place, Problem, Unreadable, line_of, read_front_matter
from gainful.agents.file.gather import (
    NOWHERE,
    REPLY,
    REPLY_TOOL,
    Answer,
    Call,
    GatherCall,
    badly_placed,
    filled,
    unfit,
)
from gainful.agents.file.outcome_claim import OutcomeClaim
from gainful.agents.file.quiet_hours import Quiet
from gainful.agents.file.restriction import Count, Part, Restrictions, ToolName, by_tool
from gainful.agents.waking.trigger import Trigger, TriggerInvalid, triggers_from
from gainful.core.tool import Effect, ToolSpec
from gainful.core.value import Json
from gainful.policy.manifest import Budgets, Manifest, Spending

LARGEST = 256 * 1024
"""Characters of a whole file."""

SKILL_TOOL = "skill.read"
MODEL_TOOL = "model.ask"

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
        problems = [*self._of_tools(specs), *self._of_calls(specs)]
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

    def _of_tools(self, specs: Mapping[str, ToolSpec]) -> Iterator[Problem]:
        used = self.used
        for tool, place in used.items():
            if tool not in specs:
                fix = f"{near(tool, specs) if len(specs) < MOST_NAMED else _nearest(tool, specs)} {SEE_TOOLS}"
                yield self.wrong(place, f"there is no tool '{tool}'", fix.strip())
        for tool in self.restrictions.tools:
            place = ("manifest", tool)
            if tool not in used:
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
            for what, fix in unfit(arguments, specs[tool]) if tool in specs else ():
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


# --- reading one -----------------------------------------------------------------------------------------------------


def agent_file_from(text: str, folder: str = "", where: str = "AGENT.md") -> AgentFile:
    """The agent that this text describes.

    Args:
        folder: Name of the folder it lies in, where it lies in one: the agent is called the same.
        where: How the file is called in errors.

    Raises:
        AgentFileInvalid: With every problem that was found, the first of which is told.
    """
    if len(text) > LARGEST:
        too_long = Problem(0, f"it has {len(text):,} characters", f"Say it in {LARGEST:,}; what is rare is a skill.")
        raise invalid(where, [too_long])
    try:
        front = read_front_matter(text)
    except Unreadable as error:
        raise invalid(where, [error.problem]) from None
    problems = list(_of_body(front))
    try:
        # By way of JSON: a list in YAML is a tuple here, a number an exact decimal.
        file = AgentFile.model_validate_json(json.dumps(_shaped(front.content)))
    except ValidationError as error:
        found = findings(error.errors(include_url=False), front.lines, AgentFile)
        raise invalid(where, [*problems, *found]) from None
    file._instructions, file._lines, file._where = front.body, front.lines, where
    problems += [*_of_folder(file, folder), *_of_triggers(file), *_of_places(file), *_of_names(file)]
    problems += _of_hold_out(file)
    if problems:
        raise invalid(where, problems)
    return file


def _shaped(content: Mapping[str, Json]) -> dict[str, Json]:
    """The keys with what people write in short written in full."""
    shaped = {name: value for name, value in content.items() if name != "instructions"}
    if isinstance(shaped.get("answer"), str):
        shaped["answer"] = {"tool": shaped["answer"]}
    if "manifest" in shaped:
        shaped["manifest"] = by_tool(shaped["manifest"])
    return shaped


def _of_body(front: FrontMatter) -> Iterator[Problem]:
    if "instructions" in front.content:
        line = line_of(front.lines, ("instructions",))
        yield Problem(line, "'instructions' is no key", "Write them below the second line of hyphens.")
    elif not front.body:
        yield Problem(0, "it has no instructions", "Write what the agent is to do below the second line of hyphens.")


def _of_folder(file: AgentFile, folder: str) -> Iterator[Problem]:
    if folder and folder != file.name:
        what = f"the agent is called '{file.name}', and its folder '{folder[:60]}'"
        yield file.wrong(("name",), what, f"Write `name: {folder[:60]}`, or rename the folder.")


def _of_triggers(file: AgentFile) -> Iterator[Problem]:
    """What is wrong with the first trigger that cannot be, by itself or beside those before it."""
    for number in range(len(file.triggers)):
        try:
            triggers_from(file.triggers[: number + 1])
        except TriggerInvalid as error:
            yield file.wrong(("triggers", number), error.what.rstrip("."), error.next_move)
            return


def _of_places(file: AgentFile) -> Iterator[Problem]:
    calls: list[tuple[Place, Mapping[str, Json]]] = [
        (("gather", number, "with"), call.arguments) for number, call in enumerate(file.gather)
    ]
    for place, arguments in [*calls, (("answer", "with"), file.answers.arguments)]:
        for mistake in badly_placed(arguments):
            yield file.wrong(place, mistake, 'Write a place to fill in as a whole value, in quotes: "{text}".')


def _of_names(file: AgentFile) -> Iterator[Problem]:
    for key, names in (("tools", file.tools), ("skills", file.skills)):
        for number, name in enumerate(names):
            if name in names[:number]:
                yield file.wrong((key, number), f"'{name}' is named twice", "Take one of them out.")


def _of_hold_out(file: AgentFile) -> Iterator[Problem]:
    if file.hold_out and not any(one.get("on") in ASKED_BY_OTHERS for one in file.triggers):
        what = "nothing that wakes it is asked for by somebody else, so nothing can be left to be done by hand"
        yield file.wrong(("hold_out",), what, "Let a chat or a mail wake it, or take `hold_out` out.")
