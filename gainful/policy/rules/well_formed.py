"""A call has the arguments that its tool declares, and nothing that no person could check."""

from __future__ import annotations

import math

from gainful.core.value import Value
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.request import Facts, Request

ID = "well-formed"

LONGEST = 1_000_000
"""Characters of one text: more than any mail that a person writes."""

MOST = 2_000
"""Scalars in one call."""


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Deny unknown and missing arguments, numbers that are none, and texts or lists without measure."""
    problem = _problem(request)
    return Opinion(Verdict.DENY, ID, problem) if problem else None


def _problem(request: Request) -> str:
    unknown = sorted(set(request.arguments) - set(request.spec.arguments))
    if unknown:
        return f"{request.spec.name} has no argument '{unknown[0][:80]}'."
    missing = sorted(request.spec.required - set(request.arguments))
    if missing:
        return f"{request.spec.name} needs '{missing[0]}'."
    scalars = 0
    for name, value in request.arguments.items():
        for scalar in value.leaves():
            scalars += 1
            if scalars > MOST:
                return f"The call has more than {MOST} values."
            if problem := _wrong(scalar):
                return f"'{name}' {problem}."
    return ""


def _wrong(scalar: Value) -> str:
    if isinstance(scalar.data, float) and not math.isfinite(scalar.data):
        return "is no finite number"
    if isinstance(scalar.data, str) and len(scalar.data) > LONGEST:
        return f"has {len(scalar.data)} characters, {LONGEST} is the most"
    return ""
