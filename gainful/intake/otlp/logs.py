"""Log events as facts: each tool writes one event a call of a model, under a name of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.core.telemetry import Channel, Content
from gainful.intake.otlp.attributes import Found, count, impersonal, instant, number, person, read, text
from gainful.intake.otlp.gathering import Gathering, source_of
from gainful.intake.otlp.spans import cost_of, tokens_of

LONGEST_CALL = 86_400.0
"""Seconds; what is said to have taken longer is not believed."""


@dataclass(frozen=True, slots=True)
class _Event:
    """An event that tells of a call.

    Args:
        provider: Whose model it is where the event does not say; None: the call is one of a tool.
        only: The kind of event, where others of that name tell of something else; without tokens, so does this one.
        tools_on_top: Tokens that tools put into the prompt come on top of its input.
    """

    provider: str | None = None
    channel: Channel = "own-event"
    failed: bool = False
    only: str = ""
    tools_on_top: bool = False

    def is_meant(self, found: Found) -> bool:
        """Whether an event of the name tells of a call."""
        return not self.only or (self.only == text(found, "event_kind") and "input" in found)


EVENTS = {
    "claude_code.api_request": _Event("anthropic"),
    "api_request": _Event("anthropic"),
    "claude_code.api_error": _Event("anthropic", failed=True),
    "api_error": _Event("anthropic", failed=True),
    "codex.sse_event": _Event("openai", only="response.completed"),
    "gemini_cli.api_response": _Event("gcp.gemini", tools_on_top=True),
    "gen_ai.client.inference.operation.details": _Event("", channel="common-event"),
    "claude_code.tool_result": _Event(),
    "tool_result": _Event(),
    "codex.tool_result": _Event(),
    "gemini_cli.tool_call": _Event(),
}
"""Events that are read, by name. Codex's count of tokens of tools is part of others, Gemini's is not."""


def logs_of(request: Any, now: datetime) -> Content:
    """What the log events of a request tell."""
    gathering = Gathering()
    for group in request.resource_logs:
        resource = read(group.resource.attributes)
        for scope in group.scope_logs:
            for record in scope.log_records:
                found = read(record.attributes)
                name = _name(record, found)
                event = EVENTS.get(name)
                if event is not None and event.is_meant(found):
                    call = _call(record, name, event, found, resource, now)
                    gathering.add(source_of(found, resource), event.channel, call)
    return gathering.content()


def _name(record: Any, found: Found) -> str:
    """The name of an event; some write the place in their source where the protocol has one."""
    said = (text(found, "event"), getattr(record, "event_name", ""), record.body.string_value[:200])
    return next((name for name in said if name in EVENTS), "")


def _call(record: Any, name: str, event: _Event, found: Found, resource: Found, now: datetime) -> Call:
    written_at = instant(record.time_unix_nano or record.observed_time_unix_nano, now)
    key = _key(record, found, resource, name, written_at)
    seconds = (number(found, "milliseconds") or 0.0) / 1000
    seconds = seconds if seconds <= LONGEST_CALL else 0.0
    is_model = event.provider is not None
    return Call(
        # An event is written when the call is over.
        at=written_at - timedelta(seconds=seconds),
        key=f"event:{key}",
        id=key,
        run=text(found, "session", "conversation") or text(resource, "session"),
        person=person(found, resource),
        agent=text(found, "agent_id", "agent") or text(resource, "service"),
        tool=text(resource, "service"),
        provider=text(found, "provider") or event.provider or "" if is_model else "",
        model=(text(found, "response_model", "model") or "unknown") if is_model else "",
        name="" if is_model else text(found, "tool") or "unknown",
        tokens=_tokens(found, event) if is_model else Tokens(),
        cost=cost_of(found),
        seconds=seconds,
        failed=event.failed or text(found, "success").lower() == "false",
    )


def _tokens(found: Found, event: _Event) -> Tokens:
    tokens = tokens_of(found)
    return tokens + Tokens(count(found, "tool_tokens")) if event.tools_on_top else tokens


def _key(record: Any, found: Found, resource: Found, event: str, at: datetime) -> str:
    """The same for the same event sent again: its time and sequence in its session, else all but whose it is."""
    session = text(found, "session", "conversation") or text(resource, "session")
    sequence = text(found, "sequence")
    if session and sequence:
        # With the time: a session that is taken up again counts from 0 again.
        return f"{session}:{sequence}:{at.isoformat()}"
    said = (impersonal(resource), event, at.isoformat(), impersonal(found), record.span_id.hex())
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]
