"""Fixtures of the crash tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine as Database

from tests.crash.processes import Processes


@pytest.fixture
def processes(tmp_path: Path, database: Database) -> Iterator[Processes]:
    """Processes over a folder with an empty database."""
    started = Processes(tmp_path)
    yield started
    started.stop()
