"""Traffic for tests, benches and demos: so many requests a second, whatever becomes of them, from a process of its own.

    with Traffic(proxy.origin, rate=400) as traffic:
        before = traffic.so_far()
        ...
        traffic.so_far() - before          # Counts(sent=…, answered=…, failed=…)

It asks as people do: at random moments that depend on no answer, some over connections that stay, some over new ones.
Nothing is asked twice, so what is lost on the way is counted. This file is the process too, and then needs the standard
library alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import astuple, dataclass
from types import TracebackType
from urllib.parse import urlsplit

TOLD_EVERY = 0.1
"""Seconds between two lines of the process."""

SLOWEST = 10.0
"""Seconds after which a request without an answer counts as broken."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of requests.

    Args:
        sent: Asked.
        answered: Of those, answered wholly, whatever with.
        failed: Of those answered, with a status of 500 or more.
        broken: Without a whole answer: no connection, a reset, a cut, or none within ten seconds.
    """

    sent: int = 0
    answered: int = 0
    failed: int = 0
    broken: int = 0

    def __sub__(self, before: Counts) -> Counts:
        return Counts(*(now - then for now, then in zip(astuple(self), astuple(before), strict=True)))

    @property
    def hurt(self) -> int:
        """Requests of people that did not get what they asked for."""
        return self.failed + self.broken


class Traffic:
    """A process that sends requests, once `start` was called; also a context manager.

    Args:
        origin: Scheme, host and port; `/` is asked for.
        rate: Requests a second, on average.
        fresh: Share of them that open a connection of their own and close it.
        seed: Of the moments.
    """

    def __init__(self, origin: str, rate: float, fresh: float = 0.1, seed: int = 1) -> None:
        self._arguments = [origin, str(rate), str(fresh), str(seed)]
        self._process: subprocess.Popen[str] | None = None
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._said: list[tuple[float, Counts]] = [(time.time(), Counts())]

    def start(self) -> Traffic:
        """The same traffic, under way."""
        # -P: the folder of this file holds names of the standard library's.
        self._process = subprocess.Popen(  # noqa: S603 - this very file
            [sys.executable, "-P", __file__, *self._arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self._reader.start()
        return self

    def so_far(self) -> Counts:
        """What has become of the requests until a moment ago."""
        return self._said[-1][1]

    def until(self, at: float) -> Counts:
        """What had become of them by this moment, in seconds since 1970, give or take a tenth of a second."""
        return next((counts for when, counts in self._said if when >= at), self._said[-1][1])

    def settled(self) -> Counts:
        """As `so_far`, once everything that is under way now has had the time to be answered and counted."""
        time.sleep(5 * TOLD_EVERY)
        return self.so_far()

    @property
    def running(self) -> bool:
        """Whether it still asks."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> Counts:
        """End it: what was asked is waited for; what became of all requests. Safe to call twice."""
        if self._process is not None:
            assert self._process.stdin is not None  # noqa: S101 - told to the type checker
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            self._reader.join(SLOWEST + 5)
            if self._process.poll() is None:
                self._process.kill()
            self._process.wait()
            self._process = None
        return self.so_far()

    def __enter__(self) -> Traffic:
        return self if self.running else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _read(self) -> None:
        process = self._process
        if process is None or process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                at, *counts = json.loads(line)
                self._said.append((at, Counts(*counts)))


# --- the process ------------------------------------------------------------------------------------------------------


class _Sender:
    """Sends requests to one origin and counts what becomes of them."""

    def __init__(self, origin: str, rate: float, fresh: float, seed: int) -> None:
        parts = urlsplit(origin)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.rate, self.fresh = rate, fresh
        self.random = random.Random(seed)  # noqa: S311 - nothing secret
        self.idle: deque[_Connection] = deque()
        self.sent = self.answered = self.failed = self.broken = 0
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> int:
        return self.sent - self.answered - self.broken

    async def send(self, stop: asyncio.Event) -> None:
        """Until told to stop; then until nothing is under way."""
        due = time.perf_counter()
        while not stop.is_set():
            due += self.random.expovariate(self.rate)
            wait = due - time.perf_counter()
            # What is late goes at once: whether there is an answer slows nobody down.
            if wait > 0:
                await asyncio.sleep(wait)
            self.ask()
        while self.under_way:
            await asyncio.sleep(0.01)

    def ask(self) -> None:
        """One request."""
        self.sent += 1
        fresh = self.random.random() < self.fresh
        if not fresh and self.idle:
            self.idle.popleft().ask()
            return
        task = asyncio.get_running_loop().create_task(self.ask_anew(stays=not fresh))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def ask_anew(self, *, stays: bool) -> None:
        """One request over a connection of its own."""
        loop = asyncio.get_running_loop()
        try:
            connecting = loop.create_connection(lambda: _Connection(self, stays=stays), self.host, self.port)
            _, connection = await asyncio.wait_for(connecting, SLOWEST)
        except OSError:  # TimeoutError is one
            self.broken += 1
        else:
            connection.ask()

    def line(self) -> str:
        """What became of the requests so far."""
        return json.dumps([time.time(), self.sent, self.answered, self.failed, self.broken])


class _Connection(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self, sender: _Sender, *, stays: bool) -> None:
        self.sender = sender
        self.stays = stays
        self.busy = False
        self.got = b""
        self.transport: asyncio.Transport
        self.patience: asyncio.TimerHandle

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - told to the type checker
        self.transport = transport

    def ask(self) -> None:
        """Ask; whatever comes of it is counted."""
        self.busy, self.got = True, b""
        keep = b"keep-alive" if self.stays else b"close"
        self.transport.write(b"GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: " + keep + b"\r\n\r\n")
        self.patience = asyncio.get_running_loop().call_later(SLOWEST, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        self.got += data
        head, found, body = self.got.partition(b"\r\n\r\n")
        if not found:
            return
        fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
        if len(body) >= int(fields[b"content-length"]):
            self.end(int(head[9:12]), stays=self.stays and b"close" not in fields.get(b"connection", b""))

    def end(self, status: int, *, stays: bool) -> None:
        """The answer is there."""
        self.busy = False
        self.patience.cancel()
        self.sender.answered += 1
        self.sender.failed += status >= 500
        if stays:
            self.sender.idle.append(self)
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's own shape
        if self.busy:
            self.patience.cancel()
            self.sender.broken += 1
        with contextlib.suppress(ValueError):
            self.sender.idle.remove(self)


async def _main(origin: str, rate: float, fresh: float, seed: int) -> None:
    sender, stop = _Sender(origin, rate, fresh, seed), asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_reader(sys.stdin.fileno())
        stop.set()

    # The end of its standard input is the word to stop, also when whoever started it has died.
    loop.add_reader(sys.stdin.fileno(), end)
    sending = loop.create_task(sender.send(stop))
    while not sending.done():
        await asyncio.wait({sending}, timeout=TOLD_EVERY)
        sys.stdout.write(f"{sender.line()}\n")
        sys.stdout.flush()
    await sending


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
