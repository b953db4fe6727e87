"""What a perfect executor does: the calls of a task, worked out from its plan before any gate is asked.

Each argument is what the plan's expression comes to. Slots that a model would fill (`compose`, `extract`), and those
that the data do not settle, take the value of AgentDojo's ground truth; canned free text is marked, since no model
wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.agentdojo.declarations import TOOLS
from bench.agentdojo.provenance import Provenance
from bench.agentdojo.world import Run, environment, opening
from gainful.core.tool import Effect, Role
from gainful.core.value import Value
from gainful.policy.expression import NotYet, evaluate
from gainful.policy.functions import Open, PlanUnclear, equal, influenced, is_open, items_of, truth
from gainful.policy.plan import Plan, Step, plan_from


@dataclass(frozen=True)
class Call:
    """One call of a task.

    Args:
        filled: Arguments that the plan left open, or the data did not settle: they are the ground truth's.
        composed_from: Those of them that are canned text where a model would write.
        step: The step of the plan; empty where the task was left to a text.
    """

    tool: str
    args: dict[str, Any]
    filled: frozenset[str] = frozenset()
    composed_from: frozenset[str] = frozenset()
    step: str = ""

    @property
    def is_plain_read(self) -> bool:
        """Whether it only reads, on the person's own machines."""
        return TOOLS[self.tool].effect is Effect.READ


@dataclass
class _Truth:
    """The ground truth's calls, each to be taken once."""

    calls: list[tuple[str, dict[str, Any]]]
    taken: set[int] = field(default_factory=set)

    def take(self, tool: str) -> dict[str, Any] | None:
        """The arguments of the next call of this tool."""
        for at, (name, args) in enumerate(self.calls):
            if name == tool and at not in self.taken:
                self.taken.add(at)
                return args
        return None

    def take_equal(self, tool: str, args: Mapping[str, Any]) -> None:
        """Count the call of this tool with these arguments as taken."""
        for at, (name, given) in enumerate(self.calls):
            if name == tool and at not in self.taken and equal_args(given, args):
                self.taken.add(at)
                return

    def rest(self) -> list[tuple[str, dict[str, Any]]]:
        """The calls that no step of the plan made."""
        return [call for at, call in enumerate(self.calls) if at not in self.taken]


def equal_args(one: Any, other: Any) -> bool:
    """Whether two sets of arguments say the same: left out and null are alike, and so are channels' ids and names."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        names = {name for name, part in [*one.items(), *other.items()] if part is not None}
        return all(equal_args(one.get(name), other.get(name)) for name in names)
    return bool(equal(list(one) if isinstance(one, tuple) else one, list(other) if isinstance(other, tuple) else other))


def calls_of(
    suite: str,
    task: Any,
    written: Mapping[str, Any],
    *,
    attacked: bool,
    change: Callable[[Any], None] = lambda _: None,
) -> list[Call]:
    """The calls of a task in a clean or an attacked world, after this change of it."""
    env = environment(suite, attacked, task)
    change(env)
    truth_ = _Truth([(call.function, dict(call.args)) for call in ground_truth(suite, task, attacked=attacked)])
    plan = plan_from(written)
    found = list(steps_of(suite, env, opening(suite, env, task.PROMPT, written), truth_))
    if plan.delegations:
        found.extend(_left_to_a_text(plan, truth_, found))
    return found


def steps_of(suite: str, env: Any, provenance: Provenance, truth_: _Truth | None = None) -> Iterator[Call]:
    """The calls that the plan's steps come to, each carried out in this world before the next is worked out."""
    assert provenance.plan is not None
    run = Run(suite, env, provenance, lambda *_: "allow")
    for step in plan_from(provenance.plan).steps:
        for call in _of_step(step, run, truth_ or _Truth([])):
            run.carry_out(call.tool, call.args)
            yield call


def ground_truth(suite: str, task: Any, *, attacked: bool) -> list[Any]:
    """AgentDojo's ground truth, with the misspelt domain in one workspace task put right."""
    calls = task.ground_truth(environment(suite, attacked, task))
    for call in calls:
        if call.function == "send_email":
            call.args["recipients"] = [
                address.replace("@luesparrowtech", "@bluesparrowtech") for address in call.args["recipients"]
            ]
    return list(calls)


def _left_to_a_text(plan: Plan, truth_: _Truth, made: list[Call]) -> Iterator[Call]:
    planned = {step.tool for step in plan.steps if TOOLS[step.tool].effect is not Effect.READ}
    for tool, args in truth_.rest():
        done = any(call.tool == tool and equal_args(call.args, args) for call in made)
        if not done and not (tool in planned and not any("*" in one.tools for one in plan.delegations)):
            composed = [name for name in args if TOOLS[tool].arguments.get(name) is Role.CONTENT]
            yield Call(tool, args, frozenset(args), frozenset(composed))


def _of_step(step: Step, run: Run, truth_: _Truth) -> Iterator[Call]:
    """The calls that one step comes to."""
    progress = run.state.progress
    assert progress is not None
    names = {**progress.given, **progress.results}
    if step.each is None:
        yield from _one(step, names, truth_)
        return
    variable, expression = step.each
    try:
        source = evaluate(expression, names)
    except (NotYet, PlanUnclear):
        # The data do not say for which things: the ground truth does.
        while (right := truth_.take(step.tool)) is not None:
            yield Call(step.tool, right, frozenset(right), step=step.name)
        return
    for item in items_of(source):
        yield from _one(step, {**names, variable: influenced(item, source.label)}, truth_)


def _one(step: Step, names: Mapping[str, Value], truth_: _Truth) -> Iterator[Call]:
    if step.when is not None:
        try:
            if not truth(evaluate(step.when, names)):
                return
        except PlanUnclear:
            # The ground truth knows what a model would have answered.
            if all(tool != step.tool for tool, _ in truth_.rest()):
                return
    is_read = TOOLS[step.tool].effect is Effect.READ
    right = (None if is_read else truth_.take(step.tool)) or {}
    args: dict[str, Any] = {}
    filled, composed = set(), set()
    for name, expression in step.arguments.items():
        try:
            slot: Value | None = evaluate(expression, names)
        except (NotYet, PlanUnclear):
            slot = None
        if slot is None or is_open(slot):
            filled.add(name)
            if TOOLS[step.tool].arguments.get(name) is Role.CONTENT:
                composed.add(name)
        args[name] = _filled(slot, right.get(name))
    if is_read:
        truth_.take_equal(step.tool, args)
    yield Call(step.tool, args, frozenset(filled), frozenset(composed), step.name)


def _filled(slot: Value | None, right: Any) -> Any:
    """The slot's value, with the ground truth's where it is open."""
    if slot is None or isinstance(slot.data, Open):
        return right
    if slot.items is not None:
        parts = right if isinstance(right, list) and len(right) == len(slot.items) else [None] * len(slot.items)
        return [_filled(part, one) for part, one in zip(slot.items, parts, strict=True)]
    if slot.fields is not None:
        fields = right if isinstance(right, Mapping) else {}
        return {name: _filled(part, fields.get(name)) for name, part in slot.fields.items()}
    return slot.data
