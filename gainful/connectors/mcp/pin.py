"""A server's tools as a person has looked at them. What agents are shown comes from here, never from the server."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gainful.connectors.mcp.errors import McpUnpinned

LARGEST = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pinned:
    """The tools that a server offers.

    Args:
        tools: Each as the server describes it, in the protocol's own words, by name.
    """

    tools: Mapping[str, Mapping[str, Any]]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of everything that the server says about them."""
        text = json.dumps(self.tools, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(b"gainful mcp tools, version 1\x00" + text.encode()).hexdigest()

    def schema(self, name: str) -> Mapping[str, Any]:
        """JSON schema of a tool's arguments."""
        schema = self.tools[name].get("inputSchema")
        return schema if isinstance(schema, dict) else {"type": "object"}

    def changes(self, now: Pinned) -> list[str]:
        """What differs in `now`, a line for each tool."""
        lines = [f"+ {name}" for name in sorted(set(now.tools) - set(self.tools))]
        lines += [f"- {name}" for name in sorted(set(self.tools) - set(now.tools))]
        for name in sorted(set(self.tools) & set(now.tools)):
            before, after = self.tools[name], now.tools[name]
            fields = [key for key in sorted(set(before) | set(after)) if before.get(key) != after.get(key)]
            if fields:
                lines.append(f"~ {name}: {', '.join(fields)}")
        return lines


@dataclass(frozen=True, slots=True)
class Pin:
    """The file that keeps what was pinned."""

    file: Path

    def read(self) -> Pinned | None:
        """What was pinned; None when nothing was yet.

        Raises:
            McpUnpinned: The file is damaged, or was changed by hand.
        """
        try:
            content = json.loads(self.file.read_text(encoding="utf-8"))
            pinned = Pinned(content["tools"])
            if pinned.digest == content["digest"]:
                return pinned
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            pass
        raise McpUnpinned(
            f"{self.file} is damaged or was changed by hand.", f"Look at the tools: gainful mcp pin {self._server}"
        )

    def write(self, pinned: Pinned) -> None:
        """Keep this list, all of it or none."""
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps({"digest": pinned.digest, "tools": pinned.tools}, indent=1, sort_keys=True)
        temporary = self.file.with_name(f".{self.file.name}.{secrets.token_hex(6)}")
        try:
            with temporary.open("x", encoding="utf-8") as out:
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(self.file)
        finally:
            temporary.unlink(missing_ok=True)

    @property
    def _server(self) -> str:
        return self.file.name.partition(".")[0]


def pinned_from(tools: Sequence[Mapping[str, Any]]) -> Pinned:
    """The list as a server gave it.

    Raises:
        ValueError: Two tools have one name, or the list is too large to be looked at.
    """
    found = {str(tool["name"]): {key: value for key, value in tool.items() if key != "name"} for tool in tools}
    if len(found) != len(tools):
        raise ValueError("two tools have one name")
    pinned = Pinned(found)
    if len(json.dumps(found)) > LARGEST or len(found) > 500:
        raise ValueError("the list of tools is too long to be looked at")
    return pinned
