"""What services were given beside their files, to compare with: one file for each state of the settings.

Only what may be shown is put here: whoever makes it takes out what looks secret. The files are the owner's alone all
the same.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

MOST = 20
"""States kept of a service; the oldest goes first."""


class SettingsShelf:
    """The kept settings of every service. Any number of processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, service: str, digest: str, shown: Any) -> bool:
        """Keep this JSON under the digest of the settings that it tells of; the same digest is the same content.

        False: it could not be written, and nothing is left of it. What is compared later is then less; no deployment
        depends on it.
        """
        file = self._file(service, digest)
        try:
            if file.exists():
                # Used again: not the oldest any more.
                os.utime(file)
            else:
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _write(file, json.dumps(shown))
                self._prune(file.parent)
        except OSError:
            return False
        return True

    def kept(self, service: str, digest: str) -> Any | None:
        """What was kept under this digest; None when nothing was, or it cannot be read."""
        try:
            return json.loads(self._file(service, digest).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _file(self, service: str, digest: str) -> Path:
        return self._folder / service / f"{digest.rpartition(':')[2]}.json"

    def _prune(self, folder: Path) -> None:
        files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[MOST:]:
            file.unlink(missing_ok=True)


def _write(file: Path, text: str) -> None:
    """Write it in one step, for the owner alone: a crash leaves nothing under that name, or all of it."""
    handle, name = tempfile.mkstemp(prefix=".", dir=file.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
