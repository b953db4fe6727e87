"""Where the stores of the contracts lie: in a file, then on a server."""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each test with a place is run on both; `of_sqlite` marks those that look into the file."""
    if "place" in metafunc.fixturenames:
        alone = metafunc.definition.get_closest_marker("of_sqlite")
        metafunc.parametrize("place", ["sqlite"] if alone else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """A database of this test's own."""
    return tmp_path / "g.db" if request.param == "sqlite" else str(request.getfixturevalue("team_url"))
