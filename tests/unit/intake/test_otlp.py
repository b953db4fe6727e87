"""OpenTelemetry: every spelling read as what it means, each token counted once, and nothing of what was said."""

from __future__ import annotations

import gzip
import json
import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gainful.app import Gainful
from gainful.app.books.telemetry import Telemetry
from gainful.core.clock import system_clock
from gainful.core.fact import Call, Run
from gainful.core.money import Tokens
from gainful.core.telemetry import Content
from gainful.intake.otlp.logs import logs_of
from gainful.intake.otlp.request import JSON, PROTOBUF, TelemetryInvalid, decoded
from gainful.intake.otlp.spans import spans_of
from gainful.storage.facts.telemetry_store import Taken
from gainful.storage.settings.config import Home

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
NANO = int(NOW.timestamp()) * 10**9


def put(into: Any, **attributes: object) -> None:
    for name, value in attributes.items():
        one = into.add()
        one.key = name.replace("__", ".")
        kind = {bool: "bool_value", int: "int_value", float: "double_value", str: "string_value"}[type(value)]
        setattr(one.value, kind, value)


def traces(*spans: dict[str, object], **resource: object) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    put(group.resource.attributes, **(resource or {"service__name": "coder", "user__id": "ann"}))
    scope = group.scope_spans.add()
    for number, attributes in enumerate(spans, 1):
        span = scope.spans.add()
        span.trace_id, span.span_id = b"t" * 16, bytes([number]) * 8
        span.parent_span_id = b"" if number == 1 else bytes([1]) * 8
        span.start_time_unix_nano, span.end_time_unix_nano = NANO, NANO + 2 * 10**9
        put(span.attributes, **attributes)
    return request


def facts(request: ExportTraceServiceRequest) -> list[Any]:
    return [fact for one in spans_of(request, NOW).reported for fact in one.facts]


def test_a_trace_is_a_run_with_its_calls() -> None:
    request = traces(
        {"gen_ai__operation__name": "invoke_agent", "gen_ai__agent__name": "reviewer"},
        {
            "gen_ai__operation__name": "chat",
            "gen_ai__provider__name": "anthropic",
            "gen_ai__response__model": "claude-sonnet-4-5",
            "gen_ai__usage__input_tokens": 100,
            "gen_ai__usage__cache_read__input_tokens": 60,
            "gen_ai__usage__cache_creation__input_tokens": 10,
            "gen_ai__usage__output_tokens": 7,
            "gen_ai__input__messages": "the secret plan",
        },
        {"gen_ai__operation__name": "execute_tool", "gen_ai__tool__name": "search"},
        {"http__method": "GET"},
    )
    run, model, tool = facts(request)
    assert isinstance(run, Run)
    assert (run.id, run.agent, run.person, run.status) == ("74" * 16, "reviewer", "ann", "ok")
    assert isinstance(model, Call)
    assert (model.run, model.provider, model.model, model.tool) == (run.id, "anthropic", "claude-sonnet-4-5", "coder")
    assert (model.tokens, model.seconds) == (Tokens(30, 60, 10, 7), 2.0)
    assert (tool.name, tool.model) == ("search", "")
    assert "secret" not in repr([run, model, tool])


@pytest.mark.parametrize(
    "spelling",
    [
        {"gen_ai__system": "openai", "gen_ai__request__model": "m", "gen_ai__usage__prompt_tokens": 9,
         "gen_ai__usage__completion_tokens": 2, "gen_ai__usage__cached_tokens": 4},
        {"gen_ai__provider__name": "openai", "gen_ai__request__model": "m", "gen_ai__usage__input_tokens": 9,
         "gen_ai__usage__output_tokens": 2, "gen_ai__usage__cache_read_input_tokens": 4},
        {"openinference__span__kind": "LLM", "llm__provider": "openai", "llm__model_name": "m",
         "llm__token_count__prompt": 9, "llm__token_count__completion": 2,
         "llm__token_count__prompt_details__cache_read": 4},
    ],
)  # fmt: skip
def test_old_and_new_spellings_mean_the_same(spelling: dict[str, object]) -> None:
    (call,) = facts(
        traces(spelling if "llm__provider" in spelling else {"gen_ai__operation__name": "chat", **spelling})
    )
    assert (call.provider, call.model, call.tokens) == ("openai", "m", Tokens(5, 4, 0, 2))


@pytest.mark.parametrize("count", [-5, 10**18, "many", "nan", True])
def test_numbers_that_cannot_be_count_for_nothing(count: object) -> None:
    (call,) = facts(traces({"gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": count}))
    assert call.tokens.prompt in (0, 1)


def event(name: str, **attributes: object) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    put(group.resource.attributes, service__name="tool")
    record = group.scope_logs.add().log_records.add()
    record.time_unix_nano = NANO
    record.body.string_value = name
    put(record.attributes, **attributes)
    return request


