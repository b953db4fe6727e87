"""Mail parsed in limited worker processes, so that no mail can harm the process that keeps the books."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

import gainful
from gainful.core.errors import Broken
from gainful.core.mail import Mail
from gainful.jobs.triage.reading.mime import TOO_MUCH_MEMORY, minimal_mail
from gainful.jobs.triage.reading.worker import LENGTH, MAX_ANSWER, READY, decode

_START_SECONDS = 20.0
_START_TRIES = 3
_MAILS_PER_WORKER = 5000  # then a fresh one: memory that fragments over time must not fail an innocent mail


class ReaderBroken(Broken):
    """The worker process that reads mail cannot be started."""

    code = "reader-broken"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one mail may cost.

    Args:
        seconds_per_mail: CPU time. The clock allows three times as much, for a machine that is busy with other work.
        memory_mb: Address space of a worker in MiB; the interpreter itself takes about 60 of it.
    """

    seconds_per_mail: float = 2.0
    memory_mb: int = 512


class Reader:
    """Reads mails in worker processes; usable from several threads, one batch at a time.

    A mail that kills or stalls its worker comes back with a `problem` and what plain slicing finds in its headers;
    the others are not affected. Workers start at the first `read` and end with the `with` block, or with this process.
    """

    def __init__(self, workers: int = 1, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._workers: list[_Worker] = []
        self._count = max(1, workers)
        self._lock = threading.Lock()

    def __enter__(self) -> Reader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, items: Sequence[tuple[bytes, bool]]) -> list[Mail]:
        """The mails in the order given; an item is the raw mail and whether it is complete.

        Raises:
            ReaderBroken: No worker could be started.
        """
        with self._lock:
            try:
                return _Batch(items, self._ready_workers(len(items)), self._limits).run()
            except BaseException:
                # A batch that was broken off (Ctrl-C) leaves half an answer in a pipe: never reuse that worker.
                self._end_workers()
                raise

    def close(self) -> None:
        """End the workers. Safe to call twice; a later `read` starts new ones."""
        with self._lock:
            self._end_workers()

    def _ready_workers(self, items: int) -> list[_Worker]:
        while len(self._workers) < min(self._count, items):
            self._workers.append(_Worker(self._limits))
        return self._workers

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()


class _Worker:
    """One worker process and the mail it is busy with."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self.served = 0
        self.item: int | None = None
        self.deadline = 0.0
        self.pending = memoryview(b"")
        self.received = bytearray()

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process; started when there is none."""
        if self._process is None:
            self._process = _started(self._limits)
            self.served = 0
        return self._process

    def give(self, item: int, raw: bytes, complete: bool) -> None:
        """Hand one mail to the process; what the pipe does not take at once waits in `pending`."""
        if self.served >= _MAILS_PER_WORKER:
            self.end()
        _number(self.process.stdin)  # starting takes time that is not the mail's
        self.item = item
        self.received.clear()
        self.pending = memoryview(LENGTH.pack(len(raw) + 1) + (b"\x01" if complete else b"\x00") + raw)
        self.deadline = time.monotonic() + 3 * self._limits.seconds_per_mail
        self.push()

    def push(self) -> bool:
        """Write what the pipe takes; False when the process is gone."""
        try:
            while self.pending:
                self.pending = self.pending[os.write(_number(self.process.stdin), self.pending) :]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def pull(self) -> bytes | None:
        """The whole answer once it is there, else None.

        Raises:
            EOFError: The process is gone, or sent something that is no answer.
        """
        try:
            octets = os.read(_number(self.process.stdout), 1 << 16)
        except BlockingIOError:
            return None
        self.received += octets
        if not octets or (len(self.received) >= 4 and LENGTH.unpack_from(self.received)[0] > MAX_ANSWER):
            raise EOFError
        if len(self.received) < 4 or len(self.received) < 4 + LENGTH.unpack_from(self.received)[0]:
            return None
        self.served += 1
        return bytes(self.received[4:])

    def end(self, *, dying: bool = False) -> int:
        """Kill the process and wait for it; its exit status, negative for a signal.

        Args:
            dying: Its pipes broke, so it is about to end by itself: wait a moment for the true status.
        """
        process, self._process = self._process, None
        self.item = None
        if process is None:
            return 0
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.5 if dying else 0)
        return _discard(process)


