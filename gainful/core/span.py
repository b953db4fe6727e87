"""A span: a part of a run with its beginning, its end and its parent, as OpenTelemetry has it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Attribute = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Happening:
    """A moment within a span."""

    name: str
    at: datetime
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """One part of a trace.

    Args:
        trace: 16 octets in hexadecimal digits.
        id, parent: 8 octets in hexadecimal digits; no parent for the root.
        outward: Whether it is a call of something outside this process, a `CLIENT` span.
        begun_at, ended_at: Aware UTC instants.
        failed: Whether it ended otherwise than it should.
    """

    trace: str
    id: str
    parent: str
    name: str
    begun_at: datetime
    ended_at: datetime
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    happenings: tuple[Happening, ...] = ()
    outward: bool = False
    failed: bool = False


def trace_id(run_id: str) -> str:
    """The id of a run's trace: the same run has the same, whoever tells it and however often."""
    return hashlib.sha256(f"gainful trace {run_id}".encode()).hexdigest()[:32]


def span_id(run_id: str, *parts: str) -> str:
    """The id of a part of a run."""
    return hashlib.sha256("\0".join(("gainful span", run_id, *parts)).encode()).hexdigest()[:16]
