"""The product's default policy as a gate of this benchmark: `bench.agentdojo:gainful_gate`.

It adds nothing to `gainful.policy`: it replays what the run has done through the product's own code (how each call
stood to the plan, whose words its arguments were, which labels its answer has and its objects keep), then asks
`decide`. It looks at the history's raw calls and answers, so that it also runs in a harness that knows of no labels and
no plans.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from bench.agentdojo.declarations import TOOLS, answer
from bench.agentdojo.manifests import MANIFESTS
from gainful.core.label import UNKNOWN, Integrity, Label, join_all
from gainful.core.tool import Effect, ToolSpec
from gainful.core.value import Value, leaf, uniform
from gainful.policy.attribution import Context, Seen, attributed, object_name, returned
from gainful.policy.decide import decide
from gainful.policy.decision import Decision, Opinion, Verdict, strongest
from gainful.policy.plan import Match, Planned, Progress, Unclear, plan_from
from gainful.policy.request import Course, Facts, Request
from gainful.policy.typed import typed


@dataclass(frozen=True, eq=False)
class State:
    """What the runtime knows after some calls.

    Args:
        objects: Label by the name of each object that an agent wrote, in this run or before.
    """

    context: Context
    progress: Progress | None
    objects: Mapping[str, Label]
    tainted: bool = False
    calls: tuple[tuple[str, str], ...] = ()
    after: dict[int, tuple[Any, State]] = field(default_factory=dict)

    def match(self, tool: str, args: Mapping[str, Any]) -> tuple[Match | None, dict[str, Value]]:
        """How a call stands to the plan, and its arguments with their labels."""
        spec = TOOLS[tool]
        given = {name: part for name, part in args.items() if part is not None}
        if self.progress is None:
            return None, attributed(spec, given, self.context)
        match = self.progress.match(tool, given, repeatable=spec.effect is Effect.READ)
        if isinstance(match, Planned | Unclear):
            return match, dict(match.arguments)
        return match, attributed(spec, given, self.context)

    def then(self, record: Any) -> State:
        """The state after this call; worked out once for each record."""
        kept = self.after.get(id(record))
        if kept is None or kept[0] is not record:
            kept = (record, self._then(record))
            self.after[id(record)] = kept
        return kept[1]

    def _then(self, record: Any) -> State:
        calls = (*self.calls, (record.tool, _canonical(record.args)))
        spec = TOOLS.get(record.tool)
        if spec is None:
            return replace(self, tainted=True, calls=calls, after={})
        match, arguments = self.match(record.tool, record.args)
        if record.error is not None:
            result = uniform(record.error, UNKNOWN)
        else:
            result = returned(spec, arguments, answer(record.tool, record.result), self.objects)
        objects = self.objects if record.error is not None else _written(spec, arguments, result, self.objects)
        progress = self.progress
        if progress is not None and match is not None and record.error is None:
            progress = progress.after(match, result)
        return State(
            replace(self.context, seen=(*self.context.seen, Seen(spec, arguments, result))),
            progress,
            objects,
            self.tainted or any(part.label.tainted for part in result.leaves()),
            calls,
        )


def state_of(provenance: Any) -> State:
    """What the runtime knows at this point of a run."""
    plan = getattr(provenance, "plan", None)
    state = _begin(
        provenance.prompt,
        json.dumps(plan) if plan is not None else "",
        getattr(provenance, "now", ""),
        getattr(provenance, "me", ""),
        tuple(sorted(getattr(provenance, "objects", {}).items(), key=lambda item: item[0])),
    )
    for record in provenance.history:
        state = state.then(record)
    return state


@lru_cache(maxsize=64)
def _begin(prompt: str, plan: str, now: str, me: str, objects: tuple[tuple[str, Label], ...]) -> State:
    clock = Label(Integrity.TRUSTED, sources=frozenset({"clock"}))
    given = {"now": leaf(now, clock), "today": leaf(now[:10], clock), "me": leaf(me, clock)}
    progress = Progress(plan_from(plan), given) if plan else None
    year = int(now[:4]) if now else None
    return State(Context(typed(prompt, year)), progress, dict(objects))


def decision(tool: str, args: Mapping[str, Any], provenance: Any) -> Decision:
    """What the default policy answers, with its rules and reason."""
    spec = TOOLS.get(tool)
    if spec is None:
        return strongest([Opinion(Verdict.DENY, "outside-manifest", f"Nobody declared '{tool[:80]}'.")])
    state = state_of(provenance)
    match, arguments = state.match(tool, args)
    agent = getattr(provenance, "agent", "")
    made = [call for call in state.calls if call[0] == tool]
    facts = Facts(
        manifest=MANIFESTS[agent],
        tainted=state.tainted,
        match=match,
        exposed=_exposed(spec, arguments, state.objects),
        course=Course(
            steps=len(state.calls), same_call=made.count((tool, _canonical(args))), in_run=len(made), in_day=len(made)
        ),
    )
    return decide(Request(MANIFESTS[agent].agent, spec, arguments), facts)


def gainful_gate(tool: str, args: Mapping[str, Any], provenance: Any) -> str:
    """`allow`, `ask` or `deny`, as Gainful's default policy with honest manifests answers."""
    return str(decision(tool, args, provenance).verdict)


def _exposed(spec: ToolSpec, arguments: Mapping[str, Value], objects: Mapping[str, Label]) -> dict[str, Label]:
    """Stored labels of the objects whose content leaves with the call."""
    names = {
        object_name(pattern, part)
        for argument, pattern in spec.exposes.items()
        if argument in arguments
        for part in arguments[argument].leaves()
    }
    return {name: objects[name] for name in sorted(names) if name in objects}


def _written(
    spec: ToolSpec, arguments: Mapping[str, Value], result: Value, objects: Mapping[str, Label]
) -> Mapping[str, Label]:
    """The stored labels once the call has written on its objects."""
    if not spec.writes:
        return objects
    label = join_all(value.whole for value in arguments.values())
    record = Value(None, label, fields=arguments)
    names = [object_name(object_name(pattern, record), result) for pattern in spec.writes]
    return {**objects, **{name: join_all([label, *([objects[name]] if name in objects else [])]) for name in names}}


def _canonical(args: Mapping[str, Any]) -> str:
    return json.dumps(args, sort_keys=True, default=str)
