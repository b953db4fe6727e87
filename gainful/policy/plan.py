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
beforehand (`compose`, `extract`) stays open, and takes the label of what it is made from and of all that the run has
been told: whoever makes the call has read that too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gainful.core.label import CONSTANT, UNKNOWN, Integrity, Label, join, join_all
from gainful.core.value import Json, Value, leaf
from gainful.policy.expression import MOST_WORK, Expression, NotYet, PlanInvalid, Work, evaluate, read
from gainful.policy.functions import Open, PlanUnclear, equal, influenced, items_of, truth
from gainful.policy.slot import fill

MOST_STEPS = 100
MOST_ITEMS = 1_000
"""Of one step's loop."""

MOST_WORK_OF_A_MATCH = 2 * MOST_WORK

ANY_TOOL = "*"

LEFT_OUT = Label(Integrity.UNTRUSTED, sources=frozenset({"what was left out"}))
"""Of a loop that is not through: whoever makes the calls chooses which ones are missing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One planned call.

    Args:
        arguments: Expression by argument; an argument without one must not be given.
        when: The call is made only where this holds. Where a stranger's word decides, a person is asked.
        each: Name and list: the call is made once for each item. A stranger's word in how many there are influences
            each argument, too.
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
    """The call is a step of the plan, with these arguments: carry out these, without the nulls that were given besides.

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


@dataclass(frozen=True)
class Progress:
    """How far a plan has come. Immutable: `after` makes the next one.

    Args:
        given: Values known from the beginning, such as `now`.
        results: What each step returned first; of a loop, a record by item.
        done: Steps that were carried out, with their loop key.
        heard: The label of all that was returned to the run, planned or not.
    """

    plan: Plan
    given: Mapping[str, Value] = field(default_factory=dict)
    results: Mapping[str, Value] = field(default_factory=dict)
    done: frozenset[tuple[str, str]] = frozenset()
    heard: Label = CONSTANT

    def match(self, tool: str, arguments: Mapping[str, Json], *, repeatable: bool = False) -> Match:
        """How this call stands to the plan.

        Args:
            repeatable: Reading twice does no harm; any other step happens once.
        """
        found: list[Match] = []
        reasons = []
        work = Work(MOST_WORK_OF_A_MATCH)
        for step in self.plan.steps:
            if step.tool != tool:
                continue
            for key, outcome in self._tries(step, arguments, work):
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
        """The progress once the call has returned this. Give it every answer that the run gets, planned or not."""
        heard = join(self.heard, result.whole)
        if isinstance(outcome, Delegated | Unplanned):
            return replace(self, heard=heard)
        step = next(step for step in self.plan.steps if step.name == outcome.step)
        held = self.results.get(step.name)
        if step.each is not None:
            parts = held.fields if held is not None and held.fields is not None else {}
            result = Value(None, CONSTANT, fields={**parts, outcome.key: _first(parts.get(outcome.key), result)})
        return replace(
            self,
            results={**self.results, step.name: result if step.each is not None else _first(held, result)},
            done=self.done | {(outcome.step, outcome.key)},
            heard=heard,
        )

    @cached_property
    def _names(self) -> Mapping[str, Value]:
        """What expressions may name. A loop is a record by item, and as good as what decided which items there are."""
        names = {**self.given, **self.results}
        work = Work(MOST_WORK_OF_A_MATCH)
        for step in self.plan.steps:
            if step.each is None:
                continue
            held = names.get(step.name)
            through, label = self._extent(step, names, work)
            if held is not None or through:
                names[step.name] = Value(None, label, fields=(held.fields if held is not None else None) or {})
        return names

    def _extent(self, step: Step, names: Mapping[str, Value], work: Work) -> tuple[bool, Label]:
        """Whether a loop has nothing left to do, and the label of what decides how far it goes."""
        labels, through = [], True
        try:
            for key, inner in _iterations(step, names, work):
                condition = evaluate(step.when, inner, work) if step.when is not None else None
                labels += [inner[_variable(step)].whole, *([condition.whole] if condition is not None else [])]
                if (condition is None or truth(condition)) and (step.name, key) not in self.done:
                    through = False
            labels.append(_source(step, names, work).label)
        except (NotYet, PlanUnclear):
            through = False
        return through, join_all(labels) if through else join_all([*labels, LEFT_OUT])

    def _is_done(self, outcome: Match) -> bool:
        return isinstance(outcome, Planned | Unclear) and (outcome.step, outcome.key) in self.done

    def _tries(self, step: Step, arguments: Mapping[str, Json], work: Work) -> Iterator[tuple[str, Match]]:
        """How the call stands to each iteration of one step."""
        names = self._names
        if step.each is None:
            yield "", self._try(step, "", names, arguments, work)
            return
        try:
            iterations = list(_iterations(step, names, work))
            # Whoever can make the list longer decides how often the call is made, whatever its arguments are.
            loop = _source(step, names, work).label
        except (NotYet, PlanUnclear) as problem:
            yield "", Unplanned(f"step '{step.name}' is not settled: {problem}")
            return
        for key, inner in iterations:
            yield key, self._try(step, key, inner, arguments, work, loop)

    def _try(
        self,
        step: Step,
        key: str,
        names: Mapping[str, Value],
        arguments: Mapping[str, Json],
        work: Work,
        loop: Label = CONSTANT,
    ) -> Match:
        extra = [name for name, value in arguments.items() if name not in step.arguments and value is not None]
        if extra:
            return Unplanned(f"step '{step.name}' gives no '{extra[0][:80]}'")
        try:
            unclear = self._condition(step, names, work)
            if unclear is None:
                return Unplanned(f"the condition of step '{step.name}' does not hold")
            taken: dict[str, Value] = {}
            for name, expression in step.arguments.items():
                try:
                    slot = influenced(evaluate(expression, names, work), loop)
                except PlanUnclear as problem:
                    unclear = unclear or str(problem)
                    slot = leaf(Open("any"), UNKNOWN, expression.text)
                value = fill(slot, arguments.get(name), self.heard)
                if value is None:
                    return Unplanned(f"'{name}' of step '{step.name}' is another than planned")
                taken[name] = value
        except NotYet as missing:
            return Unplanned(f"step '{step.name}' comes after '{missing}'")
        return Unclear(step.name, key, taken, unclear) if unclear else Planned(step.name, key, taken)

    def _condition(self, step: Step, names: Mapping[str, Value], work: Work) -> str | None:
        """Empty when the step's condition holds, None when it does not, a reason when a person must tell."""
        if step.when is None:
            return ""
        try:
            found = evaluate(step.when, names, work)
            if not truth(found):
                return None
        except PlanUnclear as problem:
            return str(problem)
        return "its condition reads what a stranger may have written" if found.whole.tainted else ""


