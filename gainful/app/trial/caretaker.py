"""Ends what a world is made of where its own process could not, because it was killed: a process that waits for that.

    caretaker = Caretaker(folder, slots, run)
    caretaker.start()
    caretaker.mind(proxy)                  # each server once it runs
    ...
    caretaker.dismiss()                    # everything was ended as it should be

What runs in slots outlives whoever deployed it, as it must; of a world of which nobody is left, nothing should. The end
of its standard input is the word, as it is for the traffic. This file is the process too.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from gainful.connectors.releases.process import OwnProcesses


class Minded(Protocol):
    """A server that has been started."""

    folder: Path

    @property
    def pid(self) -> int:
        """Of its process."""


class Caretaker:
    """The process.

    Args:
        folder: Of the world: it goes when nobody is left.
        slots: Their names.
        run: Where the processes of slots are noted.
    """

    def __init__(self, folder: Path, slots: Sequence[str], run: Path) -> None:
        self._first = {"folder": str(folder), "slots": list(slots), "run": str(run)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Let it wait."""
        # -P: the folder of this file is no place to import from. A session of its own, for Ctrl-C is not meant for it.
        self._process = subprocess.Popen(  # noqa: S603 - this very file
            [sys.executable, "-P", __file__], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True
        )
        self._tell(self._first)

    def mind(self, server: Minded) -> None:
        """End this one too, and remove its folder."""
        self._tell({"pid": server.pid, "folder": str(server.folder)})

    def dismiss(self) -> None:
        """There is nothing left to do. Safe to call twice."""
        if self._process is None:
            return
        self._tell({"done": True})
        with contextlib.suppress(OSError):
            self._input.close()
        self._process.wait()
        self._process = None

    @property
    def _input(self) -> IO[bytes]:
        assert self._process is not None  # noqa: S101 - told to the type checker
        assert self._process.stdin is not None  # noqa: S101
        return self._process.stdin

    def _tell(self, what: Mapping[str, Any]) -> None:
        # One that has died is missed by nobody who ends in an orderly way.
        with contextlib.suppress(OSError):
            self._input.write(json.dumps(what).encode() + b"\n")
            self._input.flush()


# --- the process ------------------------------------------------------------------------------------------------------


def main(told: IO[bytes]) -> None:
    """Wait for the end; then end and remove what was told, unless all is done."""
    first = json.loads(told.readline() or b"{}")
    folders, handles = [first["folder"]], []
    for line in told:
        said = json.loads(line)
        if said.get("done"):
            return
        folders.append(said["folder"])
        # A handle is this very process for ever; its number may be another one's later.
        with contextlib.suppress(ProcessLookupError):
            handles.append(os.pidfd_open(said["pid"]))
    for handle in handles:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    for slot in first["slots"]:
        OwnProcesses(Path(first["run"]), (), {}, grace=2.0).stop(slot, {})
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.stdin.buffer)
