"""The reference of facts: every kind and field, from the docstrings of `gainful.core.fact`."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import typing
from datetime import UTC, datetime
from decimal import Decimal
from types import UnionType

from gainful.core.fact import KINDS, Fact
from gainful.core.fact_json import TOKEN_FIELDS, fact_json
from gainful.core.money import Tokens

INTRO = """# Facts

What any system can report to Gainful, one JSON object a line: `gainful import events FILE.jsonl`. A fact says what
somebody or some system saw at one moment. They may come late, twice and in any order.
[How to report](../how-to/events.md) has an example to begin with.

Every fact has `kind`, `at` (an instant with its zone, `2026-11-29T09:00:00Z`), and may have `key`: two facts with the
same key are one. Without it, a fact with the same content is the same fact. Fields with * must be there.

People stand by whatever name the reporting system has for them; Gainful keeps pseudonyms in their place. A system that
acts by itself is written `system:NAME`. Nothing that a prompt or a mail said belongs in a fact.

Amounts may be numbers or strings; strings are exact. Unknown fields are refused, so that a misspelt one is not lost.
"""

WORDS = {str: "text", bool: "true, false", datetime: "instant", Decimal: "number ≥ 0", float: "number ≥ 0"}

TOKENS = {
    "input_tokens": "Tokens of the prompt, those from and into caches included, as OpenTelemetry counts them.",
    "cache_read_input_tokens": "Of these, those read from a cache.",
    "cache_creation_input_tokens": "Of these, those written into a cache.",
    "output_tokens": "Tokens of the answer, reasoning included.",
}

EXAMPLES: dict[str, dict[str, typing.Any]] = {
    "team": {"id": "shop", "name": "Shop"},
    "person": {"id": "e4711", "team": "shop", "identities": ("ann@example.org",)},
    "account": {"id": "svc-release", "owner": "e4711"},
    "agent": {"id": "reviewer", "owner": "e4711", "tool": "claude-code"},
    "exploration": {"id": "voice-bot", "team": "shop", "budget": Decimal(500)},
    "work_item": {"id": "T-812", "work_class": "ticket", "requester": "bo@example.org", "team": "shop"},
    "hold_out": {"work_item": "T-812", "arm": "agent", "share": 0.05},
    "run": {"id": "run-1", "agent": "reviewer", "person": "e4711", "work_item": "T-812"},
    "call": {
        "id": "msg-1", "run": "run-1", "provider": "anthropic", "model": "claude-sonnet-4-5",
        "tokens": Tokens(900, 4000, 0, 350),
    },
    "human_time": {"work_item": "T-812", "person": "e4711", "what": "review", "seconds": Decimal(240)},
    "claim": {"work_item": "T-812", "claimant": "reviewer", "run": "run-1"},
    "verdict": {"work_item": "T-812", "by": "bo@example.org", "accepted": True},
    "evidence": {
        "work_item": "T-812", "system": "system:desk", "what": "effect", "before": "open", "after": "closed",
    },
    "reversal": {"work_item": "T-812", "by": "system:desk", "why": "opened again"},
    "audit": {"work_item": "T-812", "auditor": "cy@example.org", "passed": True, "minutes": Decimal(25)},
    "read": {"run": "run-1", "by": "e4711"},
}  # fmt: skip
AT = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)


def page() -> str:
    """The page."""
    return "\n".join([INTRO, *(_section(name, kind) for name, kind in KINDS.items())])


def _section(name: str, kind: type[Fact]) -> str:
    about, meanings = _documented(kind)
    hints = typing.get_type_hints(kind)
    lines = [f"## {name}", "", about, "", "| field | type | meaning |", "|---|---|---|"]
    for field in dataclasses.fields(kind):
        if field.name in ("key", "at"):
            continue
        if field.name == "tokens":
            lines += [f"| `{one}` | whole number | {TOKENS[one]} |" for one in TOKEN_FIELDS]
            continue
        needed = field.default is dataclasses.MISSING
        meaning = meanings.get(field.name, "")
        lines.append(f"| `{field.name}`{' *' if needed else ''} | {_type(field.name, hints[field.name])} | {meaning} |")
    lines += ["", "```json", json.dumps(example(name)), "```", ""]
    return "\n".join(lines)


def example(name: str) -> dict[str, object]:
    """A fact of this kind, as it is written."""
    values = dict(EXAMPLES[name])
    if name == "exploration":
        values["ends_at"] = AT.replace(month=12)
    return dict(fact_json(KINDS[name](at=AT, **values)))


def _documented(kind: type[Fact]) -> tuple[str, dict[str, str]]:
    text = inspect.getdoc(kind) or ""
    about, _, arguments = text.partition("\nArgs:\n")
    found = re.findall(r"^    ([\w, ]+): (.*(?:\n        .*)*)", arguments, re.M)
    meanings = {name.strip(): " ".join(said.split()) for names, said in found for name in names.split(",")}
    return " ".join(about.split()), meanings


def _type(name: str, hint: object) -> str:
    if name == "share":
        return "number, 0 to 1"
    if isinstance(hint, type) and hint in WORDS:
        return WORDS[hint]
    if typing.get_origin(hint) is typing.Literal:
        return ", ".join(f"`{one}`" for one in typing.get_args(hint))
    if typing.get_origin(hint) is tuple:
        return "list of texts"
    if isinstance(hint, UnionType):
        inner = next(one for one in typing.get_args(hint) if one is not type(None))
        return f"{_type(name, inner)}, or null"
    raise TypeError(f"no words for {hint}")
