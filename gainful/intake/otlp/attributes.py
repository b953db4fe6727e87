"""Attributes of spans, events and data points: the ones that are read, under one name each.

The GenAI conventions were renamed more than once, and tools have names of their own; every spelling that is known is
read as what it means now. An attribute that is in no list is not even looked at, so no text of a prompt gets any
further.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gainful.core.fact_json import LONGEST

Value = str | int | float | bool
Found = dict[str, Value]

NAMES: dict[str, str] = {
    "gen_ai.operation.name": "operation",
    "gen_ai.provider.name": "provider",
    "gen_ai.system": "provider",
    "llm.provider": "provider",
    "llm.system": "provider",
    "gen_ai.response.model": "response_model",
    "gen_ai.request.model": "model",
    "llm.model_name": "model",
    "model": "model",
    "model_name": "model",
    "gen_ai.response.id": "response",
    "gen_ai.conversation.id": "conversation",
    "session.id": "session",
    "conversation.id": "session",
    "gen_ai.agent.id": "agent_id",
    "gen_ai.agent.name": "agent",
    "agent.name": "agent",
    "gen_ai.tool.name": "tool",
    "tool.name": "tool",
    "tool_name": "tool",
    "function_name": "tool",
    "gen_ai.usage.input_tokens": "input",
    "gen_ai.usage.prompt_tokens": "input",
    "llm.token_count.prompt": "input",
    "input_token_count": "input",
    "input_tokens": "fresh_input",
    "gen_ai.usage.output_tokens": "output",
    "gen_ai.usage.completion_tokens": "output",
    "llm.token_count.completion": "output",
    "output_token_count": "output",
    "output_tokens": "output",
    "gen_ai.usage.cache_read.input_tokens": "cache_read",
    "gen_ai.usage.cache_read_input_tokens": "cache_read",
    "gen_ai.usage.cached_tokens": "cache_read",
    "llm.token_count.prompt_details.cache_read": "cache_read",
    "cached_token_count": "cache_read",
    "cached_content_token_count": "cache_read",
    "cache_read_tokens": "cache_read",
    "gen_ai.usage.cache_creation.input_tokens": "cache_write",
    "gen_ai.usage.cache_write.input_tokens": "cache_write",
    "gen_ai.usage.cache_creation_input_tokens": "cache_write",
    "llm.token_count.prompt_details.cache_write": "cache_write",
    "cache_creation_tokens": "cache_write",
    "cache_write_token_count": "cache_write",
    "thoughts_token_count": "thoughts",
    "tool_token_count": "tool_tokens",
    "gen_ai.token.type": "token_type",
    "token_type": "token_type",
    "type": "token_type",
    "cost_usd": "cost",
    "gen_ai.usage.cost": "cost",
    "duration_ms": "milliseconds",
    "user.id": "user_id",
    "enduser.id": "user_id",
    "user.email": "email",
    "user.account_uuid": "account",
    "user.account_id": "account",
    "service.name": "service",
    "service.instance.id": "instance",
    "installation.id": "instance",
    "event.name": "event",
    "event.kind": "event_kind",
    "event.sequence": "sequence",
    "prompt.id": "prompt_id",
    "openinference.span.kind": "span_kind",
    "success": "success",
    "error": "error",
    "error.type": "error",
    "gainful.work_item": "work_item",
    "gainful.trigger": "trigger",
    "gainful.caused_by": "caused_by",
    "gainful.input_hash": "input_hash",
    "gainful.output_hash": "output_hash",
    "gainful.exploration": "exploration",
}
"""What each attribute is read as."""

PERSONAL = frozenset({"user_id", "email", "account"})
"""Of what is read, that which says whose it is."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(attributes: Iterable[Any]) -> Found:
    """The attributes that are known, the first spelling of each."""
    found: Found = {}
    for one in attributes:
        name = NAMES.get(one.key)
        if name is not None and name not in found:
            value = _value(one.value)
            if value is not None:
                found[name] = value
    return found


def _value(value: Any) -> Value | None:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return str(value.string_value)[:LONGEST]
    if kind in ("int_value", "double_value", "bool_value"):
        return getattr(value, kind)  # type: ignore[no-any-return]
    return None


def impersonal(found: Mapping[str, Value]) -> list[tuple[str, Value]]:
    """What is said beside whose it is, in order."""
    return sorted(item for item in found.items() if item[0] not in PERSONAL)


def text(found: Mapping[str, Value], *names: str) -> str:
    """The first of these that is there, as one line of text."""
    for name in names:
        value = found.get(name)
        if value not in (None, ""):
            return "".join(char for char in str(value) if char.isprintable())[:LONGEST]
    return ""


def count(found: Mapping[str, Value], name: str) -> int:
    """A number of tokens; 0 where it is not there or is none."""
    value = found.get(name, 0)
    try:
        number = int(float(value))
    except (ValueError, OverflowError):
        return 0
    return number if 0 <= number < 10**12 else 0


def number(found: Mapping[str, Value], name: str) -> float | None:
    """A number that is not negative; None where it is not there or is none."""
    try:
        value = float(found[name])
    except (KeyError, ValueError):
        return None
    return value if 0 <= value < 10**12 else None


def instant(nanoseconds: int, otherwise: datetime) -> datetime:
    """The instant of nanoseconds since 1970; another one where they are 0 or cannot be."""
    if not 0 < nanoseconds < 2**62:
        return otherwise
    return EPOCH + timedelta(microseconds=nanoseconds // 1000)


def person(found: Mapping[str, Value], resource: Mapping[str, Value]) -> str:
    """Whose it is: an address where there is one, else an id."""
    return (
        text(found, "email")
        or text(resource, "email")
        or text(found, "user_id", "account")
        or text(resource, "user_id", "account")
    )
