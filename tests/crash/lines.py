"""Kills a piece of work at each of its lines in turn, each time in a process of its own, by signal 9."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def dies_at(wanted: int, files: tuple[str, ...], work: Callable[[], object]) -> bool:
    """Whether the work was killed when it came to this many of its lines; else it came to its end.

    Args:
        files: Ends of the names of the source files whose lines count.
    """
    child = os.fork()
    if child == 0:
        _work(wanted, files, work)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert status == 0, f"the work failed when watched for line {wanted}"
    return False


def _work(wanted: int, files: tuple[str, ...], work: Callable[[], object]) -> None:
    """The child: it never comes back."""
    passed = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal passed
        if not frame.f_code.co_filename.endswith(files):
            return None
        if event == "line":
            passed += 1
            if passed == wanted:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    code = 1
    try:
        sys.settrace(trace)
        work()
        code = 0
    finally:
        sys.settrace(None)
        os._exit(code)
