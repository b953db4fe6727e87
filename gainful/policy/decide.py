"""The one pure function that answers requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gainful.policy.decision import Decision, Opinion, strongest
from gainful.policy.request import Facts, Request
from gainful.policy.rules import (
    as_planned,
    contained_is_free,
    grave_needs_a_plan,
    keep_in_sight,
    manifest,
    organisation,
    owner_lets_pass,
    preview_changes_nothing,
    secrets_stay,
    stopped,
    strangers_words_stay,
    targets_are_yours,
    well_formed,
    within_limits,
    you_said_so,
)

Rule = Callable[[Request, Facts], Opinion | None]

RULES: tuple[Rule, ...] = (
    stopped.rule,
    well_formed.rule,
    manifest.rule,
    within_limits.rule,
    preview_changes_nothing.rule,
    keep_in_sight.rule,
    as_planned.rule,
    targets_are_yours.rule,
    strangers_words_stay.rule,
    secrets_stay.rule,
    grave_needs_a_plan.rule,
    contained_is_free.rule,
    you_said_so.rule,
    owner_lets_pass.rule,
)
"""The rules that hold everywhere. Their order does not matter: the strongest opinion wins."""


def decide(request: Request, facts: Facts, rules: Sequence[Rule] = RULES) -> Decision:
    """The decision about one request: the same for the same request, facts and rules, always.

    What the organisation says is heard besides; it can only make the answer stricter.
    """
    opinions = [opinion for rule in rules if (opinion := rule(request, facts)) is not None]
    return strongest([*opinions, *organisation.rules(request, facts)])
