"""The place up to which a chat was heard, written by a process that is killed at every line of the writing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gainful.connectors.matrix.position import Position

WRITER = """\
import os, signal, sys
from pathlib import Path
from gainful.connectors.matrix import position

position.Position(Path(sys.argv[1]), ("a",)).keep("s1")
lines = 0

def trace(frame, event, _):
    global lines
    if Path(frame.f_code.co_filename).name != "position.py":
        return None
    lines += event == "line"
    if lines == int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    return trace

sys.settrace(trace)
position.Position(Path(sys.argv[1]), ("a",)).keep("s2")
"""


@pytest.mark.parametrize("line", range(1, 14))
def test_killed_while_it_is_written(tmp_path: Path, line: int) -> None:
    process = subprocess.run([sys.executable, "-c", WRITER, str(tmp_path), str(line)], check=False)
    assert process.returncode == -9
    assert Position(tmp_path, ("a",)).read() in ("s1", "s2")


def test_the_last_line_is_not_reached(tmp_path: Path) -> None:
    """So many lines are tried that the writing comes to its end."""
    assert subprocess.run([sys.executable, "-c", WRITER, str(tmp_path), "14"], check=False).returncode == 0
