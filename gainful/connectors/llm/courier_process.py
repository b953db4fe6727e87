"""A process of its own that carries requests to model servers and writes down what they answer.

Whoever asked may be killed while the model thinks. This process goes on until the answer is on disk, where the next one
finds it: a call that is paid for is never made again for want of its answer. Started by `courier.Courier`; needs
nothing but Python's standard library, so that it starts at once and stays small. Writes down no request and no key.

    python courier_process.py FOLDER        # standard input: a socket that hands over one socket for each request

A frame is a letter, four octets of length, and content: `Q` request and `B` body come in; `S` about the request, `R`
status and headers, `D` a piece of the body, `E` the end, `X` why there is none go out, and the same into FOLDER/NAME.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, BinaryIO

HEADER = struct.Struct(">cI")
LARGEST = 64 * 1024 * 1024
"""Octets of a request; more is a mistake."""

PIECE = 65536
CONNECT_SECONDS = 10.0
IDLE_SECONDS = 20.0
"""How long a connection is kept for the next request of the same run."""

KEEP_SECONDS = 30 * 86400.0
"""After this time nobody asks for an answer any more."""


class NeverSent(Exception):
    """The request has not left: it may be made again."""


class Account:
    """Tells how a request goes: to whoever asked, as long as they live, and to the file."""

    def __init__(self, asker: socket.socket, file: BinaryIO) -> None:
        self._asker: socket.socket | None = asker
        self._file: BinaryIO | None = file

    def tell(self, kind: bytes, content: bytes = b"") -> None:
        """One frame to both. Who is gone is told no more; a file that cannot be written any more has no end."""
        frame = HEADER.pack(kind, len(content)) + content
        if self._file is not None:
            try:
                self._file.write(frame)
                if kind in b"EX":
                    self._file.flush()
            except OSError:
                with suppress(OSError):
                    self._file.close()
                self._file = None
        if self._asker is not None:
            try:
                self._asker.sendall(frame)
            except OSError:
                self._asker = None


class Connections:
    """Open connections that wait for another request to the same server."""

    def __init__(self) -> None:
        self._idle: dict[str, list[tuple[HTTPConnection, float]]] = {}
        self._lock = threading.Lock()

    def take(self, place: str) -> HTTPConnection | None:
        """One that the server has not closed; None when there is none."""
        with self._lock:
            waiting = self._idle.get(place, [])
            while waiting:
                connection, since = waiting.pop()
                if time.monotonic() - since < IDLE_SECONDS and _is_quiet(connection):
                    return connection
                connection.close()
        return None

    def give(self, place: str, connection: HTTPConnection) -> None:
        """Keep it for the next."""
        with self._lock:
            self._idle.setdefault(place, []).append((connection, time.monotonic()))


def _is_quiet(connection: HTTPConnection) -> bool:
    """Whether nothing waits to be read: an idle server says something only to end."""
    try:
        return not select.select([connection.sock], [], [], 0)[0]
    except (OSError, ValueError):
        return False


def carry(asker: socket.socket, folder: str, connections: Connections) -> None:
    """Make one request and tell how it went."""
    with asker:
        try:
            request = json.loads(_read(asker, b"Q"))
            body = _read(asker, b"B")
        except (OSError, ValueError):
            # Whoever asked died in the middle: nothing was sent.
            return
        name = str(request["name"])
        try:
            file = _file(folder, name)
        except OSError as error:
            refused = Account(asker, open(os.devnull, "wb"))  # noqa: SIM115, PTH123 -- closed with the process
            refused.tell(b"X", _told("disk", sent=False, what=os.strerror(error.errno or 0)))
            return
        with file:
            account = Account(asker, file)
            account.tell(b"S", json.dumps({"stream": request["stream"]}).encode())
            _exchange(request, body, connections, account)


def _file(folder: str, name: str) -> BinaryIO:
    """The file of this answer, which nobody had yet, locked as long as the request is under way."""
    handle = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # noqa: PTH118
    fcntl.flock(handle, fcntl.LOCK_EX)
    return os.fdopen(handle, "wb", buffering=PIECE)


def _exchange(request: dict[str, Any], body: bytes, connections: Connections, account: Account) -> None:
    place = f"{request['scheme']}://{request['host']}:{request['port']}"
    connection: HTTPConnection | None = None
    try:
        connection = connections.take(place) or _connected(request)
        response = _sent(connection, request, body)
        headers = [[name, value] for name, value in response.getheaders() if name.lower() != "set-cookie"]
        account.tell(b"R", json.dumps({"status": response.status, "headers": headers}).encode())
        while piece := response.read1(PIECE):
            account.tell(b"D", piece)
        if response.length:
            raise HTTPException("the answer broke off")
        response.close()
    except NeverSent as error:
        account.tell(b"X", _told("connect", sent=False, what=str(error)))
    except (OSError, HTTPException, ValueError) as error:
        kind = "timeout" if isinstance(error, TimeoutError) else "broken"
        account.tell(b"X", _told(kind, sent=True, what=type(error).__name__))
    else:
        account.tell(b"E")
        if not response.will_close:
            connections.give(place, connection)
            connection = None
    finally:
        if connection is not None:
            connection.close()


def _connected(request: dict[str, Any]) -> HTTPConnection:
    """A connection to the first of the addresses that answers.

    Raises:
        NeverSent: None does.
    """
    last = "no address"
    for address in request["addresses"]:
        try:
            plain = socket.create_connection((address, request["port"]), CONNECT_SECONDS)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = HTTPConnection(request["host"], request["port"])
            connection.auto_open = 0
            connection.sock = _secured(plain, request["host"]) if request["scheme"] == "https" else plain
            return connection
        except (OSError, ValueError) as error:
            last = type(error).__name__
    raise NeverSent(last)


_context: list[Any] = []


def _secured(plain: socket.socket, host: str) -> socket.socket:
    import ssl

    if not _context:
        _context.append(ssl.create_default_context())
    secured: socket.socket = _context[0].wrap_socket(plain, server_hostname=host)
    return secured


def _sent(connection: HTTPConnection, request: dict[str, Any], body: bytes) -> HTTPResponse:
    connection.sock.settimeout(request["timeout"])
    connection.putrequest(request["method"], request["path"], skip_host=True, skip_accept_encoding=True)
    for name, value in request["headers"]:
        connection.putheader(name, value)
    connection.endheaders(body)
    return connection.getresponse()


def _told(kind: str, *, sent: bool, what: str) -> bytes:
    return json.dumps({"kind": kind, "sent": sent, "what": what}).encode()


def _read(asker: socket.socket, wanted: bytes) -> bytes:
    kind, length = HEADER.unpack(_exactly(asker, HEADER.size))
    if kind != wanted or length > LARGEST:
        raise ValueError("not the frame that was expected")
    return _exactly(asker, length)


def _exactly(asker: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        piece = asker.recv(min(length - len(found), 1 << 20))
        if not piece:
            raise OSError("ended early")
        found += piece
    return bytes(found)


def _sweep(folder: str) -> None:
    """Remove what nobody asked for in a month."""
    before = time.time() - KEEP_SECONDS
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.stat().st_mtime < before:
                    os.unlink(entry.path)  # noqa: PTH108


def main(folder: str) -> None:
    """Carry requests until whoever started this is gone and the last answer is written down."""
    lifeline = socket.socket(fileno=os.dup(0))
    connections = Connections()
    _sweep(folder)
    while True:
        message, handles, _, _ = socket.recv_fds(lifeline, 1, 8)
        for handle in handles:
            asker = socket.socket(fileno=handle)
            threading.Thread(target=carry, args=(asker, folder, connections)).start()
        if not message:
            return


if __name__ == "__main__":
    main(sys.argv[1])
