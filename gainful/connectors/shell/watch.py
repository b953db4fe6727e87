"""Waits for a sandboxed program: keeps the beginning of what it says, and kills everything when it goes too far."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_TICK = 0.05
_GRACE = 2.0
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Kept:
    """The beginning of a stream."""

    most: int
    kept: bytearray = field(default_factory=bytearray)
    truncated: bool = False

    def add(self, chunk: bytes) -> None:
        """Keep as much of it as there is room."""
        room = self.most - len(self.kept)
        self.kept += chunk[:room]
        self.truncated = self.truncated or len(chunk) > room


@dataclass(slots=True)
class Ended:
    """How a process ended; what it used as last looked at, up to a tick before its end."""

    stdout: Kept
    stderr: Kept
    status: int = 0
    timed_out: bool = False
    out_of_memory: bool = False
    cpu_seconds: float = 0.0
    max_memory: int = 0


def watch(process: subprocess.Popen[bytes], end: float, memory: int, output: int, clock: Callable[[], float]) -> Ended:
    """How the process ended, by itself or by us; its children have ended with it.

    Args:
        end: When its time is over, by `clock`.
        memory: Octets that it and its children may hold together.
        output: Octets that are kept of each of its two streams.
    """
    ended = Ended(Kept(output), Kept(output))
    try:
        with selectors.DefaultSelector() as selector:
            _listen(selector, process.stdout, ended.stdout)
            _listen(selector, process.stderr, ended.stderr)
            while not _reaped(process, ended):
                ended.timed_out = clock() >= end
                ended.out_of_memory = _look(process.pid, ended) > memory
                if ended.timed_out or ended.out_of_memory:
                    break
                _hear(selector, _TICK)
            _kill(process)
            # A pipe that somebody still holds open after that is left alone, not waited for.
            last = clock() + _GRACE
            while selector.get_map() and clock() < last:
                _hear(selector, _TICK)
    except BaseException:
        _kill(process)
        raise
    ended.status = process.wait()
    return ended


def _listen(selector: selectors.BaseSelector, stream: IO[bytes] | None, kept: Kept) -> None:
    if stream is not None:
        os.set_blocking(stream.fileno(), False)
        selector.register(stream, selectors.EVENT_READ, kept)


def _hear(selector: selectors.BaseSelector, timeout: float) -> None:
    """Take in what is there, at most one chunk of each stream."""
    for key, _ in selector.select(timeout):
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(key.fd, 65536)
            if chunk:
                key.data.add(chunk)
            else:
                selector.unregister(key.fileobj)


def _reaped(process: subprocess.Popen[bytes], ended: Ended) -> bool:
    status = process.poll()
    ended.status = status or 0
    return status is not None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that came from it. Bubblewrap takes its own along; this does not rely on it."""
    if process.returncode is not None:
        return
    for pid in [process.pid, *_children(process.pid)]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    """Every process that came from this one and is still below it."""
    found: list[int] = []
    for child in _direct_children(pid):
        found += [child, *_children(child)]
    return found


def _direct_children(pid: int) -> Iterator[int]:
    # Processes and threads come and go while this looks.
    with contextlib.suppress(OSError):
        for task in list(Path(f"/proc/{pid}/task").iterdir()):
            with contextlib.suppress(OSError):
                yield from map(int, (task / "children").read_text().split())


def _look(pid: int, ended: Ended) -> int:
    """Octets in memory of all that came from this process, what they share counted for each; notes what they used."""
    memory, ticks = 0, 0
    for child in _children(pid):
        with contextlib.suppress(OSError, ValueError, IndexError):
            memory += int(Path(f"/proc/{child}/statm").read_text().split()[1]) * _PAGE
            # A process's name may hold anything, a parenthesis too; its times and those of its ended children follow.
            ticks += sum(map(int, Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[11:15]))
    ended.max_memory = max(ended.max_memory, memory)
    ended.cpu_seconds = max(ended.cpu_seconds, ticks / _TICKS_A_SECOND)
    return memory
