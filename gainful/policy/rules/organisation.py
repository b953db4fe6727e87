"""What the organisation adds to the rules."""

from __future__ import annotations

from gainful.core.label import CONSTANT
from gainful.core.value import Value, leaf
from gainful.policy.decision import Opinion, Verdict
from gainful.policy.manifest import ToolGrant, fits, outside, scalars
from gainful.policy.organisation import OrganisationRule
from gainful.policy.request import Facts, Request

ID = "organisation"


def rules(request: Request, facts: Facts) -> list[Opinion]:
    """An opinion of each rule of the organisation that speaks about this request."""
    return [
        Opinion(Verdict(rule.verdict), f"{ID}:{rule.id}", rule.reason)
        for rule in facts.organisation
        if speaks(rule, request, facts)
    ]


def speaks(rule: OrganisationRule, request: Request, facts: Facts) -> bool:
    """Whether every condition of the rule holds."""
    if rule.tools and not _named(request.spec.name, rule.tools):
        return False
    if rule.agents and not _named(request.agent, rule.agents):
        return False
    if rule.acts and request.spec.act not in rule.acts:
        return False
    if rule.effects and request.effect not in rule.effects:
        return False
    if rule.tainted and not facts.tainted:
        return False
    if rule.over and not outside(ToolGrant(tool="any", at_most=rule.over), request.arguments):
        return False
    return not (rule.unless and _excepted(rule, request))


def _named(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fits(leaf(name, CONSTANT), pattern) for pattern in patterns)


def _excepted(rule: OrganisationRule, request: Request) -> bool:
    """Whether every value of each named argument fits; an argument that is not given excepts nothing by itself."""
    values: list[tuple[Value, tuple[str, ...]]] = [
        (scalar, patterns)
        for name, patterns in rule.unless.items()
        if name in request.arguments
        for scalar in scalars(request.arguments[name])
    ]
    return bool(values) and all(any(fits(scalar, one) for one in patterns) for scalar, patterns in values)
