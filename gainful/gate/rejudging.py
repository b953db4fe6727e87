"""What would be decided about recorded calls now: by today's manifest and rules, on what was known when they were made.

    today = Today(manifest, organisation, tools)
    for call, decision in zip(past, Rejudging(running, today, world).calls(past, resumed_at), strict=True): ...

Only the function that decides is called: nothing is written down, held, asked or done. A stop is left out, since it
says nothing about a call; and so are budgets, which are no rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from gainful.core.label import Label
from gainful.core.tool import ToolSpec
from gainful.gate.asking import exposed_by
from gainful.gate.call import Recorded
from gainful.gate.course import PLAN, TOLD, Course, Running
from gainful.gate.effects import request_of
from gainful.gate.journal import Effect
from gainful.policy.decide import decide
from gainful.policy.decision import Decision, Verdict
from gainful.policy.manifest import Manifest
from gainful.policy.organisation import OrganisationRule
from gainful.policy.request import Facts, Request

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Today:
    """By what is judged.

    Args:
        manifest: In force now; None where nobody has approved one.
        tools: Declarations by name, as they are installed now.
    """

    manifest: Manifest | None
    organisation: tuple[OrganisationRule, ...]
    tools: Mapping[str, ToolSpec]

    def decide(self, request: Request, facts: Facts) -> Decision:
        """The decision about this request."""
        return decide(request, replace(facts, manifest=self.manifest, organisation=self.organisation, stopped=""))


class World(Protocol):
    """What the gate looks up beside the run itself. Reads alone."""

    def object_labels(self, names: Sequence[str]) -> dict[str, Label]:
        """The stored labels of those of these objects that have one."""

    def calls_since(self, agent: str, tool: str, since: datetime, until: datetime | None = None) -> int:
        """How many calls of this tool the agent has intended in that time, denied ones left out."""


class Rejudging:
    """Judges the calls of one run once more.

    Args:
        running: Of the run; its instruction is not needed, since calls were recorded with their labels.
    """

    def __init__(self, running: Running, today: Today, world: World) -> None:
        self._running = running
        self._today = today
        self._world = world

    def calls(self, past: Sequence[Recorded], resumed_at: Sequence[datetime]) -> Iterator[Decision | None]:
        """For each entry of the journal what would be decided; None where there is nothing to decide about.

        Args:
            past: The whole journal of the run, in order.
            resumed_at: When people's answers let the run go on.
        """
        course = Course(self._running, self._today.tools, (), self._running.started_at)
        for call in past:
            yield None if call.tool in (PLAN, TOLD.name) else self._call(call, course, resumed_at)
            course.take(call)

    def _call(self, call: Recorded, course: Course, resumed_at: Sequence[datetime]) -> Decision:
        spec = self._today.tools.get(call.tool)
        if spec is None:
            return Decision(Verdict.DENY, ("well-formed",), f"There is no tool '{call.tool[:80]}' now.")
        began = max([self._running.started_at, *(at for at in resumed_at if at <= call.intended_at)])
        counts = course.counts(call.digest, call.tool, self._in_day(call), call.intended_at)
        facts = Facts(
            tainted=course.tainted,
            match=course.match(call.tool, call.plain),
            exposed=self._world.object_labels(exposed_by(spec, call.arguments)),
            course=replace(counts, lasted=call.intended_at - began),
        )
        return self._today.decide(Request(call.agent, spec, call.arguments), facts)

    def _in_day(self, call: Recorded) -> int:
        grants = self._today.manifest.grants(call.tool) if self._today.manifest is not None else ()
        if all(grant.per_day is None for grant in grants):
            return 0
        return self._world.calls_since(call.agent, call.tool, call.intended_at - DAY, call.intended_at)


def judged_effect(agent: str, effect: Effect, facts_of: Callable[[Effect], Facts], today: Today) -> Decision:
    """What would be decided about one change to a mailbox.

    Args:
        facts_of: Of the effect's mail, as they are known now.
    """
    return today.decide(request_of(agent, effect, today.tools), facts_of(effect))


def judged_question(agent: str, tool: str, today: Today) -> Decision:
    """What would be decided about asking a language model."""
    spec = today.tools.get(tool)
    if spec is None:
        return Decision(Verdict.DENY, ("well-formed",), f"There is no tool '{tool[:80]}' now.")
    return today.decide(Request(agent, spec), Facts())
