"""Text files in folders that the person names. Nothing outside of them, and nothing behind a link."""

from gainful.connectors.files.store import FileStore
from gainful.connectors.files.tools import file_tools

__all__ = ["FileStore", "file_tools"]
