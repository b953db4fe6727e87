"""Sends requests to model servers by a process that outlives this one, and finds what it has brought.

courier = Courier(home / "answers")
async with httpx2.AsyncClient(transport=CourierTransport(egress, courier, Errand("k1"))) as client: ...
courier.wait("k1")         # after a crash: is the answer there, once it is not under way any more?
courier.forget("k1")
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2

from gainful.connectors.llm import courier_process
from gainful.connectors.llm.courier_process import HEADER, LARGEST
from gainful.core.errors import Unavailable
from gainful.sdk.egress import Egress, EgressUnreachable, Resolver, system_resolver

LOOK_AGAIN = 0.05
"""Seconds between two looks whether an answer has come."""

Frame = tuple[bytes, bytes]


class CourierMissing(Unavailable):
    """The process that carries requests to language models cannot be started, so none is sent."""

    code = "courier-missing"


@dataclass(slots=True)
class Errand:
    """Which request the transport carries next: one that is new, or one whose answer lies there.

    Args:
        key: Names the request.
        replay: The answer is read from the file; nothing is sent.
        stream: It is asked for piece by piece.
    """

    key: str = ""
    replay: bool = False
    stream: bool = False


class Courier:
    """The process, started at the first request. Safe to share between threads.

    Args:
        folder: Where answers lie until they are in the books; created when absent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._lifeline: socket.socket | None = None

    def send(self, key: str, request: dict[str, Any], body: bytes) -> socket.socket:
        """Hand a request over. Its frames come from the socket that is returned.

        Raises:
            CourierMissing: The process cannot be started.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._hand_over(theirs)
            head = json.dumps({**request, "name": _name(key)}).encode()
            ours.sendall(HEADER.pack(b"Q", len(head)) + head + HEADER.pack(b"B", len(body)) + body)
        except BaseException:
            ours.close()
            raise
        return ours

    def _hand_over(self, theirs: socket.socket) -> None:
        with self._lock:
            for _ in range(2):
                try:
                    socket.send_fds(self._line(), [b"r"], [theirs.fileno()])
                    return
                except OSError:
                    # It was killed: nothing of this request has reached it.
                    self._let_go()
        raise CourierMissing("The process that carries requests to language models ends at once.", "Try again.")

    def _line(self) -> socket.socket:
        if self._lifeline is None:
            self._lifeline, theirs = socket.socketpair()
            with theirs:
                self._process = self._start(theirs)
        return self._lifeline

    def _start(self, lifeline: socket.socket) -> subprocess.Popen[bytes]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return subprocess.Popen(  # noqa: S603 -- our own file, by the Python that runs this
                [sys.executable, "-I", "-S", str(courier_process.__file__), str(self._folder)],
                stdin=lifeline.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # What ends this process by its group or terminal does not end that one.
                start_new_session=True,
            )
        except OSError as error:
            self._let_go()
            raise CourierMissing(
                f"The process that carries requests to language models cannot be started: {error.strerror}.",
                "Check the disk, and who may write to Gainful's home.",
            ) from error

    def running(self, key: str) -> bool:
        """Whether this request is under way."""
        try:
            with self._file(key).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            pass
        return False

    def wait(self, key: str, longest: timedelta) -> bool:
        """Whether the whole answer to this request is there, once it is no more under way."""
        until = time.monotonic() + longest.total_seconds()
        while self.running(key) and time.monotonic() < until:
            time.sleep(LOOK_AGAIN)
        return bool(self.frames(key))

    def frames(self, key: str) -> list[Frame]:
        """The whole answer; empty when there is none, or only a part."""
        try:
            content = self._file(key).read_bytes()
        except FileNotFoundError:
            return []
        found, at = [], 0
        while at + HEADER.size <= len(content):
            kind, length = HEADER.unpack_from(content, at)
            at += HEADER.size
            found.append((kind, content[at : at + length]))
            at += length
        return found if at == len(content) and found and found[-1][0] in b"EX" else []

    def forget(self, key: str) -> None:
        """Remove an answer."""
        self._file(key).unlink(missing_ok=True)

    def close(self) -> None:
        """Let the process end once the last answer is written down."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._lifeline is not None:
            self._lifeline.close()
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.5)
            # One that still works is nobody's child to wait for.
            self._process.returncode = self._process.returncode or 0
        self._lifeline = self._process = None

    def _file(self, key: str) -> Path:
        return self._folder / _name(key)


