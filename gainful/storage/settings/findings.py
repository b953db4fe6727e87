"""From pydantic's findings to one message: file, line, key, value, what is wrong, what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from gainful.core.errors import Invalid


class ConfigInvalid(Invalid):
    """The settings file cannot be used as it stands."""

    code = "config-invalid"


_SECRETS = frozenset({"client_secret", "secret", "password", "token", "api_key", "key"})
"""What people call a secret that they look for a place for."""


def explain(error: ValidationError, text: str, file: Path, model: type[BaseModel]) -> ConfigInvalid:
    """The first finding as an error that names the place and the next move."""
    first = error.errors(include_url=False)[0]
    path = first["loc"]
    line = find_line(text, path)
    where = f"{file}, line {line}" if line else str(file)
    key = _dotted(path)
    if first["type"] == "extra_forbidden":
        known = _known_keys(model, path[:-1])
        near = difflib.get_close_matches(str(path[-1]), known, n=1)
        move = f"Did you mean '{near[0]}'?" if near else f"Known here: {', '.join(known)}."
        if path[-1] in _SECRETS:
            move = "Secrets never stand in the settings; `gainful secrets set` stores them. See docs/how-to/secrets.md."
        return ConfigInvalid(f"{where}: '{key}' is not a setting.", move)
    if first["type"] == "missing":
        return ConfigInvalid(f"{where}: '{key}' is missing.", f"Add {path[-1]} = … to that block.")
    shown = "" if path and path[-1] == "[key]" else _shown(first["input"])
    # What is wrong between several blocks is a sentence of its own.
    subject = f"'{key}'{shown} " if key else ""
    return ConfigInvalid(f"{where}: {subject}{_wrong(first, model)}.", "Mend that line, then run the command again.")


def _dotted(path: Sequence[int | str]) -> str:
    """`accounts[2].url`, counted from one as people do."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text.removesuffix(".[key]")


def _shown(value: Any) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    # A password in a URL is a mistake that must not be repeated on the screen.
    safe = re.sub(r"(//[^/@]*?):[^/]*@", r"\1:…@", str(value))[:80]
    return f" = {safe!r}" if isinstance(value, str) else f" = {safe}"


def _wrong(finding: ErrorDetails, model: type[BaseModel]) -> str:
    message = finding["msg"].removeprefix("Value error, ")
    if finding["type"] == "string_pattern_mismatch":
        if finding["loc"][-1] == "[key]":
            return "is no usable key: small letters, digits and _ only"
        field = _field(model, finding["loc"])
        expected = (field.description or "").rstrip(".") if field else ""
        return f"does not fit. What belongs there: {expected}"
    if finding["type"] == "value_error":
        return message
    lowered = message[:1].lower() + message[1:]
    return lowered.replace("input should be", "should be").replace("string should", "should")


def _field(model: type[BaseModel], path: Sequence[int | str]) -> FieldInfo | None:
    """The field that `path` leads to, or the last one on the way."""
    field = None
    for part in path:
        found = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        field = found or field
        model = (_model_in(found.annotation) if found else None) or model
    return field


def _known_keys(model: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    """The keys that may stand where `path` leads."""
    field = _field(model, path)
    inner = _model_in(field.annotation) if field else None
    return [found.alias or name for name, found in (inner or model).model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def find_line(text: str, path: Sequence[int | str]) -> int | None:
    """The line, counted from one, where the key at `path` stands; its block's where the key cannot be found.

    Reads headers and `key =` lines only, so inline tables fall back to the line that holds them.
    """
    names = [part for part in path if isinstance(part, str)]
    number = next((part for part in path if isinstance(part, int)), 0)
    table: list[str] = []
    seen: dict[str, int] = {}
    block: int | None = None
    for index, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([^\]#]+?)\s*\]", line)
        if header:
            name = header.group(2)
            table = [part.strip().strip("\"'") for part in name.split(".")]
            if header.group(1) == "[[":
                seen[name] = seen.get(name, -1) + 1
            if table == names[: len(table)] and seen.get(name, number) == number:
                block = index
            continue
        key = re.match(r"\s*[\"']?([\w.-]+)[\"']?\s*=", line)
        if not key or seen.get(".".join(table), number) != number:
            continue
        full = [*table, *key.group(1).split(".")]
        if full == names[: len(full)]:
            return index
    return block
