"""An import of a tool's logs that is killed in the middle and done again: no call is lost, and none is there twice."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.storage.settings.config import Home
from tests.crash.importing import NOW, booked, start
from tests.unit.intake.log_files import lines
from tests.unit.intake.test_claude_code import message

MESSAGES = 12_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One transcript that several batches book, and one that a session of the other was resumed in."""
    written = [message(f"m{number}", 1) for number in range(MESSAGES)]
    lines(tmp_path / "projects" / "a.jsonl", *written)
    lines(tmp_path / "projects" / "b.jsonl", *written[-500:], message("last", 1))
    return tmp_path / "projects"


@pytest.mark.parametrize("seed", range(3))
def test_killed_while_it_imports(tmp_path: Path, folder: Path, seed: int) -> None:
    home, chance = tmp_path / "home", random.Random(seed)
    Gainful.open(Home(home), lambda: NOW).close()
    killed = 0
    for wanted in (1, 2):
        process = start(home, "claude-code", folder)
        while booked(home) < wanted and process.poll() is None:
            time.sleep(0.01)
        # Somewhere in the batch after it.
        time.sleep(chance.random() * 0.4)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.communicate(timeout=300)
    assert killed
    process = start(home, "claude-code", folder)
    answer, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    done = json.loads(answer)
    assert done["unread"] == 0
    with Gainful.open(Home(home), lambda: NOW) as app:
        assert app.facts.verify() == ""
        (spent,) = app.usage.spent("model", NOW.date(), (NOW + timedelta(days=1)).date())
    assert (spent.calls, spent.tokens.output) == (MESSAGES + 1, MESSAGES + 1)
