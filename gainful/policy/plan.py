"""A plan: what a run will do, written before it has read a word of a stranger's, and then frozen.

    plan = plan_from({"steps": [
        {"name": "events", "tool": "calendar.search", "arguments": {"query": "'Dentist'"}},
        {"name": "move", "tool": "calendar.move",
         "arguments": {"event": "only(events).id", "start": "'2026-12-01 10:00'"}},
    ]})
    progress = Progress(plan)
    match progress.match("calendar.move", {"event": "5", "start": "2026-12-01 10:00"}): ...

Each argument is an expression over the results of earlier steps (`gainful.policy.expression`). It binds the slot: a
model that was turned by what it read may still make the call, but with no other value. What the plan cannot settle
beforehand (`compose`, `extract`) stays open, and takes the label of what a model reads to fill it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gainful.core.label import CONSTANT, UNKNOWN
from gainful.core.value import Json, Value, leaf, uniform
from gainful.policy.expression import Expression, NotYet, PlanInvalid, evaluate, read
from gainful.policy.functions import Open, PlanUnclear, equal, influenced, items_of, truth

MOST_STEPS = 100
MOST_ITEMS = 1_000
"""Of one step's loop."""

ANY_TOOL = "*"


@dataclass(frozen=True, slots=True)
class Step:
    """One planned call.

    Args:
        arguments: Expression by argument; an argument without one must not be given.
        when: The call is made only where this holds.
        each: Name and list: the call is made once for each item.
    """

    name: str
    tool: str
    arguments: Mapping[str, Expression]
    when: Expression | None = None
    each: tuple[str, Expression] | None = None


@dataclass(frozen=True, slots=True)
class Delegation:
    """The person told the agent to follow what a text says: each effect that follows from it is asked about.

    Args:
        source: The step that reads the text.
        tools: What may be asked for; `*` for all that the manifest grants.
    """

    source: str
    tools: frozenset[str]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order in which they are meant, and what was left to a text."""

    steps: tuple[Step, ...]
    delegations: tuple[Delegation, ...] = ()


# --- how a call stands to the plan -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """The call is a step of the plan, with these arguments.

    Args:
        key: Which one of the step's loop; empty without a loop.
    """

    step: str
    key: str
    arguments: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Unclear:
    """The plan has this step, but what was read does not settle it: a person must."""

    step: str
    key: str
    arguments: Mapping[str, Value]
    reason: str


@dataclass(frozen=True, slots=True)
class Delegated:
    """The plan left what to do to a text that was read."""

    source: str


@dataclass(frozen=True, slots=True)
class Unplanned:
    """No step of the plan is this call."""

    reason: str


Match = Planned | Unclear | Delegated | Unplanned


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan has come. Immutable: `after` makes the next one.

    Args:
        given: Values known from the beginning, such as `now`.
        results: What each step has returned; of a loop, a record by item.
        done: Steps that were carried out, with their loop key.
    """

    plan: Plan
    given: Mapping[str, Value] = field(default_factory=dict)
    results: Mapping[str, Value] = field(default_factory=dict)
    done: frozenset[tuple[str, str]] = frozenset()

    def match(self, tool: str, arguments: Mapping[str, Json], *, repeatable: bool = False) -> Match:
        """How this call stands to the plan.

        Args:
            repeatable: Reading twice does no harm; any other step happens once.
        """
        found: list[Match] = []
        reasons = []
        for step in self.plan.steps:
            if step.tool != tool:
                continue
            for key, outcome in self._tries(step, arguments):
                if isinstance(outcome, Unplanned):
                    reasons.append(outcome.reason)
                elif repeatable or (step.name, key) not in self.done:
                    found.append(outcome)
                else:
                    reasons.append(f"step '{step.name}' has been done")
        # A step still to be done comes before one that may be repeated, a settled one before an unclear one.
        best = sorted(found, key=lambda outcome: (isinstance(outcome, Unclear), self._is_done(outcome)))
        if best:
            return best[0]
        for delegation in self.plan.delegations:
            if delegation.source in self.results and delegation.tools & {tool, ANY_TOOL}:
                return Delegated(delegation.source)
        return Unplanned(reasons[0] if reasons else f"the plan has no {tool}")

    def after(self, outcome: Match, result: Value) -> Progress:
        """The progress once the call has returned this."""
        if isinstance(outcome, Delegated | Unplanned):
            return self
        step = next(step for step in self.plan.steps if step.name == outcome.step)
        if step.each is not None:
            held = self.results.get(step.name, Value(None, CONSTANT, fields={}))
            result = replace(held, fields={**(held.fields or {}), outcome.key: result})
        return replace(
            self, results={**self.results, step.name: result}, done=self.done | {(outcome.step, outcome.key)}
        )

    def _is_done(self, outcome: Match) -> bool:
        return isinstance(outcome, Planned | Unclear) and (outcome.step, outcome.key) in self.done

    def _tries(self, step: Step, arguments: Mapping[str, Json]) -> Iterator[tuple[str, Match]]:
        """How the call stands to each iteration of one step."""
        names = {**self.given, **self.results}
        if step.each is None:
            yield "", self._try(step, "", names, arguments)
            return
        variable, expression = step.each
        try:
            source = evaluate(expression, names)
            items = items_of(source)[:MOST_ITEMS]
        except (NotYet, PlanUnclear, TypeError) as problem:
            yield "", Unplanned(f"step '{step.name}' is not settled: {problem}")
            return
        for item in items:
            key = str(item.plain)
            yield key, self._try(step, key, {**names, variable: influenced(item, source.label)}, arguments)

    def _try(self, step: Step, key: str, names: Mapping[str, Value], arguments: Mapping[str, Json]) -> Match:
        extra = [name for name, value in arguments.items() if name not in step.arguments and value is not None]
        if extra:
            return Unplanned(f"step '{step.name}' gives no '{extra[0]}'")
        try:
            unclear = self._condition(step, names)
        except NotYet as missing:
            return Unplanned(f"step '{step.name}' comes after '{missing}'")
        if unclear is None:
            return Unplanned(f"the condition of step '{step.name}' does not hold")
        taken: dict[str, Value] = {}
        for name, expression in step.arguments.items():
            given = arguments.get(name)
            try:
                slot = evaluate(expression, names)
            except NotYet as missing:
                return Unplanned(f"step '{step.name}' comes after '{missing}'")
            except PlanUnclear as problem:
                unclear = unclear or str(problem)
                slot = leaf(Open("any"), UNKNOWN, expression.text)
            value = fill(slot, given)
            if value is None:
                return Unplanned(f"'{name}' of step '{step.name}' is another than planned")
            taken[name] = value
        if unclear:
            return Unclear(step.name, key, taken, unclear)
        return Planned(step.name, key, taken)

    def _condition(self, step: Step, names: Mapping[str, Value]) -> str | None:
        """Empty when the step's condition holds, None when it does not, a reason when nobody can tell."""
        if step.when is None:
            return ""
        try:
            return "" if truth(evaluate(step.when, names)) else None
        except PlanUnclear as problem:
            return str(problem)


