"""Tools of any MCP server, once a person has said what each of them does and has looked at the list."""

from gainful.connectors.mcp.errors import McpFileInvalid
from gainful.connectors.mcp.pin import Pin, Pinned
from gainful.connectors.mcp.server_file import ServerFile, read_server_file
from gainful.connectors.mcp.tools import McpServer, McpTool

__all__ = ["McpFileInvalid", "McpServer", "McpTool", "Pin", "Pinned", "ServerFile", "read_server_file"]
