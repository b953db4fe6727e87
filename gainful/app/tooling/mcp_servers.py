"""The MCP servers of an installation: `mcp/NAME.toml` in Gainful's home says what is known of one, `mcp/NAME.pin` what
a person has looked at."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gainful.app.tooling.tools import installed_tools
from gainful.core.errors import GainfulError, Invalid
from gainful.gate.broker import Broker
from gainful.sdk.secret import Connection
from gainful.storage.settings.config import Home

if TYPE_CHECKING:
    from gainful.connectors.mcp import McpServer, McpTool, Pinned


class McpUnknown(Invalid):
    """There is no file about an MCP server of that name."""

    code = "mcp-unknown"


@dataclass(frozen=True, slots=True)
class McpState:
    """How a server stands.

    Args:
        state: `pinned`, `unpinned`, or `broken`.
        declared: Names of the tools that agents may be given.
        problem: Why it is broken; empty when it is not.
    """

    name: str
    state: str
    declared: Sequence[str]
    problem: str = ""


class McpServers:
    """Every server that a file in Gainful's home is about."""

    def __init__(self, home: Home, broker: Broker) -> None:
        self._home = home.path
        self._folder = home.path / "mcp"
        self._broker = broker

    def names(self) -> list[str]:
        """The servers' names, which are those of their files."""
        return sorted(file.stem for file in self._folder.glob("*.toml"))

    def server(self, name: str) -> McpServer:
        """The server of this name.

        Raises:
            McpUnknown: There is no file about it.
            McpFileInvalid: Its file cannot be used, or its tools would be called as some of Gainful's own.
        """
        from gainful.connectors.mcp import McpFileInvalid, McpServer, Pin, read_server_file

        if name not in self.names():
            known = ", ".join(self.names()) or "none yet"
            raise McpUnknown(
                f"There is no MCP server '{name[:60]}'.", f"Servers: {known}. Write {self._folder}/NAME.toml for one."
            )
        if name in _taken():
            raise McpFileInvalid(
                f"The MCP server in {self._folder}/{name}.toml is called as tools of Gainful are: {name}.…",
                "Give the file another name.",
            )
        file = read_server_file(self._folder / f"{name}.toml")
        return McpServer(
            file,
            Pin(self._folder / f"{name}.pin"),
            self._home,
            lambda secret: self._broker.handle(secret, Connection("mcp", name)),
        )

    def tools(self) -> list[McpTool]:
        """The tools of every server that a person has declared and pinned. One that is broken brings none."""
        found: list[McpTool] = []
        for name in self.names():
            # It is shown by `gainful mcp list`; agents that do not use it go on.
            with suppress(GainfulError):
                found += self.server(name).tools()
        return found

    def states(self) -> list[McpState]:
        """How each server stands, as far as its files tell; none is reached."""
        return [self._state(name) for name in self.names()]

    def pin(self, name: str, offered: Pinned) -> None:
        """From now on these are the tools that agents may be given, as far as they are declared.

        Raises:
            McpUnknown, McpFileInvalid: As they say.
        """
        self.server(name).pin.write(offered)

    def _state(self, name: str) -> McpState:
        try:
            server = self.server(name)
            tools = server.tools()
            state = "pinned" if server.pin.read() is not None else "unpinned"
            return McpState(name, state, [tool.spec.name for tool in tools])
        except GainfulError as error:
            return McpState(name, "broken", [], str(error))


def _taken() -> frozenset[str]:
    """What the names of Gainful's own tools begin with."""
    return frozenset(name.partition(".")[0] for name in installed_tools()) | {"gainful", "plan", "told"}
