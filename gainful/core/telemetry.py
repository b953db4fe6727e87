"""What telemetry holds, once read: facts of one source, and points of its counters."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gainful.core.fact import Call, Fact
from gainful.core.money import Tokens


@dataclass(frozen=True, slots=True)
class Reported:
    """What one source reports by spans or log events.

    Args:
        source: What tells one reporting process from others.
        counted: How many of the facts tell of tokens.
    """

    source: str
    facts: tuple[Fact, ...]
    counted: int


@dataclass(frozen=True, slots=True)
class Point:
    """One point of one counter of tokens.

    Args:
        series: What it is a counter of.
        started_at: When it began to count, nanoseconds since 1970.
        at: When it stood so, the same.
        cumulative: It counts since it began, and not since the last point.
        value: Tokens.
        call: The call that it stands for, without tokens: nobody says how many calls they were of.
        kind: Of the tokens: a field of `Tokens`.
    """

    source: str
    series: str
    started_at: int
    at: int
    cumulative: bool
    value: int
    call: Call
    kind: str

    def told(self, tokens: int) -> Call:
        """The call with so many tokens."""
        return replace(self.call, tokens=Tokens(**{self.kind: tokens}))
