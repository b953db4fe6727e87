"""The one pure function that answers requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gainful.policy.decision import Decision, Opinion, strongest
from gainful.policy.request import Facts, Request
from gainful.policy.rules import contained_is_free, keep_in_sight, nothing_leaves, preview_changes_nothing

Rule = Callable[[Request, Facts], Opinion | None]

RULES: tuple[Rule, ...] = (
    preview_changes_nothing.rule,
    keep_in_sight.rule,
    nothing_leaves.rule,
    contained_is_free.rule,
)
"""The rules that hold everywhere. Their order does not matter: the strongest opinion wins."""


def decide(request: Request, facts: Facts, rules: Sequence[Rule] = RULES) -> Decision:
    """The decision about one request: the same for the same request, facts and rules, always."""
    opinions = [opinion for rule in rules if (opinion := rule(request, facts)) is not None]
    return strongest(opinions)
