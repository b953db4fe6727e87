"""Metrics as points: counters of tokens, for tools that report nothing finer.

A counter comes as what was added since the last point (delta) or since the process began (cumulative); of the latter
only what was added since the last point that is known counts, which the store works out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from gainful.core.fact import Call
from gainful.core.telemetry import Channel, Content, Kind, Point
from gainful.intake.otlp.attributes import Found, impersonal, instant, person, read, text
from gainful.intake.otlp.gathering import source_of


@dataclass(frozen=True, slots=True)
class _Counter:
    """A counter of tokens.

    Args:
        provider: Whose model it is where the points do not say.
        kinds: What it calls the kinds of tokens. Kinds that are part of others are left out.
        kind: The one kind that it counts, where it does not tell them apart.
    """

    channel: Channel
    provider: str
    kinds: Mapping[str, Kind]
    kind: Kind | None = None


_COMMON: dict[str, Kind] = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_creation": "cache_write",
    "cache_write": "cache_write",
}
_USAGE = "gen_ai.client.inference.usage."

COUNTERS: dict[str, _Counter] = {
    "claude_code.token.usage": _Counter(
        "own-counter",
        "anthropic",
        {"input": "fresh", "output": "output", "cacheRead": "cache_read", "cacheCreation": "cache_write"},
    ),
    "codex.turn.token_usage": _Counter(
        "own-counter",
        "openai",
        {
            "input": "input",
            "output": "output",
            "cached_input": "cache_read",
            "cached": "cache_read",
            "cache_write_input": "cache_write",
        },
    ),
    "gemini_cli.token.usage": _Counter(
        "own-counter",
        "gcp.gemini",
        {"input": "input", "output": "output", "thought": "output", "cache": "cache_read", "tool": "fresh"},
    ),
    "gen_ai.client.token.usage": _Counter("common-counter", "", _COMMON),
    f"{_USAGE}input_tokens": _Counter("common-counter", "", {}, "input"),
    f"{_USAGE}output_tokens": _Counter("common-counter", "", {}, "output"),
    f"{_USAGE}cache_read.input_tokens": _Counter("common-counter", "", {}, "cache_read"),
    f"{_USAGE}cache_creation.input_tokens": _Counter("common-counter", "", {}, "cache_write"),
    f"{_USAGE}cache_write.input_tokens": _Counter("common-counter", "", {}, "cache_write"),
}
"""The counters that are read. Input holds cached tokens everywhere but with Claude Code, and output holds reasoning
everywhere but with Gemini CLI, which counts thoughts apart, and what tools put into the prompt."""

_DELTA = 1
_MOST = 10**15


def points_of(request: Any, now: datetime) -> Content:
    """What the counters of a request tell."""
    points: list[Point] = []
    rejected = 0
    for group in request.resource_metrics:
        resource = read(group.resource.attributes)
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                counter = COUNTERS.get(metric.name)
                if counter is not None:
                    for point in _points(metric, counter, resource, now):
                        if point is None:
                            rejected += 1
                        else:
                            points.append(point)
    return Content(points=tuple(points), rejected=rejected)


def _points(metric: Any, counter: _Counter, resource: Found, now: datetime) -> Iterator[Point | None]:
    """The points of one counter; None for one that counts nothing that can be."""
    form = metric.WhichOneof("data")
    if form not in ("sum", "histogram", "exponential_histogram"):
        return
    data = getattr(metric, form)
    for point in data.data_points:
        found = read(point.attributes)
        kind = counter.kind or counter.kinds.get(text(found, "token_type"))
        if kind is None:
            continue
        value = point.as_int or point.as_double if form == "sum" else point.sum
        if not 0 <= value < _MOST:
            yield None
            continue
        source = source_of(found, resource)
        said = [item for item in impersonal(found) if item[0] != "token_type"]
        together = _digest((source._replace(person=""), counter.channel, said))
        yield Point(
            source,
            counter.channel,
            repr((metric.name, impersonal(found))),
            point.start_time_unix_nano,
            point.time_unix_nano,
            data.aggregation_temporality != _DELTA,
            round(value),
            kind,
            _call(counter, found, resource, together, point.time_unix_nano, now),
        )


def _call(counter: _Counter, found: Found, resource: Found, name: str, nanoseconds: int, now: datetime) -> Call:
    return Call(
        at=instant(nanoseconds, now),
        key=f"point:{name}:{nanoseconds}",
        id=f"{name}:{nanoseconds}",
        run=text(found, "session", "conversation"),
        person=person(found, resource),
        agent=text(found, "agent_id", "agent") or text(resource, "service"),
        tool=text(resource, "service"),
        provider=text(found, "provider") or counter.provider,
        model=text(found, "response_model", "model") or "unknown",
    )


def _digest(said: object) -> str:
    return sha256(repr(said).encode()).hexdigest()[:32]
