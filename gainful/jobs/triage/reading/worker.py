"""The process in which strangers' mail is parsed: no secrets in it, no files, little memory, little time.

Frames both ways: four octets of length (big-endian), then that many octets. A request is one octet (1: the mail is
complete, 0: headers only) and the raw mail; an answer is the `Mail` as JSON. The first answer, before any request,
is `READY`. End of input ends the process, so it never outlives its parent.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import struct
import sys
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from gainful.core.mail import Mail
from gainful.jobs.triage.reading.mime import read_mail

READY = b"ready"
LENGTH = struct.Struct(">I")
MAX_ANSWER = 4 * 1024 * 1024
_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS of prctl(2): nothing this process starts could gain rights
_OPEN_FILES = 16  # enough to load a rare charset's codec, far too few to be of use for more

_TEXTS = frozenset(field.name for field in fields(Mail) if field.type == "str")
_TUPLES = frozenset(field.name for field in fields(Mail) if field.type == "tuple[str, ...]")


def encode(mail: Mail) -> bytes:
    """The mail as JSON octets."""
    values = {field.name: getattr(mail, field.name) for field in fields(Mail)}
    values["sent_at"] = mail.sent_at.isoformat() if mail.sent_at else None
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def decode(octets: bytes) -> Mail:
    """The mail behind `encode`; every value is checked, since the worker that sent it read hostile input.

    Raises:
        ValueError: It is not such JSON.
    """
    values: Any = json.loads(octets)
    if not isinstance(values, dict) or set(values) != {field.name for field in fields(Mail)}:
        raise ValueError("not a mail")
    for name in _TEXTS:
        _check(isinstance(values[name], str), name)
    for name in _TUPLES:
        _check(isinstance(values[name], list) and all(isinstance(entry, str) for entry in values[name]), name)
        values[name] = tuple(values[name])
    headers = values["headers"]
    _check(isinstance(headers, dict) and all(isinstance(value, str) for value in headers.values()), "headers")
    _check(type(values["links"]) is int and values["links"] >= 0, "links")
    if values["sent_at"] is not None:
        values["sent_at"] = datetime.fromisoformat(values["sent_at"]).astimezone(UTC)
    return Mail(**values)


def _check(right: bool, name: str) -> None:
    if not right:
        raise ValueError(f"{name} has the wrong type")


def main(seconds: float, memory_mb: int) -> None:
    """Answer requests on stdin until it ends, each within `seconds` of CPU time, all within `memory_mb` MiB."""
    requests, answers = os.dup(0), os.dup(1)
    _limit(memory_mb)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.write(answers, LENGTH.pack(len(READY)) + READY)
    # Whatever a library prints must neither look like an answer nor block on a full pipe.
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    while (request := _request(requests)) is not None:
        # The default action of the signal ends the process even inside a C function that never returns.
        signal.setitimer(signal.ITIMER_PROF, seconds)
        answer = encode(read_mail(request[1:], complete=request[:1] == b"\x01"))
        signal.setitimer(signal.ITIMER_PROF, 0)
        _send(answers, answer)


def _limit(memory_mb: int) -> None:
    """Give up what parsing does not need. Each limit is one the process cannot raise again."""
    for name, most in (
        (resource.RLIMIT_AS, memory_mb * 1024 * 1024),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(name)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(name, (value, value))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def _request(source: int) -> bytes | None:
    head = _exactly(source, LENGTH.size)
    return _exactly(source, LENGTH.unpack(head)[0]) if head is not None else None


def _exactly(source: int, count: int) -> bytes | None:
    """The next `count` octets, or None when the input ended before them."""
    octets = bytearray()
    while len(octets) < count:
        more = os.read(source, min(count - len(octets), 1 << 20))
        if not more:
            return None
        octets += more
    return bytes(octets)


def _send(target: int, octets: bytes) -> None:
    view = memoryview(LENGTH.pack(len(octets)) + octets)
    while view:
        view = view[os.write(target, view) :]


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
