"""A deployer that dies at any point: whoever goes on with the deployment brings it to the same end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.jobs.deploy.world import NEW, OLD

SCRIPT = Path(__file__).with_name("deployment_process.py")
STRIDE = {"good": 3, "bad": 7, "back": 7}
"""Every so many points one is tried; all of them take minutes."""

LAST = 17
"""So many of the last points are tried where a model explains: they reach back to before the release has gone back."""

EVENTS = {
    "good": ["planned", "begun", "staged", "healthy", "baseline", "shifted", "ended"],
    "bad": ["planned", "begun", "staged", "healthy", "baseline", "shifted", "ended"],
    "back": ["planned", "begun", "ended"],
}
ENDS = {"good": ("promoted", NEW.id), "bad": ("rolled-back", OLD.id), "back": ("promoted", OLD.id)}


def asked(how: str, *pairs: str) -> list[Any]:
    """What the processes say."""
    done = subprocess.run(
        [sys.executable, str(SCRIPT), how, *pairs], capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("how", ["good", "bad", "back"])
def test_killed_anywhere_it_comes_to_the_same_end(tmp_path: Path, how: str) -> None:
    points, whole = asked(how, f"{tmp_path}/whole:0")
    state, live = ENDS[how]
    expected = {
        "deployments": [state],
        "events": EVENTS[how],
        "live": live,
        "share": 0,
        "locked": False,
        "uncertain": 0,
        "asked": 0,
        "held": 0,
    }
    assert whole == expected
    tried = range(1, points + 1, STRIDE[how])
    said = asked(how, *(f"{tmp_path}/{fatal}:{fatal}" for fatal in tried))
    for fatal, killed, after in zip(tried, said[::2], said[1::2], strict=True):
        assert killed is None, fatal
        assert after == expected, (fatal, after)


def test_killed_anywhere_after_its_end_a_model_is_asked_at_most_once(tmp_path: Path) -> None:
    points, whole = asked("explained", f"{tmp_path}/whole:0")
    assert (whole["events"][-2:], whole["asked"], whole["held"]) == (["ended", "explained"], 1, 0)
    tried = range(points - LAST, points + 1)
    said = asked("explained", *(f"{tmp_path}/{fatal}:{fatal}" for fatal in tried))
    counts = []
    for fatal, killed, after in zip(tried, said[::2], said[1::2], strict=True):
        assert killed is None, fatal
        counts.append(after.pop("asked"))
        assert after == {name: value for name, value in whole.items() if name != "asked"}, (fatal, after)
    # Held and not yet sent when it was killed, it is not asked at all: nobody can tell the two apart.
    assert set(counts) == {0, 1}
