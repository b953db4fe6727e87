"""Log events as facts: each tool writes one event a call of a model, under a name of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gainful.core.fact import Call, Fact
from gainful.core.money import Tokens
from gainful.core.telemetry import Reported
from gainful.intake.otlp.attributes import Found, instant, number, person, read, text
from gainful.intake.otlp.spans import cost_of, source_of, tokens_of

MODEL_EVENTS = {
    "claude_code.api_request": "anthropic",
    "api_request": "anthropic",
    "claude_code.api_error": "anthropic",
    "api_error": "anthropic",
    "codex.sse_event": "openai",
    "gemini_cli.api_response": "gcp.gemini",
    "gen_ai.client.inference.operation.details": "",
}
"""Events that tell of a call of a model, and whose model it is where they do not say."""

TOOL_EVENTS = frozenset({"claude_code.tool_result", "tool_result", "codex.tool_result", "gemini_cli.tool_call"})
_FAILED = frozenset({"claude_code.api_error", "api_error"})
_COMPLETED = "response.completed"


def logs_of(request: Any, now: datetime) -> Iterator[Reported]:
    """What each resource of a request reports."""
    for group in request.resource_logs:
        resource = read(group.resource.attributes)
        facts: list[Fact] = []
        for scope in group.scope_logs:
            for record in scope.log_records:
                call = _call(record, resource, now)
                if call is not None:
                    facts.append(call)
        if facts:
            counted = sum(isinstance(fact, Call) and bool(fact.model) for fact in facts)
            yield Reported(source_of(resource), tuple(facts), counted)


def _call(record: Any, resource: Found, now: datetime) -> Call | None:
    found = read(record.attributes)
    event = getattr(record, "event_name", "") or text(found, "event") or record.body.string_value[:200]
    is_model = event in MODEL_EVENTS
    if not is_model and event not in TOOL_EVENTS:
        return None
    if event == "codex.sse_event" and text(found, "event_kind") != _COMPLETED:
        return None
    at = instant(record.time_unix_nano or record.observed_time_unix_nano, now)
    key = _key(record, found, resource, event, at)
    failed = event in _FAILED or text(found, "success").lower() == "false"
    seconds = number(found, "milliseconds")
    return Call(
        at=at,
        key=f"event:{key}",
        id=key,
        run=text(found, "session", "conversation") or text(resource, "session"),
        person=person(found, resource),
        agent=text(found, "agent_id", "agent") or text(resource, "service"),
        tool=text(resource, "service"),
        provider=(text(found, "provider") or MODEL_EVENTS[event]) if is_model else "",
        model=(text(found, "response_model", "model") or "unknown") if is_model else "",
        name="" if is_model else text(found, "tool") or "unknown",
        tokens=tokens_of(found) if is_model else Tokens(),
        cost=cost_of(found),
        seconds=(seconds or 0.0) / 1000,
        failed=failed,
    )


def _key(record: Any, found: Found, resource: Found, event: str, at: datetime) -> str:
    """The same for the same event sent again: its sequence in its session, else all that it says."""
    session = text(found, "session", "conversation") or text(resource, "session")
    sequence = text(found, "sequence")
    if session and sequence:
        return f"{session}:{sequence}"
    said = repr((source_of(resource), session, event, at.isoformat(), sorted(found.items()), record.span_id.hex()))
    return hashlib.sha256(said.encode()).hexdigest()[:32]
