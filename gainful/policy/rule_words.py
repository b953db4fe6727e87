"""Rules in sentences: those that hold everywhere, and what an organisation adds."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from gainful.policy.decide import RULES, Rule
from gainful.policy.organisation import OrganisationRule


def house_rules() -> Iterator[tuple[str, str]]:
    """Id and sentence of each rule that holds everywhere, in the order in which they are asked."""
    for rule in RULES:
        yield _of(rule)


def _of(rule: Rule) -> tuple[str, str]:
    module = sys.modules[rule.__module__]
    sentence = " ".join((module.__doc__ or "").strip().split("\n\n")[0].split())
    return str(getattr(module, "ID", rule.__module__.rpartition(".")[2].replace("_", "-"))), sentence


def sentence_of(rule: OrganisationRule) -> str:
    """An organisation's rule as a person reads it; its reason stands beside it."""
    who = f"Agents called {_or(rule.agents)}" if rule.agents else "Every agent"
    does = "has to ask" if rule.verdict == "ask" else "may not"
    if rule.agents:
        does = "have to ask" if rule.verdict == "ask" else "may not"
    what = f"use {_or(rule.tools)}" if rule.tools else "use any tool"
    parts = [f"{who} {does}{' before they' if rule.verdict == 'ask' else ''} {what}"]
    if rule.acts:
        parts.append(f"that would {_or([str(act) for act in rule.acts])}")
    if rule.effects:
        parts.append(f"whose effect is {_or([str(effect) for effect in rule.effects])}")
    parts += [f"with '{name}' over {most}" for name, most in rule.over.items()]
    if rule.tainted:
        parts.append("once a run has read something that a stranger may have written")
    parts += [f"unless every '{name}' is like {_or(patterns) or 'nothing'}" for name, patterns in rule.unless.items()]
    asked = "; somebody else than whom the run belongs to has to answer" if rule.four_eyes else ""
    return " ".join(parts) + asked + "."


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}" if words else ""
