"""Spans as facts: a trace is a run, a span of a model or a tool is a call, a root that invokes an agent is the run."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from gainful.core.fact import Call, Fact, Run, Trigger
from gainful.core.money import PLACES, Tokens
from gainful.core.telemetry import Content
from gainful.intake.otlp.attributes import Found, count, instant, number, person, read, text
from gainful.intake.otlp.gathering import Gathering, source_of

_MODEL = frozenset({"chat", "text_completion", "generate_content", "embeddings", "completion", "inference"})
_AGENT = frozenset({"invoke_agent", "invoke_workflow", "create_agent", "plan"})
_KINDS = {"LLM": "chat", "EMBEDDING": "embeddings", "TOOL": "execute_tool", "AGENT": "invoke_agent", "CHAIN": ""}
_TRIGGERS = ("person", "event", "schedule", "agent")
_ERROR = 2


def spans_of(request: Any, now: datetime) -> Content:
    """What the spans of a request tell."""
    gathering = Gathering()
    for group in request.resource_spans:
        resource = read(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                if not (any(span.trace_id) and any(span.span_id)):
                    # Without them nobody could tell it from another one, or from itself sent again.
                    gathering.rejected += 1
                    continue
                found = read(span.attributes)
                fact = _fact(span, found, resource, now)
                if fact is not None:
                    gathering.add(source_of(found, resource), "span", fact)
    return gathering.content()


def _fact(span: Any, found: Found, resource: Found, now: datetime) -> Fact | None:
    operation = text(found, "operation") or _KINDS.get(text(found, "span_kind"), "")
    if not operation and "input" in found:
        operation = "chat"
    if operation in _AGENT:
        # An agent within an agent is part of the run of the one that was asked.
        return _run(span, found, resource, now) if not span.parent_span_id else None
    if operation in _MODEL or operation == "execute_tool":
        return _call(span, found, resource, now, is_model=operation != "execute_tool")
    return None


def _run(span: Any, found: Found, resource: Found, now: datetime) -> Run:
    at = instant(span.start_time_unix_nano, now)
    trigger = text(found, "trigger")
    return Run(
        at=at,
        key=f"span:{span.trace_id.hex()}:{span.span_id.hex()}",
        id=span.trace_id.hex(),
        agent=text(found, "agent_id", "agent") or text(resource, "service") or "unknown",
        person=person(found, resource),
        work_item=text(found, "work_item"),
        trigger=cast(Trigger, trigger) if trigger in _TRIGGERS else "person",
        caused_by=text(found, "caused_by"),
        ended_at=max(at, instant(span.end_time_unix_nano, at)),
        status="failed" if span.status.code == _ERROR else "ok",
        input_hash=text(found, "input_hash"),
        output_hash=text(found, "output_hash"),
        exploration=text(found, "exploration"),
    )


def _call(span: Any, found: Found, resource: Found, now: datetime, *, is_model: bool) -> Call:
    at = instant(span.start_time_unix_nano, now)
    span_id, trace = span.span_id.hex(), span.trace_id.hex()
    return Call(
        at=at,
        key=f"span:{trace}:{span_id}",
        id=span_id,
        run=trace,
        person=person(found, resource),
        agent=text(found, "agent_id", "agent"),
        tool=text(resource, "service"),
        provider=text(found, "provider") if is_model else "",
        model=(text(found, "response_model", "model") or "unknown") if is_model else "",
        name="" if is_model else text(found, "tool") or "unknown",
        tokens=tokens_of(found) if is_model else Tokens(),
        cost=cost_of(found),
        seconds=max(0.0, (span.end_time_unix_nano - span.start_time_unix_nano) / 1e9),
        failed=span.status.code == _ERROR,
        input_hash=text(found, "input_hash"),
    )


def tokens_of(found: Found) -> Tokens:
    """The tokens of one call.

    `input` holds those from and into caches, as the conventions have it; where a tool reports what it read fresh by
    itself, that is `fresh_input`.
    """
    read_, written = count(found, "cache_read"), count(found, "cache_write")
    output = count(found, "output") + count(found, "thoughts")
    if "input" not in found and "fresh_input" in found:
        return Tokens(count(found, "fresh_input"), read_, written, output)
    # Some count what they cached apart although they should not: then the rest cannot be less than nothing.
    return Tokens(max(0, count(found, "input") - read_ - written), read_, written, output)


def cost_of(found: Found) -> Decimal | None:
    """What the reporter says it cost; None where it does not say."""
    cost = number(found, "cost")
    return None if cost is None else Decimal(repr(cost)).quantize(PLACES)
