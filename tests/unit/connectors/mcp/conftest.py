"""MCP servers as programs, with a file about each and a pin."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gainful.connectors.mcp import McpServer, McpTool, Pin, ServerFile
from gainful.core.value import Json
from gainful.sdk.grant import Grant
from gainful.sdk.secret import Handle, Secret

HERE = Path(__file__).parent
# The interpreter itself: an environment may lie where walls hide it, such as in /tmp.
ODD = (str(Path(sys.executable).resolve()), "-I", "-S", str(HERE / "odd_server.py"))
REAL = (sys.executable, str(HERE / "ticket_server.py"))


@dataclass
class Servers:
    """Makes servers that share one pin, in a home of their own."""

    home: Path
    secrets: Mapping[str, str]

    def of(self, file: ServerFile) -> McpServer:
        """The server that this file is about."""

        def secret(name: str) -> Handle:
            return Handle.of(Secret(name, self.secrets[name]) if name in self.secrets else None)

        return McpServer(file, Pin(self.home / "mcp" / f"{file.name}.pin"), self.home, secret)

    def odd(self, *habits: str, **more: Any) -> McpServer:
        """An odd server with these habits; outside of walls, so that it starts quickly."""
        given = {"confined": False, "seconds": 20, "tools": {"echo": {"effect": "read"}}, **more}
        return self.of(ServerFile(name="odd", command=(*ODD, *habits), **given))

    def tool(self, *habits: str, **more: Any) -> McpTool:
        """Its tool `echo`, pinned as a server without these habits offers it."""
        server = self.odd(*habits, **more)
        if server.pin.read() is None:
            server.pin.write(self.odd().offered())
        return next(tool for tool in server.tools() if tool.spec.name == "odd.echo")


@pytest.fixture
def servers(tmp_path: Path) -> Servers:
    made = Servers(tmp_path / "home", {"mcp:odd": "a-token-that-is-secret"})
    made.home.mkdir()
    (made.home / "secret.key").write_text("the key to everything")
    return made


@pytest.fixture
def echo(servers: Servers) -> Callable[..., Json]:
    """Calls the tool of an odd server: `echo("a text", "habit", …)`."""

    def call(text: str, *habits: str, **more: Any) -> Json:
        return servers.tool(*habits, **more).call(Grant("k", "odd.echo"), {"text": text})

    return call