def _variable(step: Step) -> str:
    return step.each[0] if step.each is not None else ""


def _source(step: Step, names: Mapping[str, Value], work: Work) -> Value:
    """What a step goes through."""
    return evaluate(step.each[1], names, work) if step.each is not None else Value(None, CONSTANT, items=())


def _iterations(step: Step, names: Mapping[str, Value], work: Work) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """Key and names of each time that a loop goes round: the same item once.

    Raises:
        NotYet: A step that it goes through has not been done.
        PlanUnclear: What it goes through is no list, has no end, or has items that cannot be told apart.
    """
    source = _source(step, names, work)
    try:
        items = items_of(source)
    except TypeError as problem:
        raise PlanUnclear(str(problem)) from None
    if len(items) > MOST_ITEMS:
        raise PlanUnclear(f"there are {len(items)} of them, {MOST_ITEMS} is the most")
    found: dict[str, Json] = {}
    for item in items:
        plain = item.plain
        key = str(plain)
        if key in found and not equal(found[key], plain):
            raise PlanUnclear(f"two of them read alike: {key[:80]}")
        if key not in found:
            found[key] = plain
            yield key, {**names, _variable(step): influenced(item, source.label)}


def _first(held: Value | None, result: Value) -> Value:
    """What a step returned first. Reading again after the world has changed gives a plan no other values."""
    return result if held is None or held.plain is None else held


# --- reading one -----------------------------------------------------------------------------------------------------


_VARIABLE = r"^[a-z][a-z0-9_]{0,40}$"


class _StepText(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(pattern=_VARIABLE)
    tool: str = Field(min_length=1, max_length=100)
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
    except (ValueError, RecursionError):
        raise PlanInvalid("The plan is no JSON.", "Give one object with 'steps'.") from None
    names = set(known)
    steps = []
    for item in text.steps:
        steps.append(_step(item, names))
        names.add(item.name)
    for delegation in text.delegations:
        if delegation.source not in {step.name for step in steps}:
            raise PlanInvalid(f"The plan has no step '{delegation.source}'.", "Name a step as source.")
    return Plan(tuple(steps), tuple(Delegation(item.source, frozenset(item.tools)) for item in text.delegations))


def _step(item: _StepText, names: set[str]) -> Step:
    if item.name in names:
        raise PlanInvalid(f"The plan names '{item.name}' twice.", "Give each step a name of its own.")
    each = (item.each[0], read(item.each[1])) if item.each is not None else None
    if each is not None and (each[0] in names or not re.fullmatch(_VARIABLE, each[0])):
        raise PlanInvalid(
            f"Step '{item.name}' calls its item '{each[0][:80]}'.", "Take a small letter or a word that no step has."
        )
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
