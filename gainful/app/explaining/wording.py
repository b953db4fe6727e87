"""What a step of a run is called, and how it ended, in sentences for people.

titled(call, spec)      # "It called files.read with path 'desk/batches.md'."
ended(call, spec)       # "It was read."
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from gainful.core.tool import Effect, ToolSpec
from gainful.core.value import Json
from gainful.gate.approval import State as Answered
from gainful.gate.call import Recorded as Call
from gainful.gate.call import State
from gainful.gate.course import PLAN, TOLD
from gainful.gate.journal import Settled
from gainful.gate.journal import State as EffectState

_CALLS: Mapping[State, str] = {
    State.INTENDED: "It was begun, and nobody has seen it end yet.",
    State.DENIED: "It was refused, and did not happen.",
    State.DECLINED: "A person said no, and it did not happen.",
    State.FAILED: "It failed, and did not happen.",
    State.HELD_BACK: "It was held back, since this was a rehearsal.",
    State.UNCERTAIN: "Nobody knows whether it happened. Look there before it is done again.",
}

_EFFECTS: Mapping[EffectState, str] = {
    EffectState.INTENDED: "begun, and nobody has seen it end yet",
    EffectState.DENIED: "refused, and it did not happen",
    EffectState.STOPPED: "not tried, since the agent was stopped",
    EffectState.FAILED: "failed, and it did not happen",
    EffectState.UNCERTAIN: "nobody knows whether it happened",
}

_APPROVALS: Mapping[str, str] = {
    Answered.WAITING: "waits for an answer",
    Answered.ACCEPTED: "accepted",
    Answered.EDITED: "changed and accepted",
    Answered.RESPONDED: "answered with words in place of a yes",
    Answered.IGNORED: "left aside",
    Answered.REFUSED: "refused",
    Answered.EXPIRED: "ran out before anybody answered",
    Answered.SPENT: "accepted, and used for this",
}


def titled(call: Call) -> str:
    """What a step was, with what it was about."""
    if call.tool == TOLD.name:
        told = call.result.plain
        # An id says nothing to a person.
        known = {name: value for name, value in told.items() if name != "id"} if isinstance(told, Mapping) else {}
        about = _named(known)
        return f"It was told what woke it: {about}." if about else "It was told what woke it, and nothing besides."
    if call.tool == PLAN:
        plan = call.plain.get("plan")
        steps = plan.get("steps", []) if isinstance(plan, Mapping) else []
        tools = [str(step.get("tool", "")) for step in steps if isinstance(step, Mapping)]
        # A plan names what it may do again at each of its stages.
        named = ", ".join(dict.fromkeys(filter(None, tools)))
        return f"It was held to a plan: {named}." if named else "It was held to a plan."
    given = _named(call.plain)
    return f"It called {call.tool} with {given}." if given else f"It called {call.tool}, which needs nothing more."


def outlined(call: Call) -> str:
    """What a step was, without the texts in it."""
    if call.tool == TOLD.name:
        return "It was told what woke it."
    if call.tool == PLAN:
        return "It was held to a plan."
    return f"It called {call.tool} with {', '.join(call.plain)}." if call.plain else titled(call)


def ended(call: Call, spec: ToolSpec | None) -> str:
    """How a step ended."""
    if call.tool == TOLD.name:
        return "The run began with it."
    if call.tool == PLAN:
        return "The plan stood before the first call."
    return _with(_done(call, spec) if call.state is State.DONE else _CALLS[call.state], call.note)


def _done(call: Call, spec: ToolSpec | None) -> str:
    reads = spec is not None and spec.effect is Effect.READ
    if call.result.plain is None:
        return "Nothing was found." if reads else "It was done."
    return "It was read." if reads else "It was done, and answered."


def effect_ended(settled: Settled) -> str:
    """What was done to a mail, or was to be done, and how that ended."""
    effect = settled.effect
    if effect.kind == "keywords":
        added = f"labelled {', '.join(effect.add)}" if effect.add else ""
        taken = f"stripped of the label {', '.join(effect.remove)}" if effect.remove else ""
        what = " and ".join(filter(None, (added, taken))) or "labelled as it was"
    elif effect.kind == "move":
        what = f"moved from {effect.place.folder} to {effect.to}"
    else:
        what = "answered by a draft"
    if settled.state is EffectState.DONE:
        return _with(f"It was {what}.", settled.note)
    if settled.state is EffectState.UNDONE:
        return _with(f"It was {what}, and that was taken back.", settled.note)
    return _with(f"It was to be {what}: {_EFFECTS[settled.state]}.", settled.note)


def approval_said(state: str, by: str, at: str) -> str:
    """What became of a question to a person.

    Args:
        state: Of the approval; or why it cannot be found.
        at: When it was answered, as ISO 8601; empty where it was not.
    """
    said = _APPROVALS.get(state, "not there any more")
    return " ".join(filter(None, (said, f"by {by}" if by else "", f"at {at[:16].replace('T', ' ')} UTC" if at else "")))


def _with(sentence: str, note: str) -> str:
    return f"{sentence} {note}" if note else sentence


def _named(given: Mapping[str, Json]) -> str:
    """Arguments as a person reads them: name and value."""
    return ", ".join(f"{name} {_value(value)}" for name, value in given.items() if value is not None)


def _value(value: Json) -> str:
    if isinstance(value, str):
        return f"'{' '.join(value.split())}'"
    return json.dumps(value, ensure_ascii=False, default=str)
