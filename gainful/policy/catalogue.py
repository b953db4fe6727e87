"""Every rule by its id, with the sentence that explains it, for people who ask why."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

from gainful.policy.decide import RULES
from gainful.policy.rules import organisation

DEFAULT_DENY = "default-deny"


def rule_modules() -> list[ModuleType]:
    """The modules of all rules, as they stand in `decide`, and that of the organisation's."""
    rules: list[Callable[..., Any]] = [*RULES, organisation.rules]
    return [sys.modules[rule.__module__] for rule in rules]


def _sentences() -> Mapping[str, str]:
    found = {module.ID: (module.__doc__ or "").split("\n\n")[0].strip() for module in rule_modules()}
    return MappingProxyType({**found, DEFAULT_DENY: "What no rule allows is denied."})


SENTENCES = _sentences()
"""What each rule says, by id."""


def sentence(rule: str) -> str:
    """What the rule with this id says; for one of an organisation's, that it is one. Empty when nobody knows it."""
    # An organisation's rule is `organisation:ITS-ID`.
    return SENTENCES.get(rule) or SENTENCES.get(rule.partition(":")[0], "")
