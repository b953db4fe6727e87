"""Talks to HAProxy through its control socket.

    proxy = Control(Path("/run/haproxy/admin.sock"))
    proxy.servers("shop")["green"].weight
    proxy.set_weight("shop", "green", 25)

One connection a command, as HAProxy has it where nobody asks for a prompt. What is set holds until HAProxy starts anew,
unless its settings load a state that `save_state` wrote.

Source: HAProxy 2.6 Management Guide, 9.1 (statistics in CSV) and 9.3 (commands).
"""

from __future__ import annotations

import csv
import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gainful.core.errors import Invalid, Refused
from gainful.sdk.tool import ToolUnreachable

SECONDS = 5.0
MOST = 16 * 1024 * 1024
HEAVIEST = 256
"""The largest weight that HAProxy knows."""

_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_LONGEST_PATH = 107
_TRIES = 3
_STATES = ("ready", "drain", "maint")
_ROWS = ("FRONTEND", "BACKEND")


class ProxyUnreachable(ToolUnreachable):
    """HAProxy does not answer at its control socket, or in a way that nobody understands."""

    code = "haproxy-unreachable"


class ProxyRefused(Refused):
    """HAProxy understood and said no: no such server, or the socket has no right to do it."""

    code = "haproxy-refused"


class ProxyInvalid(Invalid):
    """A name or a number that HAProxy cannot have."""

    code = "haproxy-invalid"


@dataclass(frozen=True, slots=True)
class Server:
    """A server of a backend as HAProxy sees it.

    Args:
        status: In HAProxy's words: `UP`, `DOWN`, `no check`, `DRAIN`, `MAINT`, ...
        weight: The one that was set, 0 to 256; what it gives while it starts slowly may be less.
        open: Requests that it is answering now.
        responses: Answers it has given, by the first digit of their status; 0 for other ones.
        unanswered: Requests that it took and broke off, or could not take; each was an error, or went elsewhere.
    """

    name: str
    status: str
    weight: int
    open: int
    responses: Mapping[int, int]
    unanswered: int


class Control:
    """The control socket of one HAProxy. Keeps no connection open.

    Args:
        path: Of the socket, as `stats socket` in HAProxy's settings names it; weights need `level admin`.
        seconds: How long one answer may take.
    """

    def __init__(self, path: Path, *, seconds: float = SECONDS) -> None:
        if len(str(path).encode()) > _LONGEST_PATH:
            raise ProxyInvalid("The path of the control socket is too long.", f"Use at most {_LONGEST_PATH} octets.")
        self._path = path
        self._seconds = seconds

    def servers(self, backend: str) -> dict[str, Server]:
        """The servers of a backend, by name.

        Raises:
            ProxyRefused: There is no such backend.
            ProxyUnreachable, ProxyInvalid: As they say.
        """
        _check(backend)
        text = self._ask("show stat")
        if not text.startswith("# pxname,svname,"):
            raise self._strange(text)
        rows = [row for row in csv.DictReader(text[2:].splitlines()) if row["pxname"] == backend]
        if not rows:
            raise ProxyRefused(f"HAProxy has no backend '{backend}'.", "Check its name in haproxy.cfg.")
        try:
            return {row["svname"]: _server(row) for row in rows if row["svname"] not in _ROWS}
        except (KeyError, ValueError, AttributeError, TypeError) as error:
            raise self._strange(text) from error

    def set_weight(self, backend: str, server: str, weight: int) -> None:
        """Give a server this weight among the others; 0 for no new requests. Those under way are answered.

        Raises:
            ProxyRefused, ProxyUnreachable, ProxyInvalid: As they say.
        """
        if not 0 <= weight <= HEAVIEST:
            raise ProxyInvalid(f"{weight} is no weight.", f"Choose one from 0 to {HEAVIEST}.")
        self._do(f"set weight {_pair(backend, server)} {weight}")

    def set_state(self, backend: str, server: str, state: str) -> None:
        """Make a server `ready`, `drain` it (no new sessions), or put it into `maint` (nothing at all).

        Raises:
            ProxyRefused, ProxyUnreachable, ProxyInvalid: As they say.
        """
        if state not in _STATES:
            raise ProxyInvalid(f"{state[:40]!r} is no state of a server.", f"Choose one of: {', '.join(_STATES)}.")
        self._do(f"set server {_pair(backend, server)} state {state}")

    def saved_state(self) -> str:
        """What HAProxy's `server-state-file` is to hold so that weights outlive its next start."""
        return self._ask("show servers state")

    def _do(self, command: str) -> None:
        said = self._ask(command).strip()
        if said:
            raise ProxyRefused(f"HAProxy said to '{command}': {_plain(said)}", "Check names and the socket's level.")

    def _ask(self, command: str) -> str:
        """What HAProxy answers; every command here may be given twice."""
        for tried in range(1, _TRIES + 1):
            try:
                return self._once(command)
            except (ConnectionResetError, BrokenPipeError, BlockingIOError) as error:
                # Its queue of connections is short, and full at times.
                if tried == _TRIES:
                    raise ProxyUnreachable("HAProxy broke off at its control socket.", "Try again.") from error
                time.sleep(0.05 * tried)
            except TimeoutError as error:
                raise ProxyUnreachable(
                    f"HAProxy did not answer '{command}' within {self._seconds:g} seconds.", "Try again."
                ) from error
            except OSError as error:
                raise ProxyUnreachable(
                    f"The control socket {self._path} cannot be reached: {error.strerror or error}.",
                    "Check that HAProxy runs, and who may use the socket.",
                    sent=False,
                ) from error
        raise AssertionError

    def _once(self, command: str) -> str:
        end = time.monotonic() + self._seconds
        parts, size = [], 0
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(self._seconds)
            connection.connect(str(self._path))
            connection.sendall(f"{command}\n".encode("ascii"))
            while True:
                connection.settimeout(max(0.001, end - time.monotonic()))
                part = connection.recv(65536)
                if not part:
                    break
                size += len(part)
                if size > MOST:
                    raise ProxyUnreachable("HAProxy's answer is larger than anybody expects.", "Check what listens.")
                parts.append(part)
        return b"".join(parts).decode("utf-8", "replace")

    def _strange(self, text: str) -> ProxyUnreachable:
        return ProxyUnreachable(f"HAProxy's statistics read '{_plain(text)}'.", "Check what listens at the socket.")


def _server(row: Mapping[str, str]) -> Server:
    responses = {digit: _number(row[f"hrsp_{digit}xx"]) for digit in (1, 2, 3, 4, 5)}
    responses[0] = _number(row["hrsp_other"])
    return Server(
        name=row["svname"],
        status=row["status"],
        # The weight in effect is `weight`; before version 2.6 there is no other.
        weight=_number(row.get("uweight") or row["weight"]),
        open=_number(row["scur"]),
        responses=responses,
        # Neither of the three is among the answers: no connection, no whole answer, and given to another server.
        unanswered=sum(_number(row[name]) for name in ("econ", "eresp", "wredis")),
    )


def _number(text: str) -> int:
    return int(text or "0")


def _pair(backend: str, server: str) -> str:
    _check(backend)
    _check(server)
    return f"{backend}/{server}"


def _check(name: str) -> None:
    # A semicolon or a new line would begin another command.
    if not _NAME.fullmatch(name):
        raise ProxyInvalid(f"{name[:64]!r} is no name of HAProxy's.", "Use letters, digits and any of _ . : -")


def _plain(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text[:400]).split())[:200]
