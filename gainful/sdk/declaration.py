"""Reads the tools that a connector's `manifest.toml` declares.

    [[tools]]
    name = "mail.fetch"
    effect = "read"
    act = "read"                                         # read unless it says otherwise: write, send, pay, ...
    arguments = { folder = "target", uids = "target" }
    required = ["folder", "uids"]
    labels = { "[].place" = "trusted", "[].raw" = "untrusted internal" }
    default_label = "untrusted internal"

A label is an integrity, and a confidentiality unless it is public. What is not declared is untrusted and internal.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from gainful.core.errors import Broken
from gainful.core.label import UNKNOWN, Confidentiality, Integrity, Label
from gainful.core.tool import Act, Effect, Returns, Role, ToolSpec


class DeclarationInvalid(Broken):
    """A connector's manifest declares a tool in words that Gainful does not know."""

    code = "declaration-invalid"


@cache
def declared(connector: str) -> Mapping[str, ToolSpec]:
    """The tools of an installed connector, such as `maildir`, by name.

    Raises:
        DeclarationInvalid: Its manifest is not as it should be.
    """
    try:
        file = resources.files(f"gainful.connectors.{connector}") / "manifest.toml"
        text = file.read_text(encoding="utf-8")
    except (ImportError, OSError, ValueError):
        raise DeclarationInvalid(
            f"No connector '{connector[:80]}' with a manifest is installed.", "Install it."
        ) from None
    return read_declaration(text)


def read_declaration(text: str) -> Mapping[str, ToolSpec]:
    """The tools that this manifest declares, by name.

    Raises:
        DeclarationInvalid: The message names the tool.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeclarationInvalid(f"A connector's manifest cannot be read: {error}.", "Correct it there.") from None
    product = str(content.get("name", "unknown"))
    tools: dict[str, ToolSpec] = {}
    items = content.get("tools", [])
    for item in items if isinstance(items, list) else [items]:
        spec = read_tool(item, product)
        if spec.name in tools:
            raise _invalid(product, spec.name, "another tool has this name")
        tools[spec.name] = spec
    return tools


def read_tool(item: Mapping[str, Any], product: str) -> ToolSpec:
    """One tool as the words of a declaration describe it.

    Raises:
        DeclarationInvalid: The message names the tool.
    """
    try:
        return _tool(item, product)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        name = item.get("name", "?") if isinstance(item, dict) else "?"
        raise _invalid(product, name, f"it has no {error}" if isinstance(error, KeyError) else str(error)) from None


def _invalid(product: str, name: str, problem: str) -> DeclarationInvalid:
    return DeclarationInvalid(
        f"The manifest of '{product}' declares '{name}' in a way that is not known: {problem}.",
        "Correct it there; docs/reference/connectors.md has the words.",
    )


def _tool(item: Mapping[str, Any], product: str) -> ToolSpec:
    for word, kind in item.items():
        # A word that is spelled wrong would quietly declare less.
        if word not in _WORDS:
            raise ValueError(f"'{word}' is no word of a declaration")
        if not isinstance(kind, _WORDS[word]):
            raise TypeError(f"'{word}' is a {type(kind).__name__}")
    name, effect = item["name"], Effect(item["effect"])
    act = Act(item.get("act", "read" if effect is Effect.READ else "write"))
    if (effect is Effect.READ and act not in _READING) or (
        effect is not Effect.READ and act in (Act.READ, Act.LOOK_UP)
    ):
        raise ValueError(f"its effect is '{effect}' and its act is '{act}'")
    arguments = {str(argument): Role(role) for argument, role in item.get("arguments", {}).items()}
    source = f"{product}:{name}"
    returns = Returns(
        labels={path: _label(words, f"{source}#{path}") for path, words in item.get("labels", {}).items()},
        default=_label(item["default_label"], source) if "default_label" in item else UNKNOWN,
        echoes=item.get("echoes", False),
        objects=_texts(item.get("objects", {})),
        server=frozenset(item.get("server", ())),
    )
    exposes = _texts(item.get("exposes", {}))
    named = {*item.get("required", ()), *item.get("attends", ()), *exposes, *item.get("types", ())}
    if named - set(arguments):
        raise ValueError(f"it has no argument '{min(named - set(arguments))}'")
    return ToolSpec(
        name=name,
        effect=effect,
        act=act,
        arguments=arguments,
        returns=returns,
        required=frozenset(item.get("required", ())),
        attends=frozenset(item.get("attends", ())),
        exposes=exposes,
        writes=tuple(item.get("writes", ())),
        about=item.get("about", ""),
        types=_types(item.get("types", {})),
    )


_READING = (Act.READ, Act.LOOK_UP, Act.FETCH)

_WORDS: Mapping[str, type] = {
    **dict.fromkeys(("name", "effect", "act", "about", "default_label", "rate", "stores"), str),
    **dict.fromkeys(("arguments", "labels", "objects", "exposes", "types"), dict),
    **dict.fromkeys(("required", "attends", "writes", "server", "scopes"), list),
    "echoes": bool,
}
"""What may be said of a tool; scopes, rate and stores are for those who read it."""


_TYPES = ("string", "number", "integer", "boolean", "array", "object")


def _types(table: Mapping[str, Any]) -> dict[str, str]:
    for name, kind in table.items():
        if kind not in _TYPES:
            raise ValueError(f"'{name}' is of type '{kind}', which JSON has not")
    return dict(table)


def _texts(table: Mapping[str, Any]) -> dict[str, str]:
    if not all(isinstance(text, str) for text in table.values()):
        raise TypeError("the name of an object is a text")
    return dict(table)


def _label(words: str, source: str) -> Label:
    integrity, *rest = words.split()
    if len(rest) > 1:
        raise ValueError(f"'{words}' is no label")
    confidentiality = Confidentiality(rest[0]) if rest else Confidentiality.PUBLIC
    return Label(Integrity(integrity), confidentiality, frozenset({source}))
