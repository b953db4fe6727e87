"""What the tests that kill an import share: starting one, and seeing how far it has come."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from gainful.app import Gainful
from gainful.storage.settings.config import Home

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


def start(home: Path, kind: str, what: Path) -> subprocess.Popen[str]:
    """`gainful import`, as a process."""
    words = [sys.executable, "-m", "gainful", "--home", str(home), "import", kind, str(what), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def booked(home: Path) -> int:
    """How many batches are booked so far, as another process sees it."""
    with Gainful.open(Home(home), lambda: NOW) as app, app.database.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM batches").scalar() or 0)
