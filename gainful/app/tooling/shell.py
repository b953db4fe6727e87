"""The sandbox and its tools, as the settings want them."""

from __future__ import annotations

from gainful.connectors.shell import Limits, Sandbox, SandboxTool, shell_tools
from gainful.connectors.shell.errors import SandboxInputInvalid
from gainful.storage.settings.config import Home
from gainful.storage.settings.tools import Shell


def sandbox_of(wanted: Shell, home: Home) -> Sandbox:
    """The sandbox with the folders and limits of the settings; nothing is started yet.

    Raises:
        SandboxInputInvalid: Gainful's own home lies in one of the folders, with the key to its secrets.
    """
    for folder in wanted.folders:
        if home.path.resolve().is_relative_to(folder.resolve()):
            raise SandboxInputInvalid(
                f"'{folder}' under [shell] in gainful.toml holds {home.path}, where Gainful's secrets lie.",
                "Name the folders below it that commands may see, one by one.",
            )
    memory = wanted.memory_mb * 1024 * 1024
    return Sandbox(wanted.folders, Limits(seconds=wanted.seconds, cpu_seconds=wanted.seconds, memory=memory))


def tools_of(wanted: Shell, home: Home) -> list[SandboxTool]:
    """The tools `shell.run` and `code.python`; each refuses every call unless the settings turn it on.

    Raises:
        SandboxInputInvalid: As for `sandbox_of`.
    """
    return shell_tools(sandbox_of(wanted, home), enabled=wanted.enabled)
