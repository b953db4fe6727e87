"""Stores keep their promises on either database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gainful.storage.database import open_database


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test with a database is run on a file and on a server; `of_sqlite` marks those that know the file."""
    if "database" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("of_sqlite")
        metafunc.parametrize("database", ["sqlite"] if alone else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of this test's own."""
    if request.param == "sqlite":
        content = request.getfixturevalue("empty_database").read_bytes()
        (tmp_path / "gainful.sqlite").write_bytes(content)
    place = tmp_path / "gainful.sqlite" if request.param == "sqlite" else request.getfixturevalue("team_url")
    engine = open_database(place)
    yield engine
    engine.dispose()
