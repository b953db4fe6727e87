"""A process of its own that carries requests to model servers and writes down what they answer.

Whoever asked may be killed while the model thinks. This process goes on until the answer is on disk, where the next one
finds it: a call that is paid for is never made again for want of its answer. Started by `courier.Courier`; needs
nothing but Python's standard library, so that it starts at once and stays small. Writes down no request and no key.

    python courier_process.py           # standard input: a socket that hands over a socket and a file for each request

A frame is a letter, four octets of length, and content: `Q` request and `B` body come in; `R` status and headers, `D` a
piece of the body, `E` the end, `X` why there is none go out, and the same into the file. There `S` stands first, and is
on the disk before anything is sent: where it is missing, nothing was. The file is locked until its end.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, BinaryIO

HEADER = struct.Struct(">cI")
LARGEST = 64 * 1024 * 1024
"""Octets of a request; more is a mistake."""

PIECE = 65536
CONNECT_SECONDS = 10.0
ASKER_SECONDS = 30.0
"""How long somebody who does not listen is waited for; the answer is in the file for them."""

IDLE_SECONDS = 20.0
"""How long a connection is kept for the next request of the same run."""


class NeverSent(Exception):
    """The request has not left: it may be made again."""


class Account:
    """Tells how a request goes: to whoever asked, as long as they live, and to the file."""

    def __init__(self, asker: socket.socket, file: BinaryIO | None) -> None:
        self._asker: socket.socket | None = asker
        self._file = file

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


def carry(asker: socket.socket, file: BinaryIO, connections: Connections) -> None:
    """Make one request and tell how it went."""
    # On a full disk closing fails like writing did.
    with asker, suppress(OSError), file:
        asker.settimeout(ASKER_SECONDS)
        try:
            request = json.loads(_read(asker, b"Q"))
            body = _read(asker, b"B")
        except (OSError, ValueError):
            # Whoever asked died in the middle: nothing was sent.
            return
        try:
            about = json.dumps({"stream": request["stream"]}).encode()
            file.write(HEADER.pack(b"S", len(about)) + about)
            file.flush()
            os.fsync(file.fileno())
        except OSError as error:
            Account(asker, None).tell(b"X", _told("disk", sent=False, what=os.strerror(error.errno or 0)))
            return
        _exchange(request, body, connections, Account(asker, file))


def _exchange(request: dict[str, Any], body: bytes, connections: Connections, account: Account) -> None:
    place = f"{request['scheme']}://{request['host']}:{request['port']}"
    connection: HTTPConnection | None = None
    late = threading.Event()
    try:
        connection = connections.take(place) or _connected(request)
        with _within(request["timeout"], connection, late):
            response = _sent(connection, request, body)
            headers = [[name, value] for name, value in response.getheaders() if name.lower() != "set-cookie"]
            account.tell(b"R", json.dumps({"status": response.status, "headers": headers}).encode())
            while piece := response.read1(PIECE):
                account.tell(b"D", piece)
            if response.length or late.is_set():
                raise HTTPException("the answer broke off")
        response.close()
    except NeverSent as error:
        account.tell(b"X", _told("connect", sent=False, what=str(error)))
    except (OSError, HTTPException, ValueError) as error:
        kind = "timeout" if late.is_set() else "broken"
        account.tell(b"X", _told(kind, sent=True, what=type(error).__name__))
    else:
        account.tell(b"E")
        if not response.will_close:
            connections.give(place, connection)
            connection = None
    finally:
        if connection is not None:
            connection.close()


@contextmanager
def _within(seconds: float, connection: HTTPConnection, late: threading.Event) -> Iterator[None]:
    """Break off when the time for the whole answer is up, however slowly it goes on coming."""
    with socket.socket(fileno=os.dup(connection.sock.fileno())) as line:

        def end() -> None:
            late.set()
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


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
_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem")
"""Where systems keep whom they trust, for a Python that was built to look elsewhere."""


def _secured(plain: socket.socket, host: str) -> socket.socket:
    import ssl

    if not _context:
        trust = ssl.create_default_context()
        bundle = next(filter(os.path.exists, _BUNDLES), None)
        if not trust.cert_store_stats()["x509_ca"] and bundle is not None and "SSL_CERT_FILE" not in os.environ:
            trust.load_verify_locations(bundle)
        _context.append(trust)
    secured: socket.socket = _context[0].wrap_socket(plain, server_hostname=host)
    return secured


def _sent(connection: HTTPConnection, request: dict[str, Any], body: bytes) -> HTTPResponse:
    connection.sock.settimeout(None)
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


def main() -> None:
    """Carry requests until whoever started this is gone and the last answer is written down."""
    lifeline = socket.socket(fileno=os.dup(0))
    connections = Connections()
    while True:
        message, handles, _, _ = socket.recv_fds(lifeline, 1, 2)
        if not message:
            return
        asker, file = handles
        handed = (socket.socket(fileno=asker), os.fdopen(file, "wb", buffering=PIECE), connections)
        threading.Thread(target=carry, args=handed).start()


if __name__ == "__main__":
    main()
