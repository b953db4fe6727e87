"""Copilot's OpenTelemetry files: spans of the command line, events of editors."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from gainful.core.money import Tokens
from gainful.intake.logs.copilot import read
from tests.unit.intake.log_files import calls, lines, reasons

SECONDS = 1_793_610_000


def span(operation: str = "chat", /, **more: Any) -> dict[str, Any]:
    attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": "github",
        "gen_ai.response.model": "claude-sonnet-4.5",
        "gen_ai.response.id": "r1",
        "gen_ai.conversation.id": "c1",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.usage.cache_creation.input_tokens": 10,
        "gen_ai.usage.output_tokens": 7,
        "gen_ai.input.messages": "the secret plan",
    }
    return {
        "type": "span", "traceId": "t1", "spanId": "s1", "startTime": [SECONDS, 500_000_000],
        "endTime": [SECONDS + 2, 0], "attributes": {**attributes, **more},
    }  # fmt: skip


def test_a_call_of_a_model(tmp_path: Path) -> None:
    (call,) = calls(
        read(lines(tmp_path / "o.jsonl", span("invoke_agent"), span(**{"github.copilot.aiu": 2_500_000_000})))
    )
    assert (call.tokens, call.run, call.provider, call.seconds) == (Tokens(30, 60, 10, 7), "c1", "anthropic", 1.5)
    assert call.at == datetime.fromtimestamp(SECONDS + 0.5, UTC)
    # Two credits and a half.
    assert call.cost == Decimal("0.025")
    assert "secret" not in repr(call)


def test_an_event_and_a_span_of_one_call_count_once(tmp_path: Path) -> None:
    event = {
        "hrTime": [SECONDS, 0], "resource": {},
        "attributes": {**span()["attributes"], "event.name": "gen_ai.client.inference.operation.details"},
    }  # fmt: skip
    assert len(calls(read(lines(tmp_path / "o.jsonl", span(), event)))) == 1


def test_other_lines_are_no_calls(tmp_path: Path) -> None:
    other: dict[str, Any] = {"resource": {}, "scopeMetrics": [{"metrics": []}]}
    assert (
        calls(read(lines(tmp_path / "o.jsonl", other, {"attributes": {"event.name": "copilot_chat.agent.turn"}}))) == []
    )


def test_a_call_that_cannot_be_is_said(tmp_path: Path) -> None:
    late = {**span(), "startTime": [10**400, 0]}
    many = span(**{"gen_ai.usage.output_tokens": True})
    assert reasons(read(lines(tmp_path / "o.jsonl", late, many))) == [
        (1, "A call has no model or no instant."),
        (2, "'gen_ai.usage.output_tokens' is no number of tokens: 'True'."),
    ]
