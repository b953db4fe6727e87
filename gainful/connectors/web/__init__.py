"""Pages of the web servers that the person names, as text."""

from gainful.connectors.web.tools import web_tools

__all__ = ["web_tools"]
