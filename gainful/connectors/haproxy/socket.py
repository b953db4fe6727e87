"""Asks HAProxy one thing at a time through its control socket.

Source: HAProxy Management Guide, 9.3, Unix Socket commands: one line, an answer, and the end of the connection.
"""

from __future__ import annotations

import re
import socket
import time
from pathlib import Path

from gainful.core.errors import Broken
from gainful.sdk.tool import ToolUnreachable

SECONDS = 5.0
MOST = 8 * 1024 * 1024
_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


class HAProxyUnreachable(ToolUnreachable):
    """HAProxy's control socket is not there, does not answer, or says no."""

    code = "haproxy-unreachable"


class ControlSocket:
    """One HAProxy.

    Args:
        path: Of its control socket, from `stats socket` in its settings.
        seconds: How long an answer may take.
    """

    def __init__(self, path: Path, seconds: float = SECONDS) -> None:
        self._path = path
        self._seconds = seconds

    def ask(self, command: str) -> str:
        """Its answer to one line; several commands are parted by `;`.

        Raises:
            HAProxyUnreachable: No answer, or a cut one.
        """
        if not command.isprintable() or not command.isascii():
            raise Broken("A command for HAProxy holds more than one line.", "Please report this.")
        try:
            return self._said(command).decode("utf-8", "replace")
        except OSError as error:
            raise HAProxyUnreachable(
                f"HAProxy does not answer at {self._path}: {error.strerror or 'no answer in time'}.",
                "Check that it runs, that its settings name this `stats socket` with `level admin`, and who may.",
            ) from error

    def _said(self, command: str) -> bytes:
        end = time.monotonic() + self._seconds
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
            wire.settimeout(self._seconds)
            wire.connect(str(self._path))
            wire.sendall(f"{command}\n".encode())
            chunks, size = [], 0
            while chunk := wire.recv(65536):
                chunks.append(chunk)
                size += len(chunk)
                if size > MOST or time.monotonic() > end:
                    raise TimeoutError
        return b"".join(chunks)


def word(text: str) -> str:
    """A name of a backend or server that means nothing else in a command.

    Raises:
        HAProxyUnreachable: It could not be one.
    """
    if not _WORD.fullmatch(text):
        raise HAProxyUnreachable(
            f"'{text[:60]}' is no name of a backend or server of HAProxy.", "Correct it in gainful.toml.", sent=False
        )
    return text
