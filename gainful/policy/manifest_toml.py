"""A manifest as the TOML that a person edits and proposes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from gainful.core.value import Json
from gainful.policy.manifest import Budgets, Limits, Manifest, Spending, ToolGrant


def toml_of(manifest: Manifest) -> str:
    """TOML of which `manifest_from` makes the same manifest; what is as by default is left out."""
    head = [f"agent = {_value(manifest.agent)}"]
    head += [f"about = {_value(manifest.about)}"] if manifest.about else []
    blocks = ["\n".join(head)]
    blocks += [_grant("reads", grant) for grant in manifest.reads]
    blocks += [_grant("effects", grant) for grant in manifest.effects]
    blocks += _table("limits", _numbers(manifest.limits, Limits()))
    for period in Budgets.model_fields:
        blocks += _table(f"budgets.{period}", _numbers(getattr(manifest.budgets, period), Spending()))
    return "\n\n".join(blocks) + "\n"


def _grant(kind: str, grant: ToolGrant) -> str:
    lines = [f"[[{kind}]]", f"tool = {_value(grant.tool)}"]
    lines += [f"arguments = {_value(grant.arguments)}"] if grant.arguments else []
    lines += [f"at_most = {_value(grant.at_most)}"] if grant.at_most else []
    for name in ("per_run", "per_day"):
        often = getattr(grant, name)
        lines += [f"{name} = {often}"] if often is not None else []
    lines += [f"words_from = {_value(grant.words_from)}"] if grant.words_from else []
    return "\n".join(lines)


def _numbers(section: Limits | Spending, usual: Limits | Spending) -> Iterator[tuple[str, Json]]:
    for name in type(section).model_fields:
        value = getattr(section, name)
        if value != getattr(usual, name):
            yield name, value


def _table(name: str, rows: Iterator[tuple[str, Json]]) -> list[str]:
    lines = [f"{key} = {_value(value)}" for key, value in rows]
    return ["\n".join([f"[{name}]", *lines])] if lines else []


def _value(value: Json) -> str:
    if isinstance(value, str):
        # JSON's escapes are TOML's too; the one character that TOML wants escaped and JSON leaves is DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_value(name)} = {_value(part)}" for name, part in value.items()) + " }"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