class _Batch:
    """One call of `Reader.read`: hands mails out, waits, takes answers in, replaces dead workers."""

    def __init__(self, items: Sequence[tuple[bytes, bool]], workers: list[_Worker], limits: Limits) -> None:
        self._items = items
        self._workers = workers
        self._limits = limits
        self._waiting = deque(range(len(items)))
        self._results: dict[int, Mail] = {}
        self._failed_once: set[int] = set()

    def run(self) -> list[Mail]:
        """All mails, read or with the reason why not."""
        while len(self._results) < len(self._items):
            for worker in self._workers:
                if worker.item is None and self._waiting:
                    item = self._waiting.popleft()
                    worker.give(item, *self._items[item])
            self._wait()
        return [self._results[item] for item in range(len(self._items))]

    def _wait(self) -> None:
        busy = [worker for worker in self._workers if worker.item is not None]
        with selectors.DefaultSelector() as selector:
            for worker in busy:
                selector.register(_number(worker.process.stdout), selectors.EVENT_READ, worker)
                if worker.pending:
                    selector.register(_number(worker.process.stdin), selectors.EVENT_WRITE, worker)
            timeout = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
            events = selector.select(timeout)
        for key, mask in events:
            if key.data.item is not None:
                self._progress(key.data, key.data.item, mask)
        for worker in busy:
            if worker.item is not None and time.monotonic() > worker.deadline:
                self._lost(worker, worker.item, stalled=True)

    def _progress(self, worker: _Worker, item: int, mask: int) -> None:
        try:
            if mask & selectors.EVENT_WRITE:
                if not worker.push():
                    raise EOFError
                return
            answer = worker.pull()
            if answer is not None:
                mail = decode(answer)
                if mail.problem == TOO_MUCH_MEMORY and item not in self._failed_once:
                    self._lost(worker, item, stalled=False)
                    return
                self._results[item] = mail
                worker.item = None
        except (EOFError, OSError, ValueError, RecursionError):
            self._lost(worker, item, stalled=False)

    def _lost(self, worker: _Worker, item: int, *, stalled: bool) -> None:
        """End a worker that stalled or died. A mail gets a second try in a fresh worker, unless it took too long.

        The first worker may have died of what earlier mails left behind, or of the machine's lack of memory.
        """
        status = worker.end(dying=not stalled)
        seconds = self._limits.seconds_per_mail
        if stalled or status == -signal.SIGPROF:
            reason = f"The mail could not be read within {seconds:g} s: only its headers are shown."
        elif item not in self._failed_once:
            self._failed_once.add(item)
            self._waiting.appendleft(item)
            return
        else:
            reason = "The mail could not be read: the process reading it broke off. Only its headers are shown."
        self._results[item] = minimal_mail(self._items[item][0], reason)


def _discard(process: subprocess.Popen[bytes]) -> int:
    """Kill the process if it still runs, and close its pipes; its exit status."""
    process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    return process.wait()


def _number(pipe: IO[bytes] | None) -> int:
    """The pipe's file descriptor."""
    if pipe is None:
        raise ReaderBroken("A worker process has no pipe to talk through.", "Please report this.")
    return pipe.fileno()


def _started(limits: Limits) -> subprocess.Popen[bytes]:
    """A worker that said it is ready.

    Raises:
        ReaderBroken: It did not, three times.
    """
    said = ""
    for _ in range(_START_TRIES):
        process = _spawned(limits)
        said = _greeting(process)
        if not said:
            return process
        _discard(process)
    raise ReaderBroken(
        f"The process that reads mail cannot be started with {limits.memory_mb} MiB: {said}",
        "Check that the installation is whole with `gainful doctor`, and that the machine has memory left.",
    )


def _spawned(limits: Limits) -> subprocess.Popen[bytes]:
    # Only the module path reaches the worker: no tokens, no passwords, nothing else of this process's environment.
    entries = [str(Path(gainful.__file__).resolve().parent.parent), *(entry for entry in sys.path if entry)]
    environment = {"PYTHONPATH": os.pathsep.join(dict.fromkeys(entries))}
    command = [sys.executable, "-P", "-B", "-m", "gainful.jobs.triage.reading.worker"]
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*command, str(limits.seconds_per_mail), str(limits.memory_mb)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )
    except OSError as error:
        raise ReaderBroken(
            f"The process that reads mail cannot be started: {error.strerror}.",
            "Check that the machine has memory and processes left.",
        ) from error
    os.set_blocking(_number(process.stdin), False)
    os.set_blocking(_number(process.stdout), False)
    return process


def _greeting(process: subprocess.Popen[bytes]) -> str:
    """Empty once the worker is ready, else what it said instead."""
    received, until = b"", time.monotonic() + _START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(_number(process.stdout), selectors.EVENT_READ)
        while received != LENGTH.pack(len(READY)) + READY:
            if not selector.select(max(0.0, until - time.monotonic())):
                return f"no answer within {_START_SECONDS:g} s."
            octets = os.read(_number(process.stdout), 64)
            if not octets:
                lines = os.read(_number(process.stderr), 4096).decode("utf-8", "replace").split("\n")
                return next((line for line in reversed(lines) if line.strip()), "it ended at once.")[:300]
            received += octets
    return ""
