"""The MCP servers of an installation: `mcp/NAME.toml` in Gainful's home says what is known of one, `mcp/NAME.pin` what
a person has looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gainful.core.errors import GainfulError, Invalid
from gainful.gate.broker import Broker
from gainful.sdk.secret import Connection
from gainful.storage.config import Home

if TYPE_CHECKING:
    from gainful.connectors.mcp import McpServer, Pinned


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
        self._folder = home.path / "mcp"
        self._broker = broker

    def names(self) -> list[str]:
        """The servers' names, which are those of their files."""
        return sorted(file.stem for file in self._folder.glob("*.toml"))

    def server(self, name: str) -> McpServer:
        """The server of this name.

        Raises:
            McpUnknown: There is no file about it.
            McpFileInvalid: Its file cannot be used.
        """
        from gainful.connectors.mcp import McpServer, Pin, read_server_file

        if name not in self.names():
            known = ", ".join(self.names()) or "none yet"
            raise McpUnknown(
                f"There is no MCP server '{name[:60]}'.", f"Servers: {known}. Write {self._folder}/NAME.toml for one."
            )
        file = read_server_file(self._folder / f"{name}.toml")
        return McpServer(
            file,
            Pin(self._folder / f"{name}.pin"),
            lambda secret: self._broker.handle(secret, Connection("mcp", name)),
        )

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
