"""A rotation of the key that is killed anywhere leaves every secret readable, and the next one finishes it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_killed_at_every_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "rotation_process.py"), str(tmp_path)],
        cwd=HERE.parents[1],
        env={"PYTHONPATH": str(HERE.parents[1]), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] > 100
    assert found["keys_between"] == 2
    assert found["unreadable"] == []
    assert found["unfinished"] == []
