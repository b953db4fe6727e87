"""The demo of deployments: everything in it is real, and each release ends as it should."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.waiting import eventually

ENDS = {"good": "promoted", "docs": "refused", "bad": "rolled-back", "slow": "rolled-back"}


def running(place: Path) -> list[str]:
    """Commands of processes that lie in this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:
            continue
        if str(place) in command:
            found.append(command)
    return found


def test_four_releases_under_traffic(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gainful", "demo", "deploy", "--json"],
        env={**os.environ, "TMPDIR": str(tmp_path), "GAINFUL_HOME": str(tmp_path / "untouched")},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    *scenes, whole = map(json.loads, done.stdout.splitlines())
    assert {scene["release"]: scene["state"] for scene in scenes} == ENDS
    assert all(scene["as_wanted"] for scene in scenes)
    good, docs, bad, slow = scenes
    assert good["failed"] == 0
    assert "No file that ships is different" in docs["why"]
    assert docs["with_traffic"] is None
    assert "of its requests fail" in bad["why"]
    assert 0 < bad["failed"] < bad["requests"] / 100
    assert "take longer than" in slow["why"]
    assert [scene["tokens"] for scene in scenes] == [0, 0, 0, 0]
    assert [scene["model_calls"] for scene in scenes] == [0, 0, 0, 0]
    assert whole["requests"] >= sum(scene["requests"] for scene in scenes)
    # Nothing runs on, nothing is left, and nobody's own home was touched.
    assert running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_without_its_servers_it_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from gainful.sdk.testing import local_server\n"
        "local_server.program = lambda _name: None\n"
        "from gainful.cli.main import run\n"
        "sys.exit(run(['demo', 'deploy']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert "apt-get install -y --no-install-recommends haproxy prometheus" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_told_to_end_or_killed_it_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "gainful", "demo", "deploy"],
        env={**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True,
        # Tests that run in the background are deaf to Ctrl-C, and so would be what they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout as lines:
        assert any("shifted" in line for line in lines)
        process.send_signal(number)
        assert process.wait(300) == (-number if number == signal.SIGKILL else 130)
    if number == signal.SIGKILL:
        # Nobody who is killed can wait for those who clean up.
        assert eventually(lambda: not running(tmp_path) and not any(tmp_path.iterdir()))
    assert running(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
