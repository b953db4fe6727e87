"""The console: pages that people look at, drawn on the server, at the web server's address."""

from gainful.web.console.site import ConsoleSite

__all__ = ["ConsoleSite"]