def _name(key: str) -> str:
    """The file of a request: a key may hold anything."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


class CourierTransport(httpx2.AsyncBaseTransport):
    """Carries a provider's requests by the courier, to addresses that were checked.

    Args:
        errand: Told before each request by whoever makes it.
    """

    def __init__(self, egress: Egress, courier: Courier, errand: Errand, resolve: Resolver = system_resolver) -> None:
        self._egress = egress
        self._courier = courier
        self._errand = errand
        self._resolve = resolve

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer to one request.

        Raises:
            EgressRefused: It would go elsewhere.
        """
        if self._errand.replay:
            return await _response(_stored(self._courier.frames(self._errand.key)), request)
        target = self._egress.target(request.method, str(request.url))
        try:
            addresses = await _quickly(target.is_literal, lambda: self._egress.addresses(target, self._resolve))
        except EgressUnreachable as error:
            raise httpx2.ConnectError(error.what, request=request) from error
        body = await request.aread()
        if len(body) > LARGEST:
            raise httpx2.UnsupportedProtocol("the request is too large", request=request)
        about = {
            "method": request.method,
            "scheme": target.scheme,
            "host": target.host,
            "port": target.port,
            "path": request.url.raw_path.decode("ascii"),
            "addresses": addresses,
            # Each read may take so long; the whole is bounded by whoever asks.
            "timeout": (request.extensions.get("timeout") or {}).get("read") or 120.0,
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers.raw],
            "stream": self._errand.stream,
        }
        handed = self._courier.send(self._errand.key, about, body)
        return await _response(_live(handed), request)


async def _quickly(quick: bool, function: Callable[[], list[str]]) -> list[str]:
    """What the function returns, in a thread of its own if it may take long."""
    return function() if quick else await asyncio.to_thread(function)


async def _live(handed: socket.socket) -> AsyncIterator[Frame]:
    reader, writer = await asyncio.open_connection(sock=handed)
    try:
        while True:
            kind, length = HEADER.unpack(await reader.readexactly(HEADER.size))
            yield kind, await reader.readexactly(length)
            if kind in b"EX":
                return
    except asyncio.IncompleteReadError:
        yield b"X", json.dumps({"kind": "broken", "sent": True, "what": "the courier ended"}).encode()
    finally:
        writer.close()


async def _stored(frames: list[Frame]) -> AsyncIterator[Frame]:
    for frame in frames:
        yield frame


async def _response(frames: AsyncIterator[Frame], request: httpx2.Request) -> httpx2.Response:
    async for kind, content in frames:
        if kind == b"X":
            raise _failure(content, request)
        if kind == b"R":
            told = json.loads(content)
            return httpx2.Response(
                told["status"],
                headers=[(name, value) for name, value in told["headers"]],
                stream=_Body(frames, request),
                request=request,
            )
    raise httpx2.ReadError("the answer has no head", request=request)


def _failure(content: bytes, request: httpx2.Request) -> httpx2.TransportError:
    told = json.loads(content)
    if not told["sent"]:
        return httpx2.ConnectError(f"{told['kind']}: {told['what']}", request=request)
    kind = httpx2.ReadTimeout if told["kind"] == "timeout" else httpx2.ReadError
    return kind(str(told["what"]), request=request)


class _Body(httpx2.AsyncByteStream):
    """The pieces of an answer as they come."""

    def __init__(self, frames: AsyncIterator[Frame], request: httpx2.Request) -> None:
        self._frames = frames
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for kind, content in self._frames:
            if kind == b"X":
                raise _failure(content, self._request)
            if kind == b"D":
                yield content

    async def aclose(self) -> None:
        """Let go of the courier's line; it reads on by itself."""
        close = getattr(self._frames, "aclose", None)
        if close is not None:
            await close()


def streamed(frames: list[Frame]) -> bool:
    """Whether the answer was asked for piece by piece."""
    return any(kind == b"S" and json.loads(content)["stream"] for kind, content in frames)
