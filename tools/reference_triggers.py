"""The reference of triggers, from the models that read them: every kind, every key, and what a run is told."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gainful.agents.waking import trigger
from gainful.agents.waking.told import TOLD
from gainful.agents.waking.trigger import KINDS, TriggerBase, kind_of
from tools.reference_agents import meanings_of


def page() -> str:
    """The whole page, without the notice that it is generated."""
    example = "\n".join((trigger.__doc__ or "").partition("\n\n")[2].splitlines()[:6])
    parts = [
        "# Triggers\n\n"
        "What wakes an agent stands under `triggers` in [its file](agent-file.md), each with `on:` and the keys of\n"
        "its kind. An unknown key is an error, not a surprise. Each happening wakes an agent once; where several of\n"
        "its triggers fit, the first counts. [How to](../how-to/triggers.md).\n",
        "```text\n" + "\n".join(line.removeprefix("    ") for line in example.splitlines()) + "\n```\n",
        "## Every trigger\n\n" + table(TriggerBase, list(TriggerBase.model_fields)),
    ]
    parts += [_kind(model) for model in KINDS]
    return "\n".join(parts)


def own_keys(model: type[TriggerBase]) -> list[str]:
    """The fields that a kind has beyond those of every trigger, or of which it says something else."""
    said = meanings_of(model)
    return [name for name in model.model_fields if name not in TriggerBase.model_fields or name in said]


def table(model: type[BaseModel], names: list[str]) -> str:
    """These fields of a model, a row each."""
    meanings = meanings_of(model)
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name in names:
        field = model.model_fields[name]
        key = field.alias or name
        rows.append(f"| `{key}` | {_type(field.annotation)} | {_default(field)} | {meanings.get(key, '')} |")
    return "\n".join(rows) + "\n"


def _kind(model: type[TriggerBase]) -> str:
    kind = kind_of(model)
    about = " ".join((model.__doc__ or "").split("Args:")[0].split())
    parts = [f"## `on: {kind}`\n\n{about}\n"]
    if own_keys(model):
        parts.append(table(model, own_keys(model)))
    told = [f"| `{name}` | {meaning} |" for name, meaning in TOLD[kind].items()]
    parts.append("\n".join(["| the run is told | meaning |", "|---|---|", *told]) + "\n")
    return "\n".join(parts)


def _type(annotation: Any) -> str:
    """A type in words that people use."""
    inner = get_args(annotation)
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{word}`" for word in inner)
    if get_origin(annotation) is tuple:
        return _type(inner[0]) if get_origin(inner[0]) is Literal else "text or list of texts"
    if bool in (annotation, *inner):
        return "true or false"
    return "whole number" if annotation is int else "text"


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "*needed*"
    if value is None or value == ():
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"`{part}`" for part in value)
    return f"`{str(value).lower()}`"
