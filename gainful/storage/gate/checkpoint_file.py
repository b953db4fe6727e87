"""The checkpoints of the audit log as a file beside the database, a line each, to be copied to another machine."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

from gainful.core.errors import Unavailable
from gainful.gate.checkpoint import Checkpoint, CheckpointInvalid, checkpoint_of


class AuditUnwritable(Unavailable):
    """A checkpoint of the audit log cannot be written; without it nothing is done."""

    code = "audit-unwritable"


class CheckpointFile:
    """Appends whole lines, and reads what can be read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, checkpoint: Checkpoint) -> None:
        """Adds one line, durably.

        Raises:
            AuditUnwritable: It could not be written; the file is as it was.
        """
        line = json.dumps(checkpoint.as_json()).encode() + b"\n"
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                _add(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise AuditUnwritable(
                f"The file {self.path} cannot be written: {error.strerror}, so the audit log cannot go on.",
                "Check the space on the disk and who owns the file. Nothing is done until it can be written.",
            ) from error

    def read(self) -> list[Checkpoint]:
        """Its checkpoints. Lines that hold none are passed over: whoever can spoil a line can also take it out."""
        try:
            lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        return [checkpoint for line in lines if (checkpoint := _read(line)) is not None]


def read_checkpoints(path: Path) -> list[Checkpoint]:
    """The checkpoints of a file that a person kept: each line must hold one.

    Raises:
        CheckpointInvalid: The file cannot be read, is empty, or a line holds something else.
    """
    try:
        found = list(_strictly(path))
    except OSError as error:
        raise CheckpointInvalid(f"The file {path} cannot be read: {error.strerror}.", "Check its path.") from None
    if not found:
        raise CheckpointInvalid(f"The file {path} holds no checkpoint.", "Make one with `gainful audit checkpoint`.")
    return found


def _strictly(path: Path) -> Iterator[Checkpoint]:
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if line.strip():
            checkpoint = _read(line)
            if checkpoint is None:
                raise CheckpointInvalid(
                    f"Line {number} of {path} is no checkpoint of an audit log.",
                    "Give a file that `gainful audit checkpoint --out` wrote.",
                )
            yield checkpoint


def _read(line: str) -> Checkpoint | None:
    try:
        return checkpoint_of(line)
    except CheckpointInvalid:
        return None


def _add(descriptor: int, line: bytes) -> None:
    size = os.fstat(descriptor).st_size
    # A line that a power cut left half must not swallow the next one.
    torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
    whole = b"\n" + line if torn else line
    try:
        if os.write(descriptor, whole) != len(whole):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
