"""Commands and code in a sandbox. Off unless the person turns it on."""

from gainful.connectors.shell.sandbox import Limits, Outcome, Sandbox
from gainful.connectors.shell.tools import SandboxTool, shell_tools

__all__ = ["Limits", "Outcome", "Sandbox", "SandboxTool", "shell_tools"]
