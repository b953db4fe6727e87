"""What the manifest does not name is denied, and never asked about."""

from __future__ import annotations

from gainful.policy.decision import Opinion, Verdict
from gainful.policy.manifest import outside
from gainful.policy.request import Facts, Request

ID = "outside-manifest"


def rule(request: Request, facts: Facts) -> Opinion | None:
    """Deny a tool, an argument or a rate that the agent's approved manifest does not grant."""
    problem = _problem(request, facts)
    return Opinion(Verdict.DENY, ID, problem) if problem else None


def _problem(request: Request, facts: Facts) -> str:
    if facts.manifest is None:
        return f"'{request.agent}' has no approved manifest."
    grants = facts.manifest.grants(request.spec.name)
    if not grants:
        return f"The manifest of '{request.agent}' does not grant {request.spec.name}."
    problems = [outside(grant, request.arguments) for grant in grants]
    if all(problems):
        return f"The manifest of '{request.agent}': {problems[0]}."
    # Of grants that fit, the most generous rate holds.
    fitting = [grant for grant, problem in zip(grants, problems, strict=True) if not problem]
    course = facts.course
    if all(grant.per_run is not None and course.in_run >= grant.per_run for grant in fitting):
        return f"{request.spec.name} was called {course.in_run} times in this run, as often as the manifest allows."
    if all(grant.per_day is not None and course.in_day >= grant.per_day for grant in fitting):
        return f"{request.spec.name} was called {course.in_day} times in a day, as often as the manifest allows."
    return ""
