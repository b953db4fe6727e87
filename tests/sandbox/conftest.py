"""A driver that is not root, and bait that an escape would touch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.bait import PYTHON, SECRET, Bait, as_nobody

ROOT = Path(__file__).resolve().parents[2]
SDK = ("sdk/grant.py", "sdk/tool.py", "sdk/declaration.py")
NEEDED = ("__init__.py", "core", "connectors/__init__.py", "connectors/shell", "sdk/__init__.py", *SDK)

Run = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def bait() -> Iterator[Bait]:
    """What lies outside."""
    laid = Bait()
    yield laid
    laid.take_up()


@pytest.fixture(scope="session")
def copied() -> Iterator[Path]:
    """A copy of the few modules that the sandbox needs, readable by everybody."""
    place = Path(tempfile.mkdtemp(prefix="gsc"))
    for name in NEEDED:
        target = place / "gainful" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        source = ROOT / "gainful" / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    shutil.copy(Path(__file__).with_name("driver.py"), place)
    subprocess.run(["chmod", "-R", "a+rX", str(place)], check=True)
    yield place
    shutil.rmtree(place, ignore_errors=True)


def environment(copied: Path) -> dict[str, str]:
    """What the driver finds in its environment, with things that must not be passed on."""
    found = {"PYTHONPATH": str(copied), "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"}
    return {**found, "GAINFUL_IMAP_PASSWORD": SECRET, "LD_LIBRARY_PATH": "/nowhere"}


@pytest.fixture(scope="session")
def run(copied: Path, bait: Bait) -> Iterator[Run]:
    """Runs a program in the real sandbox: `run(text, tool="shell.run", limits={…})`."""
    with subprocess.Popen(
        as_nobody(PYTHON, str(copied / "driver.py"), bait.facts["secret"]),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(copied),
        cwd="/",
    ) as driver:
        asking, answers = driver.stdin, driver.stdout
        assert asking is not None
        assert answers is not None

        def job(text: str, tool: str = "code.python", **more: object) -> dict[str, Any]:
            asked = {"tool": tool, "text": text, "folders": [str(bait.place)], "folder": str(bait.work), **more}
            print(json.dumps(asked), file=asking, flush=True)
            answer: dict[str, Any] = json.loads(answers.readline())
            return answer

        probe = job("print('here')")
        if probe.get("code") == "sandbox-unavailable":
            # In CI a sandbox that cannot be tried is a failure.
            (pytest.fail if os.environ.get("CI") else pytest.skip)(probe["what"])
        assert probe["stdout"] == "here\n", probe
        yield job
        asking.close()


@pytest.fixture
def outside(copied: Path, bait: Bait) -> Callable[..., str]:
    """Runs the same Python text without a sandbox, as an ordinary user or as root; its output."""

    def go(text: str, *, root: bool = False) -> str:
        held = os.open(bait.facts["secret"], os.O_RDWR)
        try:
            done = subprocess.run(
                [PYTHON, "-I", "-"] if root else as_nobody(PYTHON, "-I", "-"),
                input=text,
                capture_output=True,
                text=True,
                timeout=60,
                env=environment(copied),
                cwd=str(bait.place / "scratch"),
                pass_fds=[held],
                check=False,
            )
        finally:
            os.close(held)
            bait.reset()
        return done.stdout + done.stderr

    return go
