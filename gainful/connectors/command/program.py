"""Runs one command: an environment of its own, an end in time, and no more of its output than anybody reads."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gainful.core.redaction import redact
from gainful.sdk.deploy_target import TargetRefused, TargetUnreachable

MOST = 256 * 1024
TAIL = 1500
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended.

    Args:
        out: The beginning of its output.
        error: The end of what it said beside it, in one line, without secrets.
        cut: Whether its output was longer.
    """

    status: int
    out: str
    error: str
    cut: bool


def run(line: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float) -> Ended:
    """How the command ended.

    Raises:
        TargetRefused: It cannot be run.
        TargetUnreachable: It took too long, and was ended with all that it had started.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - the command of the settings, item by item
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={"PATH": PATH, "LC_ALL": "C.UTF-8", **environment},
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise TargetRefused(f"'{line[0][:200]}' cannot be run: {said}.", "Correct it in its target.") from error
    out, errors = _Ear(process.stdout, keep_end=False), _Ear(process.stderr, keep_end=True)
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        raise TargetUnreachable(
            f"'{line[0][:200]}' took longer than {seconds:g} seconds, and was ended.", "Look why, or raise `seconds`."
        ) from None
    finally:
        # A service that it has started may hold the pipes for as long as it lives: it is not waited for.
        out.end()
        errors.end()
    said = errors.text or out.text
    return Ended(status, out.text, redact(" ".join(said.split()))[-TAIL:], out.cut)


class _Ear(threading.Thread):
    """Takes in a stream to its end, and keeps a part of it."""

    def __init__(self, stream: IO[bytes] | None, *, keep_end: bool) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self._keep_end = keep_end
        self._kept = b""
        self.cut = False
        self.start()

    def run(self) -> None:
        """Listen."""
        if self._stream is None:
            return
        with suppress(OSError, ValueError), self._stream as stream:
            while chunk := os.read(stream.fileno(), 65536):
                whole = self._kept + chunk
                self.cut = self.cut or len(whole) > MOST
                self._kept = whole[-MOST:] if self._keep_end else whole[:MOST]

    def end(self) -> None:
        """Wait a little for the rest."""
        self.join(1)

    @property
    def text(self) -> str:
        """What was kept."""
        return self._kept.decode("utf-8", "replace")