def fill(slot: Value, given: Json) -> Value | None:
    """The given JSON with the labels of the slot that it fits; None where it is another value."""
    if isinstance(slot.data, Open):
        return replace(uniform(given, slot.label), derivation=slot.derivation) if _is_kind(slot.data, given) else None
    if slot.items is not None:
        if not isinstance(given, list | tuple) or len(given) != len(slot.items):
            return None
        items = [fill(part, one) for part, one in zip(slot.items, given, strict=True)]
        return None if None in items else replace(slot, items=tuple(item for item in items if item is not None))
    if slot.fields is not None:
        if not isinstance(given, Mapping) or set(given) != set(slot.fields):
            return None
        fields = {name: fill(part, given[name]) for name, part in slot.fields.items()}
        if None in fields.values():
            return None
        return replace(slot, fields={name: part for name, part in fields.items() if part is not None})
    return slot if equal(slot.data, given) else None


def _is_kind(slot: Open, given: Json) -> bool:
    if slot.kind == "number":
        return isinstance(given, int | float) and not isinstance(given, bool)
    if slot.kind == "bool":
        return isinstance(given, bool)
    return given is not None if slot.kind == "any" else isinstance(given, str)


# --- reading one -----------------------------------------------------------------------------------------------------


class _StepText(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    tool: str
    arguments: dict[str, str] = Field(default_factory=dict)
    when: str | None = None
    each: list[str] | None = Field(default=None, min_length=2, max_length=2)


class _DelegationText(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    source: str
    tools: list[str] = Field(min_length=1)


class _PlanText(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    steps: list[_StepText] = Field(max_length=MOST_STEPS)
    delegations: list[_DelegationText] = Field(default_factory=list)


def plan_from(stored: Mapping[str, Any] | str, *, known: Sequence[str] = ("now", "today", "me")) -> Plan:
    """The plan of this JSON.

    Args:
        known: Names that have a value from the beginning.

    Raises:
        PlanInvalid: It is none; the message names the place.
    """
    try:
        text = _PlanText.model_validate(json.loads(stored) if isinstance(stored, str) else stored)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise PlanInvalid(f"The plan is not valid at '{where}': {first['msg']}.", "Correct it there.") from None
    except ValueError:
        raise PlanInvalid("The plan is no JSON.", "Give one object with 'steps'.") from None
    names = set(known)
    steps = []
    for item in text.steps:
        steps.append(_step(item, names))
        names.add(item.name)
    for delegation in text.delegations:
        if delegation.source not in names:
            raise PlanInvalid(f"The plan has no step '{delegation.source}'.", "Name a step as source.")
    return Plan(tuple(steps), tuple(Delegation(item.source, frozenset(item.tools)) for item in text.delegations))


def _step(item: _StepText, names: set[str]) -> Step:
    if item.name in names:
        raise PlanInvalid(f"The plan names '{item.name}' twice.", "Give each step a name of its own.")
    each = (item.each[0], read(item.each[1])) if item.each is not None else None
    arguments = {name: read(expression) for name, expression in item.arguments.items()}
    when = read(item.when) if item.when is not None else None
    inside = names | ({each[0]} if each else set())
    for expression in (*arguments.values(), *([when] if when else [])):
        _check_names(item, expression, inside)
    if each is not None:
        _check_names(item, each[1], names)
    return Step(item.name, item.tool, arguments, when, each)


def _check_names(item: _StepText, expression: Expression, names: set[str]) -> None:
    unknown = expression.names - names - expression.own_names
    if unknown:
        raise PlanInvalid(
            f"Step '{item.name}' asks for '{min(unknown)}', which no earlier step is called.",
            "Name an earlier step, or put a text in quotation marks.",
        )
