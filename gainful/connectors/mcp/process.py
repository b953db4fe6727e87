"""A server that is a program of its own: with a clean environment, read up to a limit, and leaving nobody behind."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import anyio
import mcp_types as types
from anyio.abc import ByteReceiveStream, Process
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

LARGEST = 4 * 1024 * 1024
"""Octets of one message."""

LAST_WORDS = 300
"""Octets of what the server says on its standard error that are kept, for the person who mends it."""

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LOGNAME", "USER", "TZ")
_GRACE = 2.0
_PIECE = 65536

Received = MemoryObjectReceiveStream[SessionMessage | Exception]
Sent = MemoryObjectSendStream[SessionMessage]


class TooMuch(Exception):
    """The server said more in one message than is read."""


def environment(given: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """What the server may know of our environment, and what it is given besides.

    Args:
        own: Our environment: keys and tokens in it are nobody else's business.
    """
    return {**{name: own[name] for name in _KEPT if name in own}, **given}


@asynccontextmanager
async def spoken_to(
    command: Sequence[str], env: Mapping[str, str], folder: str | None, complaints: bytearray
) -> AsyncGenerator[tuple[Received, Sent], None]:
    """Streams to and from a server that runs as long as this lasts.

    Args:
        complaints: Takes the last that it says on its standard error.

    Raises:
        OSError: It cannot be started.
    """
    process = await anyio.open_process(
        list(command),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(env),
        cwd=folder,
        start_new_session=True,
    )
    to_us, received = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    sent, from_us = anyio.create_memory_object_stream[SessionMessage](0)
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(_hear, process, to_us)
            group.start_soon(_tell, process, from_us)
            group.start_soon(_remember, process.stderr, complaints)
            try:
                yield received, sent
            finally:
                group.cancel_scope.cancel()
    finally:
        for stream in (to_us, received, sent, from_us):
            stream.close()
        with anyio.CancelScope(shield=True):
            await _end(process)


async def _hear(process: Process, to_us: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    """Hand on the server's messages, a line each, until it says too much or falls silent."""
    line = bytearray()
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream):
        async with to_us:
            while process.stdout is not None:
                *whole, rest = (await process.stdout.receive(_PIECE)).split(b"\n")
                for part in whole:
                    message = _message(bytes(line + part))
                    line.clear()
                    if message is not None:
                        await to_us.send(message)
                line += rest
                if len(line) > LARGEST:
                    await to_us.send(TooMuch())
                    return


def _message(line: bytes) -> SessionMessage | None:
    # Programs that print something else in between are common; it is not for us.
    try:
        return SessionMessage(types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except (ValueError, RecursionError):
        return None


async def _tell(process: Process, from_us: MemoryObjectReceiveStream[SessionMessage]) -> None:
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
        async with from_us:
            async for one in from_us:
                text = one.message.model_dump_json(by_alias=True, exclude_unset=True)
                if process.stdin is not None:
                    await process.stdin.send(text.encode() + b"\n")


async def _remember(errors: ByteReceiveStream | None, complaints: bytearray) -> None:
    """Read what the server complains of, so that it is never kept waiting, and keep the end of it."""
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError, anyio.EndOfStream):
        while errors is not None:
            complaints += await errors.receive(_PIECE)
            del complaints[:-LAST_WORDS]


async def _end(process: Process) -> None:
    """Close its input, wait a little, and end it with all that it has started."""
    with suppress(OSError, anyio.ClosedResourceError, anyio.BrokenResourceError):
        if process.stdin is not None:
            await process.stdin.aclose()
    with anyio.move_on_after(_GRACE):
        await process.wait()
    # Its children may live on when it has ended.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    await process.aclose()
