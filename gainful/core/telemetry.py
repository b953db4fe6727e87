"""What telemetry holds, once read: facts and counters of sources, by the channel that told of them.

A tool may tell of the same tokens by spans, by log events and by counters, and by two of each. What tells them apart
is here; which of them counts is decided where they are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from gainful.core.fact import Call, Fact, Run
from gainful.core.money import Tokens

Signal = Literal["traces", "metrics", "logs"]
"""What OpenTelemetry calls what a request holds."""


class Source(NamedTuple):
    """What tells one reporter from others; empty where it does not say.

    Args:
        service: The tool.
        instance: The process.
        person: Whose usage it is.
    """

    service: str
    instance: str = ""
    person: str = ""


Channel = Literal["common-counter", "own-counter", "common-event", "span", "own-event"]
"""How a source tells of tokens. Common: by the names that all tools share; own: by names of the tool's own."""

FINENESS: dict[str, int] = {
    "common-counter": 0,
    "own-counter": 1,
    "common-event": 2,
    "span": 3,
    "own-event": 4,
}
"""Channels from the coarsest to the finest. Counters do not say which calls they are of; those under common names leave
out what went through caches. A tool's own events name the model of each call, which spans of some tools do not."""


@dataclass(frozen=True, slots=True)
class Reported:
    """Facts of one source by one channel.

    Args:
        tells: Whether some of them tell of tokens.
    """

    source: Source
    channel: Channel
    facts: tuple[Fact, ...]
    tells: bool


Kind = Literal["input", "fresh", "cache_read", "cache_write", "output"]
"""Of tokens. `input` holds those from and into caches; `fresh` does not."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point of one counter of tokens.

    Args:
        series: What it is a counter of, beside whose.
        started_at: When it began to count, nanoseconds since 1970.
        at: When it stood so, the same.
        cumulative: It counts since it began, and not since the last point.
        value: Tokens.
        call: Stands for the calls that it is of, without tokens: nobody says how many they were. Points of different
            kinds that were counted together have the same one.
    """

    source: Source
    channel: Channel
    series: str
    started_at: int
    at: int
    cumulative: bool
    value: int
    kind: Kind
    call: Call


@dataclass(frozen=True, slots=True)
class Content:
    """What one request holds.

    Args:
        rejected: Spans, events or points that cannot be used, whoever sends them again.
    """

    reported: tuple[Reported, ...] = ()
    points: tuple[Point, ...] = ()
    rejected: int = 0


def in_the_name_of(person: str, content: Content) -> Content:
    """The same, whoever it says it is of: all of it is this person's."""
    return replace(
        content,
        reported=tuple(
            replace(
                group,
                source=group.source._replace(person=person),
                facts=tuple(
                    replace(fact, person=person) if isinstance(fact, Call | Run) else fact for fact in group.facts
                ),
            )
            for group in content.reported
        ),
        points=tuple(
            replace(point, source=point.source._replace(person=person), call=replace(point.call, person=person))
            for point in content.points
        ),
    )


def counted(call: Call, added: dict[str, int]) -> Call:
    """The call with the tokens that counters have added, by kind."""
    read, written = added.get("cache_read", 0), added.get("cache_write", 0)
    fresh = added.get("fresh", 0) + max(0, added.get("input", 0) - (read + written if "input" in added else 0))
    # Kinds that came in different requests are different calls: none may be taken for the other sent twice.
    key = f"{call.key}:{'+'.join(sorted(added))}"
    return replace(call, key=key, tokens=Tokens(fresh, read, written, added.get("output", 0)))


def ended_at(call: Call) -> datetime:
    """When a call was over."""
    return call.at + timedelta(seconds=call.seconds)
