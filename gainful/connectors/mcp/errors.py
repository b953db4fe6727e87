"""Why a tool of an MCP server was not called, or what became of it.

Invalid
├── McpFileInvalid  the file about the server cannot be read
└── McpUnpinned     nobody has looked at the server's tools yet
Refused
├── McpChanged      the server's tools are not those that a person has looked at
└── McpRefused      the server does not take the call, or cannot be run as its file wants it
ToolUnreachable
└── McpUnreachable  the server does not start, hangs, died, or says too much
"""

from __future__ import annotations

from gainful.core.errors import Invalid, Refused
from gainful.sdk.tool import ToolUnreachable


class McpFileInvalid(Invalid):
    """What is written about an MCP server cannot be used."""

    code = "mcp-file-invalid"


class McpUnpinned(Invalid):
    """No person has looked at the tools of this MCP server yet."""

    code = "mcp-unpinned"


class McpChanged(Refused):
    """An MCP server offers other tools than those that a person has looked at."""

    code = "mcp-changed"


class McpRefused(Refused):
    """An MCP server does not take the call, or cannot be run as its file wants it."""

    code = "mcp-refused"


class McpUnreachable(ToolUnreachable):
    """An MCP server does not start, hangs, died, or says more than is read."""

    code = "mcp-unreachable"
