"""The time zone of the machine, for what names none."""

from __future__ import annotations

import os
from pathlib import Path
from zoneinfo import ZoneInfo


def local_zone() -> str:
    """The machine's IANA time zone; UTC when it does not tell."""
    zone = os.environ.get("TZ", "").removeprefix(":")
    if not zone:
        zone = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    try:
        # TZ may hold a path, or a rule such as CET-1CEST, which name no zone.
        return ZoneInfo(zone).key if zone else "UTC"
    except (KeyError, ValueError, OSError):
        return "UTC"
