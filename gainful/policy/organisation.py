"""What an organisation adds to the rules: data, never code, and only ever tighter.

[[rules]]
id = "mail-stays-in-house"
verdict = "ask"                       # or "deny"; there is no "allow"
acts = ["send", "share"]
unless = { to = ["*@example.org"] }   # every value fits: the rule does not speak
reason = "Mail to others is read by a second pair of eyes."
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gainful.core.errors import Invalid
from gainful.core.tool import Act, Effect


class OrganisationPolicyInvalid(Invalid):
    """An organisation's policy with an unknown word or a wrong type."""

    code = "organisation-policy-invalid"


class OrganisationRule(BaseModel):
    """One rule. Each condition that is given must hold; a rule without conditions speaks about every call.

    Args:
        id: A name of its own, which the audit log and `gainful why` show.
        verdict: There is no `allow`: a rule makes things stricter, or does not speak.
        reason: A sentence for whoever is asked or refused.
        tools, agents: Patterns of names, such as `mail.*`.
        acts, effects: What the tool does, and how far it reaches.
        unless: Patterns by argument: where every value of each of these arguments fits, the rule does not speak.
        over: Numbers by argument: the rule speaks where one of them is larger.
        tainted: Speaks only in runs that have read something a stranger may have written.
        four_eyes: Whoever answers is another person than the one the run belongs to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,60}$")
    verdict: Literal["ask", "deny"]
    reason: str = Field(min_length=1, max_length=300)
    tools: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    acts: tuple[Act, ...] = ()
    effects: tuple[Effect, ...] = ()
    unless: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    over: Mapping[str, Decimal] = Field(default_factory=dict)
    tainted: bool = False
    four_eyes: bool = False


class _Policy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    rules: tuple[OrganisationRule, ...] = ()


def organisation_rules(content: Mapping[str, Any]) -> tuple[OrganisationRule, ...]:
    """The rules of a parsed policy file.

    Raises:
        OrganisationPolicyInvalid: The message names the place.
    """
    try:
        rules = _Policy.model_validate_json(json.dumps(content, default=str)).rules
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise OrganisationPolicyInvalid(
            f"The organisation's policy is not valid at '{where}': {first['msg']}.", "Correct it there."
        ) from None
    names = [rule.id for rule in rules]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise OrganisationPolicyInvalid(f"Two rules are called '{twice}'.", "Give each an id of its own.")
    return rules
