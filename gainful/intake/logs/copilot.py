"""GitHub Copilot's OpenTelemetry files: `~/.copilot/otel/**/*.jsonl`, of its command line and of editors.

- A call stands there as a span `chat`, and where an editor writes the file as an event with the same id. Spans of
  agents hold the sums of their calls, and are left out.
- Cached tokens are part of the input.
- GitHub bills AI credits of 0.01 USD; `github.copilot.aiu` is billionths of one. `github.copilot.cost` is a number of
  requests, not money.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.reading import (
    MOST,
    START,
    Format,
    Place,
    Read,
    Told,
    Unusable,
    count,
    inside,
    instant,
    money,
    text,
)
from gainful.intake.logs.reading import read_log as _read_log

TOOL = "copilot"
CREDIT = Decimal("0.01")
"""USD for an AI credit."""

_EVENT = "gen_ai.client.inference.operation.details"
_READ = ("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens")
_WRITTEN = (
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens",
)
_PROVIDERS = (("claude", "anthropic"), ("gpt", "openai"), ("o1", "openai"), ("o3", "openai"), ("o4", "openai"))


def read(file: Path, begin: Place = START, quiet: bool = True) -> Iterator[Read]:
    """The calls of one file."""
    return _read_log(file, _Telemetry(), FORMAT.title, begin, quiet)


class _Telemetry:
    def knows(self, content: dict[str, Any]) -> bool:
        return isinstance(content.get("attributes"), dict) or "resource" in content or "scopeMetrics" in content

    def state(self) -> str:
        return ""

    def calls(self, content: dict[str, Any]) -> Iterable[Told]:
        found = content.get("attributes")
        if not isinstance(found, dict) or "gen_ai.usage.input_tokens" not in found:
            return
        is_event = found.get("event.name") == _EVENT
        if is_event or (found.get("gen_ai.operation.name") == "chat" and "event.name" not in found):
            yield Told(_call(content, found))


def _call(content: dict[str, Any], found: dict[str, Any]) -> Call:
    at, ended = _time(content, "startTime", "hrTime"), _time(content, "endTime")
    model = text(found.get("gen_ai.response.model")) or text(found.get("gen_ai.request.model"))
    if at is None or not model:
        raise Unusable("A call has no model or no instant.")
    id_ = text(found.get("gen_ai.response.id")) or _span(content)
    read_, written = count(found, *_READ), count(found, *_WRITTEN)
    return Call(
        at=at,
        key=f"{TOOL}:{id_}",
        id=id_,
        run=text(found.get("gen_ai.conversation.id")) or text(content.get("traceId")),
        agent=TOOL,
        tool=TOOL,
        provider=_provider(text(found.get("gen_ai.provider.name")), model),
        model=model,
        tokens=Tokens(
            max(0, count(found, "gen_ai.usage.input_tokens") - read_ - written),
            read_,
            written,
            count(found, "gen_ai.usage.output_tokens"),
        ),
        cost=_cost(found),
        seconds=max(0.0, (ended - at).total_seconds()) if ended is not None else 0.0,
        failed="error.type" in found,
    )


def _cost(found: dict[str, Any]) -> Decimal | None:
    credits_ = found.get("github.copilot.aiu", found.get("github.copilot.nano_aiu"))
    amount = money(credits_)
    return None if not amount else money(amount * CREDIT / 1_000_000_000)


def _provider(named: str, model: str) -> str:
    """Who makes the model: GitHub sells those of others, and no price list has it."""
    if named not in ("", "github"):
        return named
    return next((provider for begin, provider in _PROVIDERS if model.startswith(begin)), "")


def _span(content: dict[str, Any]) -> str:
    """The span's ids, or those of the one that an event belongs to."""
    trace = text(content.get("traceId")) or text(inside(content, "spanContext", "traceId"))
    span = text(content.get("spanId")) or text(inside(content, "spanContext", "spanId"))
    if trace and span:
        return f"{trace}:{span}"
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def _time(content: dict[str, Any], *names: str) -> datetime | None:
    """An instant, written as seconds and nanoseconds, or as nanoseconds."""
    for name in names:
        value = content.get(name)
        if (
            isinstance(value, list)
            and len(value) == 2
            and all(type(part) is int and 0 <= part < MOST for part in value)
        ):
            return instant(value[0] + value[1] / 1e9)
        nanoseconds = content.get(f"{name}UnixNano")
        if isinstance(nanoseconds, int | str) and str(nanoseconds).isdecimal() and len(str(nanoseconds)) < 20:
            return instant(int(nanoseconds) / 1e9)
        if instant(value) is not None:
            return instant(value)
    return None


FORMAT = Format(
    TOOL,
    "GitHub Copilot",
    read,
    places=("~/.copilot/otel",),
    patterns=("*.jsonl",),
)
