"""Commands; thin: they ask the application, and show what it answers."""

from gainful.cli.main import main

__all__ = ["main"]
