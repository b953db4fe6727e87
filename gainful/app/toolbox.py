"""Which tools exist in this installation, as settings and accounts make them.

tools = Toolbox(home, config, accounts, broker).tools("support")
tools["files.read"].spec

What an agent may use of them is its manifest's matter. Without a setting that names folders, hosts or servers a tool is
not there at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from gainful.app.shell import tools_of as shell_tools_of
from gainful.core.errors import Invalid
from gainful.gate.broker import Broker
from gainful.sdk.tool import Tool
from gainful.storage.config import Config, Home


class FolderInvalid(Invalid):
    """A folder that the settings give to agents holds Gainful's own home."""

    code = "folder-invalid"


class Toolbox:
    """The tools of one installation. Building them reaches nothing: each connects when it is called."""

    def __init__(self, home: Home, config: Config, broker: Broker) -> None:
        self._home = home
        self._config = config
        self._broker = broker

    def tools(self, agent: str) -> Mapping[str, Tool]:
        """Every tool by name, for this agent.

        Args:
            agent: Its name marks what it writes to other people.

        Raises:
            FolderInvalid: The settings give agents the folder where the secrets lie.
        """
        return {tool.spec.name: tool for tool in self._all(agent)}

    def _all(self, agent: str) -> Iterable[Tool]:
        if self._config.shell.enabled:
            yield from shell_tools_of(self._config.shell, self._home)
        yield from self._files()
        yield from self._web()

    def _files(self) -> Iterable[Tool]:
        from gainful.connectors.files import FileStore, file_tools

        folders = self._config.files.folders
        self._check(folders.values(), "files")
        return file_tools(FileStore(folders, self._home.path / "kept")) if folders else ()

    def _web(self) -> Iterable[Tool]:
        from gainful.connectors.web import web_tools
        from gainful.sdk.egress import Egress

        wanted = self._config.web
        if not wanted.hosts and not wanted.own_servers:
            return ()
        return web_tools(Egress(frozenset(wanted.hosts), private_ok=frozenset(wanted.own_servers)))

    def _check(self, folders: Iterable[Path], section: str) -> None:
        """No folder holds Gainful's home, or lies in it: with the key in it, everything else falls."""
        home = self._home.path.resolve()
        for folder in folders:
            real = folder.resolve()
            if home.is_relative_to(real) or real.is_relative_to(home):
                raise FolderInvalid(
                    f"'{folder}' under [{section}] in gainful.toml and Gainful's home {home} lie in one another.",
                    "Name folders beside it.",
                )
