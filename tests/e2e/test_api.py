"""The public API as its own description has it: made-up requests, right and wrong ones, against a real server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gainful.app import Gainful
from gainful.app.console import Scope
from gainful.app.trial.console_show import ConsoleShow
from gainful.core.clock import system_clock
from gainful.sdk.testing.local_server import free_ports

BIN = Path(sys.executable).parent
SECONDS = 20


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Where the demo's company is served, and a token that may everything."""
    (port,) = free_ports(1)
    show = ConsoleShow(tmp_path, port, system_clock)
    show.lay(lambda _done, _whole: None)
    with Gainful.open(show.home) as app:
        token = app.access.add_token("fuzz", show.person, list(Scope), timedelta(days=1), show.person)
    command = [str(BIN / "gainful"), "--home", str(show.home.path), "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "console:" not in process.stdout.readline():
            assert process.poll() is None
        yield f"http://127.0.0.1:{port}/api", token
        process.terminate()


def test_it_does_what_its_description_says(served: tuple[str, str], tmp_path: Path) -> None:
    address, token = served
    done = subprocess.run(
        [
            *(str(BIN / "schemathesis"), "run", f"{address}/v1/openapi.json", "--url", address, "--workers", "1"),
            *("--header", f"Authorization: Bearer {token}", "--max-time", str(SECONDS), "--continue-on-failure"),
            # The same requests each time, and as long to answer one as a busy machine takes.
            *("--seed", "1", "--request-timeout", "120"),
        ],
        cwd=tmp_path,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
