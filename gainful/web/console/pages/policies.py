"""Policies: the rules in force and where each is written, what changed and by whom, and what the gate would say."""

from __future__ import annotations

import json

from gainful.app.console import Right
from gainful.app.explaining.policies import Written
from gainful.core.errors import GainfulError
from gainful.core.value import Json
from gainful.policy.rule_words import house_rules
from gainful.web.console.asking import Ask, FormInvalid, Page, Shown

CHANGES = 30
MOST_ARGUMENTS = 20


def policies(ask: Ask) -> Shown:
    """One page; with `agent` and `tool` in its address it says what the gate would answer. It writes nothing."""
    app = ask.app.policies
    held = app.held()
    agent = ask.query.get("agent", "").strip()[:200]
    values = {
        "title": "Policies",
        "house": list(house_rules()),
        "held": held,
        "changes": app.changes(CHANGES),
        "asked": {name: ask.query.get(name, "")[:2000] for name in ("agent", "tool", "with", "strangers")},
        "tools": sorted(app.tools(agent or ask.who.person)),
        "decision": None,
        "refused": "",
        **_organisation(ask),
    }
    if agent and ask.query.get("tool", "").strip():
        try:
            values["decision"] = _decision(ask, agent)
        except GainfulError as error:
            values["refused"] = str(error)
    return Shown("policies.html", values)


def _organisation(ask: Ask) -> dict[str, object]:
    """Its rules; or why nothing may happen, where its file cannot be read."""
    rules: list[Written] = []
    try:
        rules = ask.app.policies.organisation()
    except GainfulError as error:
        return {"rules": rules, "broken": str(error)}
    return {"rules": rules, "broken": ""}


def _decision(ask: Ask, agent: str) -> object:
    arguments = _arguments(ask.query.get("with", "")[:2000])
    strangers = ask.query.get("strangers") == "yes"
    return ask.app.policies.check(agent, ask.query["tool"].strip()[:200], arguments, strangers=strangers)


def _arguments(text: str) -> dict[str, Json]:
    """Arguments as somebody writes them, one a line: `to = ada@example.org`; a value may be JSON."""
    found: dict[str, Json] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name:
            raise FormInvalid(f"'{line[:60]}' is no argument.", "Write one a line: to = ada@example.org")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    if len(found) > MOST_ARGUMENTS:
        raise FormInvalid("That are too many arguments.", f"Write {MOST_ARGUMENTS} at most.")
    return found


PAGES = (Page("GET", "/settings/policies", Right.MANAGE, policies),)
