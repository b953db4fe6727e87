"""Processes of slots are known again, ended with their children, and never mistaken for others."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gainful.connectors.releases.process import OwnCommands, OwnProcesses, fill
from gainful.sdk.deploy_target import TargetRefused, TargetUnreachable
from tests.fixtures.waiting import eventually

VALUES = {"port": "1"}


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[int]:
    number = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    yield number
    os.close(number)


def runner(folder: Path, code: str, grace: float = 0.5) -> OwnProcesses:
    return OwnProcesses(folder / "run", (sys.executable, "-I", "-S", "-u", "-c", code), {"WHO": "{port}"}, grace)


def await_said(made: OwnProcesses, text: str) -> str:
    assert eventually(lambda: text in made.said("blue"))
    return made.said("blue")


def test_it_runs_in_a_session_of_its_own_and_says_what_it_says_into_a_file(tmp_path: Path, lock: int) -> None:
    made = runner(tmp_path, "import os, time; print(os.environ['WHO'], os.getsid(0) == os.getpid()); time.sleep(60)")
    made.start("blue", tmp_path, VALUES, lock)
    assert made.runs("blue")
    assert not made.runs("green")
    await_said(made, "1 False")
    made.stop("blue", VALUES)
    made.stop("blue", VALUES)
    assert not made.runs("blue")


def test_one_that_does_not_want_to_end_is_killed_with_its_children(tmp_path: Path, lock: int) -> None:
    child = "import time; print('child', flush=True); time.sleep(60)"
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}]); print('pid', child.pid, 'end'); time.sleep(60)"
    )
    made = runner(tmp_path, code)
    made.start("blue", tmp_path, VALUES, lock)
    await_said(made, "child")
    pid = int(await_said(made, "end").split("pid ")[1].split()[0])
    made.stop("blue", VALUES)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    """Whether it does; who takes its remains away may do so between the opening and the reading."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_started_again_it_is_another_one_and_the_old_log_is_kept(tmp_path: Path, lock: int) -> None:
    made = runner(tmp_path, "import os, time; print(os.getpid(), 'end'); time.sleep(60)")
    made.start("blue", tmp_path, VALUES, lock)
    first = await_said(made, "end")
    made.start("blue", tmp_path, VALUES, lock)
    second = await_said(made, "end")
    made.stop("blue", VALUES)
    assert first != second
    assert (tmp_path / "run" / "blue.log.1").read_text().strip() == first


def test_a_number_that_another_process_has_now(tmp_path: Path, lock: int) -> None:
    made = runner(tmp_path, "import time; time.sleep(60)")
    made.start("blue", tmp_path, VALUES, lock)
    note = tmp_path / "run" / "blue.process"
    boot, line = note.read_text().split("\n", 1)
    made.stop("blue", VALUES)
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as stranger:
        old = line.split(" ", 1)[0]
        fields = line.replace(old, str(stranger.pid), 1).split(" ")
        fields[4] = str(stranger.pid)
        note.write_text(f"{boot}\n{' '.join(fields)}")
        assert not made.runs("blue")
        made.stop("blue", VALUES)
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("text", ["", "x", "\n", "boot\n1 (x) S", "another-boot\n1 (init) S 0 1 1"])
def test_a_note_that_is_anything_else(text: str, tmp_path: Path) -> None:
    made = runner(tmp_path, "")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "blue.process").write_text(text)
    assert not made.runs("blue")
    made.stop("blue", VALUES)


def test_a_command_that_is_not_there_has_ended_and_says_why(tmp_path: Path, lock: int) -> None:
    made = OwnProcesses(tmp_path / "run", ("/no/such/program",), {}, 1)
    made.start("blue", tmp_path, VALUES, lock)
    assert "not found" in await_said(made, "not found")
    assert not made.runs("blue")


def test_the_end_of_its_log_is_there_when_it_has_ended(tmp_path: Path, lock: int) -> None:
    made = runner(tmp_path, "print('INFO up'); print('x' * 5000); raise SystemExit('ERROR no gift')")
    made.start("blue", tmp_path, VALUES, lock)
    await_said(made, "ERROR")
    made.stop("blue", VALUES)
    assert made.lines("blue") == ["INFO up", "x" * 5000, "ERROR no gift"]
    assert made.lines("green") == []
    assert OwnCommands(("true",), ("true",), (), 1).lines("blue") == ()


def test_commands_of_another_keeper(tmp_path: Path, lock: int) -> None:
    touch, gone = ("touch", str(tmp_path / "{slot}")), ("rm", str(tmp_path / "{slot}"))
    made = OwnCommands(touch, gone, ("test", "-e", str(tmp_path / "{slot}")), 120)
    values = {"slot": "blue"}
    made.start("blue", tmp_path, values, lock)
    assert made.runs("blue")
    made.stop("blue", values)
    assert not made.runs("blue")
    with pytest.raises(TargetRefused, match="ended with 1"):
        made.stop("blue", values)
    with pytest.raises(TargetUnreachable, match="longer than"):
        OwnCommands(("sleep", "9"), gone, (), 0.2).start("blue", tmp_path, values, lock)


def test_placeholders() -> None:
    assert fill("{port}:{slot}:{}", {"port": "1", "slot": "blue"}) == "1:blue:{}"
