"""Pages of the web servers that the person names, as text."""

from gainful.connectors.web.tools import LIMITS, web_tools

__all__ = ["LIMITS", "web_tools"]
