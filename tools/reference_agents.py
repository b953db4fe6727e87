"""The reference of agents' files, from the models that read them: every key with its type, its default, its meaning."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gainful.agents.file import agent_file
from gainful.agents.file.agent_file import AgentFile, Budget
from gainful.agents.file.gather import Answer, Call
from gainful.agents.file.outcome_claim import OutcomeClaim
from gainful.agents.file.quiet_hours import Quiet
from gainful.agents.file.restriction import Restriction
from gainful.agents.knowing.declaration import own_tools
from gainful.policy.manifest import Limits

PARTS: Mapping[str, type[BaseModel]] = {
    "gather": Call,
    "answer": Answer,
    "manifest: TOOL": Restriction,
    "manifest: limits": Limits,
    "budget": Budget,
    "outcome": OutcomeClaim,
    "quiet": Quiet,
}
"""What may stand below the keys of a file, by what it stands below."""


def page() -> str:
    """The whole page, without the notice that it is generated."""
    parts = [
        "# Agent files\n\n"
        "`agents/NAME/AGENT.md` in Gainful's home: keys in YAML between two lines of three hyphens, then the agent's\n"
        "instructions in Markdown. An unknown key is an error, not a surprise. Of YAML there are records, lists,\n"
        "texts, whole numbers, decimals, `true`, `false` and `null`; aliases, tags and keys that stand twice are\n"
        "refused.\n",
        f"```text\n{_example()}\n```\n\n"
        "The instructions count as the owner's own words: what they name is what the owner chose.\n",
        "## Keys\n\n" + table(AgentFile),
        'In `gather` and in a record under `answer`, `"{name}"` stands for what the occurrence tells under that name,\n'
        "of whatever type; where it tells nothing, the argument is left out. It stands alone, in quotes: what a\n"
        "stranger wrote is put in whole, and never read for further places.\n",
    ]
    for name, model in PARTS.items():
        parts.append(f"## `{name}`\n\n{_about(model)}\n\n{table(model)}")
    parts.append("## Tools that agents bring themselves\n\n" + _tools())
    return "\n".join(parts)


def table(model: type[BaseModel]) -> str:
    """The model's keys, a row each."""
    meanings = meanings_of(model)
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        key = field.alias or name
        rows.append(f"| `{key}` | {_type_of(field)} | {_default(field)} | {meanings.get(key, '')} |")
    return "\n".join(rows) + "\n"


def meanings_of(model: type[BaseModel]) -> dict[str, str]:
    """What the model's docstring says of each key, by the key as people write it."""
    section = inspect.cleandoc(model.__doc__ or "").partition("Args:")[2]
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        head = re.match(r"    (\w+(?:, \w+)*): (.*)", line)
        if head:
            names = head[1].split(", ")
            found |= dict.fromkeys(names, head[2])
        elif line.strip():
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return {name: text.replace("|", "&#124;") for name, text in found.items()}


def _about(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split("Args:")[0].split())


def _example() -> str:
    lines = (agent_file.__doc__ or "").partition("\n\n")[2].rpartition("\n\n")[0].splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines)


def _type_of(field: FieldInfo) -> str:
    """The type; `null` is one of its values where it says something else than leaving the key out."""
    words = [word for word in _type(field.annotation).split(" or ") if word != "nothing"]
    optional = type(None) in get_args(field.annotation) and field.default is not None
    return " or ".join([*words, *(["`null`"] if optional else [])])


def _type(annotation: Any) -> str:
    """A type in words that people use."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is typing.Annotated:
        return _type(inner[0])
    if origin in (typing.Union, types.UnionType):
        return " or ".join("nothing" if part is type(None) else _type(part) for part in inner)
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in inner)
    if origin is tuple:
        return f"list of {_many(inner[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "record" if inner[1] is Any else f"{_type(inner[1])}, by argument"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "see below"
    return {str: "text", int: "whole number", Decimal: "number", bool: "true or false"}[annotation]


def _many(annotation: Any) -> str:
    word = _type(annotation)
    return {"text": "texts", "record": "records", "see below": "records, see below"}.get(word, word)


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "*needed*"
    if value is None or value == () or value == {} or value == "" or isinstance(value, BaseModel):
        return ""
    if isinstance(value, Mapping):
        return '`{text: "{text}"}`'
    return f"`{value}`"


def _tools() -> str:
    rows = ["| tool | effect | arguments | meaning |", "|---|---|---|---|"]
    for name, spec in own_tools().items():
        arguments = ", ".join(f"`{argument}`" for argument in spec.arguments)
        rows.append(f"| `{name}` | {spec.effect} | {arguments} | {spec.about} |")
    return (
        "`skill.read` is there where the file names skills. The others are named under `tools`, like those of the\n"
        "[connectors](connectors.md).\n\n" + "\n".join(rows) + "\n"
    )
