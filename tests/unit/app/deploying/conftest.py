from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.unit.app.deploying.town import Town


@pytest.fixture
def make_town(database: Engine, tmp_path: Path) -> Iterator[Callable[..., Town]]:
    """Makes a town: `make_town(quiet="20:00-08:00")`."""
    made: list[Town] = []

    def make(**settings: Any) -> Town:
        made.append(Town(database, tmp_path, **settings))
        return made[-1]

    yield make
    for town in made:
        town.world.desk.close()


@pytest.fixture
def town(make_town: Callable[..., Town]) -> Town:
    """A town with the usual settings."""
    return make_town()
