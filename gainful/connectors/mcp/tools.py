"""A server's tools for agents: those that a person has declared, as they were pinned."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from gainful.connectors.mcp.errors import McpFileInvalid, McpRefused, McpUnpinned
from gainful.connectors.mcp.pin import Pin, Pinned
from gainful.connectors.mcp.server_file import ServerFile
from gainful.core.errors import Broken
from gainful.core.tool import Effect, Role, ToolSpec
from gainful.core.value import Json
from gainful.core.visible import visible
from gainful.sdk.declaration import DeclarationInvalid, read_tool
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Handle
from gainful.sdk.tool import Found

LONGEST = 100_000
"""Characters of text in one answer."""

LONGEST_ABOUT = 600
"""Characters of a description that a model is shown; a file may say it in its own words."""

_ARGUMENT = re.compile(r"[A-Za-z0-9_$.-]{1,64}")
_TYPES = ("string", "number", "integer", "boolean", "array", "object")


class McpServer:
    """One server.

    Args:
        home: Gainful's home, which no server sees.
        secret: The handle to a sealed secret by its name.
    """

    def __init__(self, file: ServerFile, pin: Pin, home: Path, secret: Callable[[str], Handle]) -> None:
        self.file = file
        self.pin = pin
        self._home = home
        self._secret = secret

    def tools(self) -> list[McpTool]:
        """The tools that agents may be given; none before a person has pinned the list.

        Raises:
            McpFileInvalid: The file declares a tool that is not there, or in words that are not known.
            McpUnpinned: What was pinned is damaged.
        """
        pinned = self.pin.read()
        if pinned is None:
            return []
        return [McpTool(self, pinned, name, self._declared(name, pinned)) for name in sorted(self.file.tools)]

    def offered(self) -> Pinned:
        """The tools that the server offers now.

        Raises:
            McpUnreachable, McpRefused, McpFileInvalid, EgressRefused: As they say.
        """
        from gainful.connectors.mcp.client import listed

        return listed(self.file, self._secrets(), self._home)

    def call(self, pinned: Pinned, name: str, arguments: Mapping[str, Json]) -> Json:
        """What the tool answers, in the protocol's words; see `client.called`."""
        # Late: the library takes a second to import.
        from gainful.connectors.mcp.client import called

        return called(self.file, self._secrets(), self._home, pinned, name, arguments)

    def _secrets(self) -> dict[str, str]:
        found = {}
        for place, name in self.file.secrets.items():
            secret = self._secret(name).secret()
            if secret is None:
                raise McpRefused(f"No secret '{name}' is stored.", f"Store it: gainful secrets set {name}")
            found[place] = secret.reveal()
        return found

    def _declared(self, name: str, pinned: Pinned) -> ToolSpec:
        file = self.file
        if name not in pinned.tools:
            raise McpFileInvalid(
                f"The file of the MCP server '{file.name}' declares '{name}', which the server does not offer.",
                f"Take it out, or look at the tools: gainful mcp show {file.name}",
            )
        properties, required = _arguments(pinned.schema(name))
        words = dict(file.tools[name])
        roles = words.get("arguments", {})
        # Of an argument that nobody said anything about the worst is assumed: it says whom it concerns.
        arguments = {one: str(Role.TARGET) for one in properties if _ARGUMENT.fullmatch(one)}
        item: dict[str, Any] = {
            "effect": str(Effect.EGRESS),
            "about": visible(" ".join(str(pinned.tools[name].get("description", "")).split()))[:LONGEST_ABOUT],
            "required": [one for one in required if one in arguments],
            "types": _types(properties, arguments),
            **words,
            "name": f"{file.name}.{name}",
            "arguments": {**arguments, **roles} if isinstance(roles, dict) else roles,
        }
        try:
            return read_tool(item, f"mcp:{file.name}")
        except DeclarationInvalid as error:
            raise McpFileInvalid(error.what, "Correct it; see docs/how-to/mcp.md.") from None


class McpTool:
    """One tool of a server. Each call is a conversation of its own, and begins by comparing the list."""

    def __init__(self, server: McpServer, pinned: Pinned, name: str, spec: ToolSpec) -> None:
        self._server = server
        self._pinned = pinned
        self._name = name
        self.spec = spec

    @cached_property
    def schema(self) -> Mapping[str, Json]:
        """JSON schema of the arguments, as it was pinned; what hides in its texts is shown by name."""
        shown: Mapping[str, Json] = _visible(self._pinned.schema(self._name))
        return shown

    def call(self, grant: Grant, arguments: Mapping[str, Json]) -> Json:
        """Its text, its structured answer, and whether it calls that an error.

        Raises:
            McpChanged: The server offers something else than a person has looked at.
            McpUnpinned: Somebody has pinned another list meanwhile.
            McpRefused, McpUnreachable, EgressRefused: As they say.
        """
        if grant.tool != self.spec.name:
            raise Broken(f"A grant for '{grant.tool}' does not allow {self.spec.name}.", "Please report this.")
        pinned = self._server.pin.read()
        if pinned is None or pinned.digest != self._pinned.digest:
            raise McpUnpinned(
                f"The pinned tools of '{self._server.file.name}' are others by now.", "Start the run anew."
            )
        given = {name: value for name, value in arguments.items() if value is not None}
        return _answer(self._server.call(self._pinned, self._name, given))

    def find(self, key: str, arguments: Mapping[str, Json]) -> Found | None:  # noqa: ARG002 -- no server can be asked
        """MCP knows no way to ask what became of a call; only a read may simply be made again."""
        return Found(done=False) if self.spec.effect is Effect.READ else None


def _arguments(schema: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The arguments by name, and which of them are needed, as far as the server says so in the form that is usual."""
    properties, required = schema.get("properties"), schema.get("required")
    named = properties if isinstance(properties, dict) else {}
    return named, [one for one in required if isinstance(one, str)] if isinstance(required, list) else []


def _visible(part: Json) -> Json:
    if isinstance(part, str):
        return visible(part)
    if isinstance(part, Mapping):
        return {visible(str(name)): _visible(inner) for name, inner in part.items()}
    return [_visible(inner) for inner in part] if isinstance(part, list) else part


def _types(properties: Mapping[str, Any], arguments: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name in arguments:
        kind = properties[name].get("type") if isinstance(properties[name], dict) else None
        if kind in _TYPES:
            found[name] = kind
    return found


def _answer(result: Mapping[str, Any]) -> Json:
    """The protocol's result in few words: pictures and files are named, not handed on."""
    texts, others = [], []
    for part in result.get("content", []):
        if part.get("type") == "text":
            texts.append(part.get("text", ""))
        elif part.get("type") == "resource" and "text" in part.get("resource", {}):
            texts.append(part["resource"]["text"])
        else:
            others.append(str(part.get("type", "unknown"))[:40])
    text = "\n".join(texts)
    answer: dict[str, Json] = {"error": bool(result.get("isError", False)), "text": text[:LONGEST]}
    if len(text) > LONGEST:
        answer["cut"] = True
    if others:
        answer["left_out"] = others[:50]
    structured = result.get("structuredContent")
    if structured is not None and len(json.dumps(structured)) <= LONGEST:
        answer["structured"] = structured
    elif structured is not None:
        answer["cut"] = True
    return answer
