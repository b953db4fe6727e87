"""What can be wrong with a file before anything happens to it.

Invalid
├── FilePathInvalid       no plain path below a named folder
├── FileMissing           nothing lies there
└── FileUnusable          no text, too large, no ordinary file
Refused
├── FileChanged           it is another one than was read
└── FileForbidden         the system gives no right to it
ToolUnreachable
└── FileStoreUnreachable  the disk is full, or does not answer
"""

from __future__ import annotations

from gainful.core.errors import Invalid, Refused
from gainful.sdk.tool import ToolUnreachable


class FilePathInvalid(Invalid):
    """The path leads out of the named folders, through a link, or is written in more than one way."""

    code = "file-path-invalid"


class FileMissing(Invalid):
    """Nothing lies at this path."""

    code = "file-missing"


class FileUnusable(Invalid):
    """What lies there, or what is to be written, is no text, too large, or no ordinary file."""

    code = "file-unsuitable"


class FileChanged(Refused):
    """The file is not the one that the caller has read."""

    code = "file-changed"


class FileForbidden(Refused):
    """The system gives no right to read or write it."""

    code = "file-forbidden"


class FileStoreUnreachable(ToolUnreachable):
    """The disk is full or does not answer."""

    code = "file-store-unreachable"
