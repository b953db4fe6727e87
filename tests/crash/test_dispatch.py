"""What wakes agents, killed before each statement that writes, at each commit, and around each start."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from gainful.storage.agents.occurrence_store import OccurrenceState, OccurrenceStore
from gainful.storage.database import open_database

ROOT = Path(__file__).resolve().parents[2]
PROCESS = Path(__file__).with_name("dispatch_process.py")
EXPECTED = [
    "cron 0 * * * * 13:00",
    "cron 0 * * * * 14:00",
    "cron 0 * * * * 15:00",
    "cron 30 * * * * 14:30",
    "file notes/* 15:10",
    "mention 12:00",
    "webhook 12:00",
]


def wrong(home: Path) -> str:
    """What is wrong after the second process is through; empty when nothing is."""
    lines = [line.rpartition(" ") for line in (home / "started").read_text().splitlines()]
    runs = {(what, run) for what, _, run in lines}
    if sorted(what for what, _ in runs) != EXPECTED:
        return f"started: {sorted(runs)}"
    engine = open_database(home / "gainful.sqlite")
    found = OccurrenceStore(engine).recent("handbook", 100)
    engine.dispose()
    states = {record.state for record in found}
    if states != {OccurrenceState.STARTED, OccurrenceState.MISSED}:
        return f"states: {states}"
    if {record.run_id for record in found if record.state is OccurrenceState.STARTED} != {run for _, run in runs}:
        return "another run was noted than was started"
    return ""


def test_nothing_is_lost_or_doubled_wherever_it_dies(tmp_path: Path, empty_database: Path) -> None:
    shutil.copyfile(empty_database, tmp_path / "empty.sqlite")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(PROCESS), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    homes = sorted((home for home in tmp_path.iterdir() if home.is_dir()), key=lambda home: int(home.name))
    assert len(homes) >= 40
    assert {home.name: found for home in homes if (found := wrong(home))} == {}
    # Where nobody dies each is started once, though two processes were told of everything.
    assert len((homes[0] / "started").read_text().splitlines()) == len(EXPECTED)
