from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.unit.app.chat.world import World


@pytest.fixture
def make_world(database: Engine, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """Makes a world: `make_world(quiet="20:00-08:00")`."""
    made: list[World] = []

    def make(**settings: Any) -> World:
        made.append(World(database, tmp_path, **settings))
        return made[-1]

    yield make
    for world in made:
        world.desk.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    """A world with the usual settings."""
    return make_world()