@pytest.mark.parametrize(
    ("request_", "provider", "tokens"),
    [
        (
            event(
                "claude_code.api_request", model="claude-opus-4-6", input_tokens=5, output_tokens=7,
                cache_read_tokens=100, cache_creation_tokens=20, cost_usd=0.5,
            ),
            "anthropic",
            Tokens(5, 100, 20, 7),
        ),
        (
            event(
                "codex.sse_event", event__kind="response.completed", model="gpt-5", input_token_count=50,
                cached_token_count=40, output_token_count=3,
            ),
            "openai",
            Tokens(10, 40, 0, 3),
        ),
        (
            event(
                "gemini_cli.api_response", model="gemini-2.5-pro", input_token_count=50,
                cached_content_token_count=20, output_token_count=3, thoughts_token_count=9,
            ),
            "gcp.gemini",
            Tokens(30, 20, 0, 12),
        ),
    ],
)  # fmt: skip
def test_events_of_each_tool(request_: Any, provider: str, tokens: Tokens) -> None:
    ((call,),) = [one.facts for one in logs_of(request_, NOW).reported]
    assert isinstance(call, Call)
    assert (call.provider, call.tokens) == (provider, tokens)


def test_only_the_completed_event_of_a_stream_counts() -> None:
    for told in (
        event("codex.sse_event", event__kind="response.created", input_token_count=5),
        event("claude_code.user_prompt", prompt="the secret plan"),
    ):
        assert logs_of(told, NOW) == Content()


def counter(value: int, at: int, cumulative: bool, start: int = 1, kind: str = "input") -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    put(group.resource.attributes, service__name="claude-code", service__instance__id="one")
    metric = group.scope_metrics.add().metrics.add()
    metric.name = "claude_code.token.usage"
    metric.sum.aggregation_temporality = 2 if cumulative else 1
    point = metric.sum.data_points.add()
    point.as_int, point.time_unix_nano, point.start_time_unix_nano = value, NANO + at * 10**9, NANO + start
    put(point.attributes, type=kind, model="claude-sonnet-4-5")
    return request


@pytest.fixture
def app(tmp_path: Path) -> Any:
    with Gainful.open(Home(tmp_path / "home")) as opened:
        yield opened


def tokens(app: Gainful) -> int:
    return sum(
        one.tokens.prompt + one.tokens.output for one in app.usage.spent("model", NOW.date(), NOW.date().replace(day=9))
    )


def telemetry(app: Gainful) -> Telemetry:
    return Telemetry(app.telemetry, lambda _token: True, system_clock, 10**6, open_=True)


def test_cumulative_counters_count_what_was_added(app: Gainful) -> None:
    take = telemetry(app).take
    for value, at, start in ((10, 1, 1), (25, 2, 1), (25, 2, 1), (10, 1, 1), (40, 3, 1), (5, 4, 10**9), (9, 5, 10**9)):
        take("metrics", counter(value, at, True, start).SerializeToString(), PROTOBUF, "")
    # 40 until the process began anew, and 9 since.
    assert tokens(app) == 49


def test_delta_counters_count_each_point_once(app: Gainful) -> None:
    take = telemetry(app).take
    for value, at in ((10, 1), (20, 2), (20, 2), (5, 3)):
        take("metrics", counter(value, at, False).SerializeToString(), PROTOBUF, "")
    assert tokens(app) == 35


def test_a_source_is_counted_by_one_signal(app: Gainful) -> None:
    take = telemetry(app).take
    spans = traces(
        {"gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": 8},
        service__name="claude-code", service__instance__id="one",
    )  # fmt: skip
    assert take("traces", spans.SerializeToString(), PROTOBUF, "") == Taken(1, 0, 0)
    assert take("metrics", counter(800, 1, False).SerializeToString(), PROTOBUF, "") == Taken(0, 0, 1)
    assert take("traces", spans.SerializeToString(), PROTOBUF, "") == Taken(0, 1, 0)
    assert tokens(app) == 8


def test_json_and_protobuf_and_gzip_hold_the_same() -> None:
    request = traces({"gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": 8})
    plain = request.SerializeToString()
    said = MessageToDict(request)
    for group in said["resourceSpans"]:
        for span in group["scopeSpans"][0]["spans"]:
            span["traceId"], span["spanId"] = (b"t" * 16).hex(), (b"\x01" * 8).hex()
    as_json = json.dumps(said).encode()
    wanted = facts(decoded("traces", plain, PROTOBUF, "", 10**6))
    assert facts(decoded("traces", as_json, JSON, "", 10**6)) == wanted
    assert facts(decoded("traces", gzip.compress(plain), "application/x-protobuf; v=1", "gzip", 10**6)) == wanted
    assert facts(decoded("traces", gzip.compress(as_json), JSON, "GZIP", 10**6)) == wanted


@pytest.mark.parametrize("seed", range(60))
def test_noise_is_refused_and_breaks_nothing(seed: int) -> None:
    chance = random.Random(seed)
    body = bytearray(traces({"gen_ai__operation__name": "chat"}).SerializeToString())
    for _ in range(chance.randint(1, 9)):
        body[chance.randrange(len(body))] = chance.randrange(256)
    for kind, encoding in ((PROTOBUF, ""), (JSON, ""), (PROTOBUF, "gzip")):
        try:
            facts(decoded("traces", bytes(body), kind, encoding, 10**6))
        except TelemetryInvalid:
            continue


def test_what_is_unpriced_is_not_free(app: Gainful) -> None:
    spans = traces(
        {"gen_ai__operation__name": "chat", "gen_ai__request__model": "nobody-knows", "gen_ai__usage__input_tokens": 8}
    )
    telemetry(app).take("traces", spans.SerializeToString(), PROTOBUF, "")
    (spent,) = app.usage.spent("model", NOW.date(), NOW.date().replace(day=9))
    assert (spent.unpriced, spent.cost.amount) == (1, Decimal(0))
