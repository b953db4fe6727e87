"""Metrics as points: counters of tokens, for tools that report nothing finer.

A counter comes as what was added since the last point (delta) or since the process began (cumulative); of the latter
only what was added since the last point that is known counts, which the store works out.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any

from gainful.core.fact import Call
from gainful.core.telemetry import Point
from gainful.intake.otlp.attributes import Found, instant, person, read, text
from gainful.intake.otlp.spans import source_of

COUNTERS = {
    "claude_code.token.usage": "anthropic",
    "codex.turn.token_usage": "openai",
    "gemini_cli.token.usage": "gcp.gemini",
    "gen_ai.client.token.usage": "",
    "gen_ai.client.inference.usage.input_tokens": "",
    "gen_ai.client.inference.usage.output_tokens": "",
}
_TYPES = {
    "input": "fresh",
    "output": "output",
    "thought": "output",
    "reasoning": "output",
    "tool": "output",
    "cacheRead": "cache_read",
    "cache_read": "cache_read",
    "cache": "cache_read",
    "cached": "cache_read",
    "cached_input": "cache_read",
    "cacheCreation": "cache_write",
    "cache_creation": "cache_write",
    "cache_write": "cache_write",
}
_DELTA = 1


def points_of(request: Any, now: datetime) -> Iterator[Point]:
    """The points of the counters that are read."""
    for group in request.resource_metrics:
        resource = read(group.resource.attributes)
        for scope in group.scope_metrics:
            for metric in scope.metrics:
                if metric.name in COUNTERS:
                    yield from _points(metric, resource, now)


def _points(metric: Any, resource: Found, now: datetime) -> Iterator[Point]:
    kind = metric.WhichOneof("data")
    if kind not in ("sum", "histogram"):
        return
    data = getattr(metric, kind)
    for point in data.data_points:
        found = read(point.attributes)
        value = point.sum if kind == "histogram" else (point.as_int or point.as_double)
        token_type = _TYPES.get(text(found, "token_type"), _suffix(metric.name))
        if not token_type or not 0 <= value < 10**15:
            continue
        source = source_of(resource)
        series = repr((source, metric.name, sorted(found.items())))
        at = instant(point.time_unix_nano, now)
        call = Call(
            at=at,
            key=f"point:{sha256(series.encode()).hexdigest()[:32]}:{point.time_unix_nano}",
            id=f"{metric.name}:{point.time_unix_nano}",
            run=text(found, "session", "conversation"),
            person=person(found, resource),
            agent=text(found, "agent_id", "agent") or text(resource, "service"),
            tool=text(resource, "service"),
            provider=text(found, "provider") or COUNTERS[metric.name],
            model=text(found, "response_model", "model") or "unknown",
        )
        cumulative = data.aggregation_temporality != _DELTA
        yield Point(
            source, series, point.start_time_unix_nano, point.time_unix_nano, cumulative, round(value), call, token_type
        )


def _suffix(name: str) -> str:
    if name.endswith(".input_tokens"):
        return "fresh"
    return "output" if name.endswith(".output_tokens") else ""
