"""How a run has gone so far: what it was asked, what it has read, how far its plan has come. Read from the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gainful.core.errors import Refused
from gainful.core.label import TYPED, UNKNOWN
from gainful.core.tool import Act, Effect, Role, ToolSpec
from gainful.core.value import Json, Value, leaf
from gainful.gate.call import Recorded, State
from gainful.gate.proposal import canonical
from gainful.policy.attribution import Context, Seen, attributed
from gainful.policy.plan import Match, Plan, Planned, Progress, Unclear, Unplanned, plan_from
from gainful.policy.request import Course as Counts
from gainful.policy.typed import typed

PLAN = "plan"
"""Under this name a frozen plan stands in the journal."""

TOLD = ToolSpec("told", Effect.READ, Act.READ, {})
"""Under this name stands in the journal what a run was told without having asked, such as the mail that woke it."""


class PlanTooLate(Refused):
    """A plan was brought to a run that has one, or that has read what a stranger may have written."""

    code = "plan-too-late"


@dataclass(frozen=True, slots=True)
class Running:
    """One run of one agent.

    Args:
        person: On whose behalf it runs.
        instruction: What they asked for, in their own words; an agent file counts as its owner's.
        given: Values that plans may use from the beginning, such as `now`.
        hops: How many agents' messages lie between this run and a person.
    """

    run_id: str
    person: str
    instruction: str
    started_at: datetime
    given: Mapping[str, Value] = field(default_factory=dict)
    hops: int = 0


def call_digest(tool: str, arguments: Mapping[str, Json]) -> str:
    """SHA-256 (hex) of a tool and its arguments: the same for the same call."""
    return hashlib.sha256(b"gainful call, version 1\x00" + canonical([tool, dict(arguments)])).hexdigest()


class Course:
    """What the gate knows of one run.

    Args:
        tools: Declarations by name, to read the journal with.
        went_on_at: When the run began, or last went on after waiting for a person.
    """

    def __init__(
        self, running: Running, tools: Mapping[str, ToolSpec], past: Sequence[Recorded], went_on_at: datetime
    ) -> None:
        self.running = running
        self._went_on_at = went_on_at
        self._tools = tools
        self._context = Context(typed(running.instruction, running.started_at.year))
        self._progress: Progress | None = None
        self._past: list[Recorded] = []
        for call in past:
            self.take(call)

    @property
    def tainted(self) -> bool:
        """Whether the run has read what a stranger may have written."""
        return self._context.tainted

    @property
    def plan(self) -> Plan | None:
        """The frozen plan; None without one."""
        return self._progress.plan if self._progress is not None else None

    def freeze(self, plan: Plan) -> None:
        """Hold the run to this plan from now on.

        Raises:
            PlanTooLate: It has another one, or has read something that may have written this one.
        """
        if self._progress is not None:
            raise PlanTooLate("This run has a plan already.", "Start a new run for another plan.")
        if self.tainted:
            raise PlanTooLate(
                "This run has read what a stranger may have written, and a plan must be older than that.",
                "Start a new run, and plan before reading.",
            )
        self._progress = Progress(plan, self.running.given)
        for call in self._past:
            told = Unplanned(TOLD.name) if call.tool == TOLD.name else None
            self._advance(call, told or self.match(call.tool, call.plain))

    def match(self, tool: str, arguments: Mapping[str, Json]) -> Match | None:
        """How this call stands to the plan; None without a plan."""
        if self._progress is None or tool not in self._tools:
            return None
        return self._progress.match(tool, arguments, repeatable=_repeatable(self._tools[tool]))

    def labelled(self, spec: ToolSpec, arguments: Mapping[str, Json], match: Match | None) -> dict[str, Value]:
        """The arguments with their labels: as the plan bound them, or as the run's knowledge tells."""
        if isinstance(match, Planned | Unclear):
            return {name: value for name, value in match.arguments.items() if name in arguments}
        return attributed(spec, arguments, self._context)

    def counts(self, digest: str, tool: str, in_day: int, at: datetime) -> Counts:
        """How the run has gone, for the rules that stop what goes in circles."""
        called = [call for call in self._past if call.state is not State.DENIED]
        return Counts(
            steps=sum(call.tool != TOLD.name for call in self._past),
            lasted=at - self._went_on_at,
            same_call=sum(call.digest == digest for call in self._past),
            refusals=len(self._past) - len(called),
            hops=self.running.hops,
            in_run=sum(call.tool == tool for call in called),
            in_day=in_day,
        )

    def take(self, call: Recorded) -> None:
        """Take account of the next entry of the journal: a frozen plan, what the run was told, or a call."""
        if call.tool == PLAN and call.state is State.DONE:
            self.freeze(plan_from(call.arguments["plan"].plain))
        elif call.tool == TOLD.name:
            self.note(call, Unplanned(TOLD.name))
        else:
            self.note(call, self.match(call.tool, call.plain))

    def note(self, call: Recorded, match: Match | None) -> None:
        """Take account of a call that was recorded."""
        self._past = [*(one for one in self._past if one.key != call.key), call]
        if call.state is State.DONE:
            seen = Seen(self._spec(call), call.arguments, call.result)
            self._context = replace(self._context, seen=(*self._context.seen, seen))
        elif call.state in (State.FAILED, State.UNCERTAIN):
            # What a failure says is the other side's text too, and the model reads it.
            told = Seen(self._spec(call), {}, leaf(call.note, UNKNOWN))
            self._context = replace(self._context, seen=(*self._context.seen, told))
        self._advance(call, match)

    def _spec(self, call: Recorded) -> ToolSpec:
        return TOLD if call.tool == TOLD.name else self._tools.get(call.tool) or gone(call)

    def _advance(self, call: Recorded, match: Match | None) -> None:
        # What may have happened counts as done: the plan does not allow it twice.
        if self._progress is not None and match is not None and call.state in _HAPPENED:
            self._progress = self._progress.after(match, call.result)


def gone(call: Recorded) -> ToolSpec:
    """The declaration of a tool that was called and is not there any more: the worst that it can have been."""
    return ToolSpec(call.tool, Effect.EGRESS, Act.WRITE, dict.fromkeys(call.arguments, Role.TARGET))


_HAPPENED = (State.DONE, State.UNCERTAIN, State.HELD_BACK)


def _repeatable(spec: ToolSpec) -> bool:
    return spec.effect == "read"


def own_words(text: str) -> Value:
    """A text that the person wrote, as a value for plans."""
    return Value(text, TYPED, derivation="you")
