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
    file = resources.files(f"gainful.connectors.{connector}") / "manifest.toml"
    return read_declaration(file.read_text(encoding="utf-8"))


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
    for item in content.get("tools", ()):
        try:
            tools[item["name"]] = _tool(item, product)
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise DeclarationInvalid(
                f"The manifest of '{product}' declares '{item.get('name', '?')}' in a way that is not known: {error}.",
                "Correct it there; docs/reference/connectors.md has the words.",
            ) from None
    return tools


def _tool(item: Mapping[str, Any], product: str) -> ToolSpec:
    effect = Effect(item["effect"])
    arguments = {str(name): Role(role) for name, role in item.get("arguments", {}).items()}
    source = f"{product}:{item['name']}"
    returns = Returns(
        labels={path: _label(words, f"{source}#{path}") for path, words in item.get("labels", {}).items()},
        default=_label(item["default_label"], source) if "default_label" in item else UNKNOWN,
        echoes=bool(item.get("echoes", False)),
        objects=dict(item.get("objects", {})),
        server=frozenset(item.get("server", ())),
    )
    required = frozenset(item.get("required", ()))
    unknown = sorted((required | set(item.get("attends", ())) | set(item.get("exposes", {}))) - set(arguments))
    if unknown:
        raise ValueError(f"it has no argument '{unknown[0]}'")
    return ToolSpec(
        name=item["name"],
        effect=effect,
        act=Act(item.get("act", "read" if effect is Effect.READ else "write")),
        arguments=arguments,
        returns=returns,
        required=required,
        attends=frozenset(item.get("attends", ())),
        exposes=dict(item.get("exposes", {})),
        writes=tuple(item.get("writes", ())),
        about=str(item.get("about", "")),
    )


def _label(words: str, source: str) -> Label:
    integrity, *rest = words.split()
    confidentiality = Confidentiality(rest[0]) if rest else Confidentiality.PUBLIC
    return Label(Integrity(integrity), confidentiality, frozenset({source}))
