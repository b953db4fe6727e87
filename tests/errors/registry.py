"""Where reproducers of error codes are noted. A file `of_ROOM.py` beside this one holds those of a room:

@reproduces("no-such-room")
def _a_channel_that_is_not_there(place: Place) -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.storage.settings.config import Home


@dataclass
class Place:
    """Where a reproducer may work."""

    path: Path
    patch: pytest.MonkeyPatch

    @property
    def home(self) -> Home:
        """A home of its own."""
        return Home(self.path / "home")

    def app(self) -> Gainful:
        """The application in that home."""
        return Gainful.open(self.home)


Reproducer = Callable[[Place], object]
REPRODUCERS: dict[str, Reproducer] = {}


def reproduces(code: str) -> Callable[[Reproducer], Reproducer]:
    """Note the reproducer of a code."""

    def note(reproducer: Reproducer) -> Reproducer:
        assert code not in REPRODUCERS
        REPRODUCERS[code] = reproducer
        return reproducer

    return note
