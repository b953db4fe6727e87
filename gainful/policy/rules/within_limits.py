"""A run that goes in circles, or on and on, is stopped."""

from __future__ import annotations

from datetime import timedelta

from gainful.policy.decision import Opinion, Verdict
from gainful.policy.manifest import Limits
from gainful.policy.request import Facts, Request

ID = "within-limits"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Deny the same call too often, messages between agents, too many steps, too long, too many denials."""
    limits = facts.manifest.limits if facts.manifest is not None else Limits()
    course = facts.course
    problem = ""
    if course.same_call >= limits.same_call:
        problem = f"The same call was made {course.same_call} times before."
    elif course.hops > limits.hops:
        problem = f"It answers an agent's message, {course.hops} steps away from a person."
    elif course.steps >= limits.steps:
        problem = f"The run has made {course.steps} calls, as many as it may."
    elif course.lasted > timedelta(minutes=limits.minutes):
        problem = f"The run has lasted more than {limits.minutes} minutes."
    elif course.refusals >= limits.refusals:
        problem = f"The run was refused {course.refusals} times."
    return Opinion(Verdict.DENY, ID, problem) if problem else None
