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
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2

from gainful.connectors.llm import courier_process
from gainful.connectors.llm.courier_process import HEADER, LARGEST
from gainful.connectors.llm.errors import CourierMissing
from gainful.sdk.egress import Egress, EgressUnreachable, Resolver, system_resolver

LOOK_AGAIN = 0.05
"""Seconds between two looks whether an answer has come."""

KEPT_FOR = timedelta(days=30)
"""After this time nobody asks for an answer any more."""

_ENVIRONMENT = ("SSL_CERT_FILE", "SSL_CERT_DIR", "LD_LIBRARY_PATH")
Frame = tuple[bytes, bytes]


@dataclass(slots=True)
class Errand:
    """Which request the transport carries next: one that is new, or one whose answer lies there.

    Args:
        key: Names the request.
        replay: The answer is read from the file; nothing is sent.
        stream: It is asked for piece by piece.
        seconds: The longest that the whole answer may take.
    """

    key: str = ""
    replay: bool = False
    stream: bool = False
    seconds: float = 120.0


class Courier:
    """The process, started at the first request. Safe to share between threads.

    Args:
        folder: Where answers lie until they are in the books; created when absent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._lifeline: socket.socket | None = None

    def send(self, key: str, request: dict[str, Any], body: bytes) -> socket.socket:
        """Hand a request over. Its frames come from the socket that is returned.

        Raises:
            CourierMissing: It could not be handed over; it is certainly not sent.
            FileExistsError: This request was handed over before.
        """
        file = self._begin(key)
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                self._hand_over(theirs, file)
            head = json.dumps(request).encode()
            ours.sendall(HEADER.pack(b"Q", len(head)) + head + HEADER.pack(b"B", len(body)) + body)
        except OSError as error:
            # Half a request is not sent on.
            ours.close()
            raise _missing("died before it had the request") from error
        except BaseException:
            ours.close()
            raise
        finally:
            os.close(file)
        return ours

    def _begin(self, key: str) -> int:
        """The file for the answer, locked from before anybody else can see it; the lock goes over with the file."""
        begun = self._folder / f"new-{secrets.token_hex(8)}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _missing(error.strerror or "unknown") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            self._file(key).hardlink_to(begun)
            _to_disk(self._folder)
        except FileExistsError:
            os.close(file)
            raise
        except OSError as error:
            os.close(file)
            raise _missing(error.strerror or "unknown") from error
        finally:
            begun.unlink(missing_ok=True)
        return file

    def _hand_over(self, theirs: socket.socket, file: int) -> None:
        with self._lock:
            for _ in range(2):
                try:
                    socket.send_fds(self._line(), [b"r"], [theirs.fileno(), file])
                    return
                except OSError:
                    # It was killed: nothing of this request has reached it.
                    self._let_go()
        raise _missing("it ends at once")

    def _line(self) -> socket.socket:
        if self._lifeline is None:
            self._lifeline, theirs = socket.socketpair()
            with theirs:
                self._start(theirs)
        return self._lifeline

    def _start(self, lifeline: socket.socket) -> None:
        self._sweep()
        try:
            process = subprocess.Popen(  # noqa: S603 -- our own file, by the Python that runs this
                [sys.executable, "-I", "-S", str(courier_process.__file__)],
                stdin=lifeline.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                # Keys in our environment are none of its business.
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                # What ends this process by its group or terminal does not end that one.
                start_new_session=True,
            )
        except OSError as error:
            self._let_go()
            raise _missing(error.strerror or "unknown") from error
        # It may end long after it was let go, and somebody has to take note of that.
        threading.Thread(target=process.wait, name="courier", daemon=True).start()

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

    def never_sent(self, key: str) -> bool:
        """Whether this request has certainly not left this machine, nor ever will."""
        if self.running(key):
            return False
        try:
            with self._file(key).open("rb") as file:
                return not file.read(1)
        except FileNotFoundError:
            return True

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
        self._lifeline = None

    def _sweep(self) -> None:
        """Remove what nobody asked for in a month; that a request was sent is known for ever."""
        before = time.time() - KEPT_FOR.total_seconds()
        for file in self._folder.iterdir():
            with suppress(OSError):
                about = file.stat()
                if about.st_mtime < before and about.st_size:
                    os.truncate(file, 1)
                elif about.st_mtime < before:
                    file.unlink()

    def _file(self, key: str) -> Path:
        return self._folder / _name(key)


def _missing(why: str) -> CourierMissing:
    return CourierMissing(
        f"The process that carries requests to language models cannot be used: {why}.",
        "Check the disk, and who may write to Gainful's home.",
    )


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
            "timeout": self._errand.seconds,
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in request.headers.raw],
            "stream": self._errand.stream,
        }
        try:
            handed = self._courier.send(self._errand.key, about, body)
        except FileExistsError:
            raise httpx2.ReadError("asked before", request=request) from None
        return await _response(_live(handed), request)


async def _quickly(quick: bool, function: Callable[[], list[str]]) -> list[str]:
    """What the function returns, in a thread of its own if it may take long."""
    return function() if quick else await asyncio.to_thread(function)


async def _live(handed: socket.socket) -> AsyncGenerator[Frame, None]:
    """What the courier tells, until its end."""
    handed.setblocking(False)
    with handed:
        try:
            while True:
                kind, length = HEADER.unpack(await _exactly(handed, HEADER.size))
                yield kind, await _exactly(handed, length)
                if kind in b"EX":
                    return
        except OSError:
            yield b"X", json.dumps({"kind": "broken", "sent": True, "what": "the courier ended"}).encode()


async def _exactly(handed: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        piece = await asyncio.get_running_loop().sock_recv(handed, length - len(found))
        if not piece:
            raise ConnectionResetError
        found += piece
    return bytes(found)


async def _stored(frames: list[Frame]) -> AsyncGenerator[Frame, None]:
    for frame in frames:
        yield frame


async def _response(frames: AsyncGenerator[Frame, None], request: httpx2.Request) -> httpx2.Response:
    try:
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
    except BaseException:
        await frames.aclose()
        raise


def _failure(content: bytes, request: httpx2.Request) -> httpx2.TransportError:
    told = json.loads(content)
    if not told["sent"]:
        return httpx2.ConnectError(f"{told['kind']}: {told['what']}", request=request)
    kind = httpx2.ReadTimeout if told["kind"] == "timeout" else httpx2.ReadError
    return kind(str(told["what"]), request=request)


class _Body(httpx2.AsyncByteStream):
    """The pieces of an answer as they come."""

    def __init__(self, frames: AsyncGenerator[Frame, None], request: httpx2.Request) -> None:
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
        await self._frames.aclose()


def streamed(frames: list[Frame]) -> bool:
    """Whether the answer was asked for piece by piece."""
    return any(kind == b"S" and json.loads(content)["stream"] for kind, content in frames)
