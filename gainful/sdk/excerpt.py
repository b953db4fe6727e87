"""What a deploy target or a source of metrics implements besides, where it knows the log of each slot.

    if isinstance(target, LogExcerpts):
        lines = target.excerpt("green")

The end of a log is enough here: it is read right after a release was taken back. The numbers of a watch never come from
it; see `gainful.connectors.logs` for those.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from gainful.core.redaction import redact

EXCERPT = 64 * 1024
"""Octets of a log's end that are looked at."""


@runtime_checkable
class LogExcerpts(Protocol):
    """Quotes the logs of slots."""

    def excerpt(self, slot: str) -> Sequence[str]:
        """The last lines of this slot's log, oldest first, without known secrets; none where it has no log.

        Strangers wrote them: whoever sends a request chooses words in it. Reads a file's end, and waits for nothing.
        """


def log_end(path: Path, octets: int = EXCERPT) -> list[str]:
    """The whole lines at the end of a log, without known secrets; none where it cannot be read or is no file."""
    try:
        # A pipe must not be waited for.
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        place = max(0, os.fstat(file).st_size - octets)
        read = os.pread(file, octets, place)
    except OSError:
        return []
    finally:
        os.close(file)
    whole = read.split(b"\n", 1)[-1] if place else read
    return redact(whole.decode("utf-8", "replace")).splitlines()
