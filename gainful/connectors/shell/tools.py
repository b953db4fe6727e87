"""The two tools of the sandbox: `shell.run` for a command, and `code.python` for Python code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from gainful.connectors.shell.errors import SandboxInputInvalid, ShellOff
from gainful.connectors.shell.sandbox import Outcome, Sandbox
from gainful.core.errors import Broken
from gainful.core.tool import ToolSpec
from gainful.core.value import Json
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.tool import Found

RUN = "shell.run"
PYTHON = "code.python"

Start = Callable[[Sandbox, str, Path | None], Outcome]


class SandboxTool:
    """A `Tool` that runs one text in the sandbox.

    Args:
        name: Of the tool, as the manifest declares it.
        argument: Name of the argument that holds the text.
        enabled: Whether the person has turned it on.
    """

    def __init__(self, name: str, argument: str, start: Start, sandbox: Sandbox, *, enabled: bool = False) -> None:
        self._name = name
        self._argument = argument
        self._start = start
        self._sandbox = sandbox
        self._enabled = enabled

    @property
    def spec(self) -> ToolSpec:
        """As the connector's manifest declares it."""
        return declared("shell")[self._name]

    def call(self, grant: Grant, arguments: Mapping[str, Json]) -> Json:
        """The `Outcome` as JSON; what is not UTF-8 in its output is replaced.

        Raises:
            ShellOff, SandboxRefusedRoot, SandboxUnavailable, SandboxInputInvalid: Nothing was run.
            Broken: The grant is for another tool.
        """
        if grant.tool != self._name:
            raise Broken(f"A grant for '{grant.tool}' does not allow {self._name}.", "Please report this.")
        if not self._enabled:
            raise ShellOff(
                "Running commands and code is turned off.", "Set enabled = true under [shell] in gainful.toml."
            )
        text, folder = arguments.get(self._argument), arguments.get("folder")
        if not isinstance(text, str) or not isinstance(folder, str | None):
            raise SandboxInputInvalid(
                f"{self._name} wants '{self._argument}' as text, and a folder's path or none.", "Give it that."
            )
        outcome = asdict(self._start(self._sandbox, text, Path(folder) if folder is not None else None))
        for stream in ("stdout", "stderr"):
            outcome[stream] = outcome[stream].decode("utf-8", "replace")
        return outcome

    def find(self, key: str, arguments: Mapping[str, Json]) -> Found:  # noqa: ARG002 -- the same for every call
        """Nothing has become of a call whose end nobody saw: a run leaves nothing behind."""
        return Found(done=False)


def shell_tools(sandbox: Sandbox, *, enabled: bool = False) -> list[SandboxTool]:
    """Both tools, over one sandbox."""
    return [
        SandboxTool(RUN, "command", _command, sandbox, enabled=enabled),
        SandboxTool(PYTHON, "code", _python, sandbox, enabled=enabled),
    ]


def _command(sandbox: Sandbox, command: str, folder: Path | None) -> Outcome:
    return sandbox.run(["/bin/sh", "-c", command], folder=folder)


def _python(sandbox: Sandbox, code: str, folder: Path | None) -> Outcome:
    return sandbox.run(["/usr/bin/python3", "-I", "-"], code.encode("utf-8", "replace"), folder)
