"""Killed while months are exported: every file is whole, the old one or the new one, and the next export ends it."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.core.fact import Call, Fact, Run
from gainful.storage.cold.cold_months import cold_answer
from gainful.storage.settings.config import Home

FIRST, SECOND = datetime(2026, 8, 5, tzinfo=UTC), datetime(2026, 9, 5, tzinfo=UTC)
DYING = """
import os, signal, sys
from pathlib import Path
from gainful.app import Gainful
from gainful.storage.settings.config import Home

moment, number = sys.argv[3], int(sys.argv[4])
real, count = Path.replace, 0

def replace(self, target):
    global count
    count += 1
    if count == number and moment == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    done = real(self, target)
    if count == number:
        os.kill(os.getpid(), signal.SIGKILL)
    return done

Path.replace = replace
with Gainful.open(Home(Path(sys.argv[1]))) as app:
    app.cold.export(Path(sys.argv[2]), "2026-09")
"""


def used(at: datetime, beginning: str, count: int) -> list[Fact]:
    run = Run(at=at, id=f"run-{beginning}", agent="fixer", person="bo")
    calls = [Call(at=at, id=f"{beginning}{one}", run=run.id, provider="p", model="m") for one in range(count)]
    return [run, *calls]


def counts(folder: Path) -> dict[str, int]:
    with cold_answer(folder, "SELECT month, count(*) FROM calls GROUP BY month") as answer:
        return dict(answer.rows)


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_killed_at_a_file(tmp_path: Path, moment: str, number: int) -> None:
    home, folder = tmp_path / "home", tmp_path / "cold"
    with Gainful.open(Home(home)) as app:
        app.facts.append([*used(FIRST, "a", 3), *used(SECOND, "b", 5)], "test")
        app.cold.export(folder, "2026-09")
        app.facts.append([*used(FIRST, "c", 10), *used(SECOND, "d", 20)], "test")
    script = [sys.executable, "-c", DYING, str(home), str(folder), moment, str(number)]
    died = subprocess.run(script, capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    found = counts(folder)
    assert found["2026-08"] in (3, 13)
    assert found["2026-09"] in (5, 25)
    with Gainful.open(Home(home)) as app:
        done = app.cold.export(folder, "2026-09")
    assert len(done.written) + done.kept == 4
    assert done.kept == number - (moment == "before")
    assert counts(folder) == {"2026-08": 13, "2026-09": 25}
