"""One usage, told in several ways: each token counts once, whoever tells it, by which signal and in which order."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import text

from gainful.app import Gainful
from gainful.app.books.telemetry import Telemetry
from gainful.core.money import Tokens
from gainful.core.telemetry import Signal
from gainful.intake.otlp.request import PROTOBUF
from gainful.storage.facts.signal_store import LAPSE
from gainful.storage.settings.config import Home
from tests.unit.intake.test_otlp import put

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
SECOND = 10**9


def nano(seconds: float) -> int:
    return int(NOW.timestamp()) * SECOND + int(seconds * SECOND)


class Intake:
    """Telemetry of one installation, at a time that the test sets."""

    def __init__(self, app: Gainful) -> None:
        self.app = app
        self.now = NOW + timedelta(minutes=10)
        app.telemetry._clock = lambda: self.now
        self.door = Telemetry(app.telemetry, lambda _token: True, lambda: self.now, 10**6, open_=True)

    def take(self, *requests: Any) -> None:
        for request in requests:
            signal: dict[str, Signal] = {"Trace": "traces", "Logs": "logs", "Metrics": "metrics"}
            name = next(value for key, value in signal.items() if key in type(request).__name__)
            self.door.take(name, request.SerializeToString(), PROTOBUF, "")

    @property
    def tokens(self) -> Tokens:
        found = [one.tokens for one in self.app.usage.spent("model", NOW.date(), NOW.date() + timedelta(days=9))]
        return sum(found, Tokens())


@pytest.fixture
def intake(tmp_path: Path) -> Any:
    with Gainful.open(Home(tmp_path / "home")) as app:
        yield Intake(app)


def resource(group: Any, service: str, instance: str = "") -> None:
    put(group.resource.attributes, service__name=service, **({"service__instance__id": instance} if instance else {}))


def event(service: str, name: str, at: float, **attributes: object) -> ExportLogsServiceRequest:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    resource(group, service)
    record = group.scope_logs.add().log_records.add()
    record.time_unix_nano = nano(at)
    put(record.attributes, event__name=name, **attributes)
    return request


def claude_event(at: float, tokens: int, who: str = "ann", sequence: int = 0) -> ExportLogsServiceRequest:
    return event(
        "claude-code", "claude_code.api_request", at, model="claude-sonnet-4-5", input_tokens=tokens,
        user__email=f"{who}@example.org", session__id=f"s-{who}", event__sequence=sequence,
    )  # fmt: skip


def metric(
    service: str, name: str, at: float, kinds: dict[str, int], label: str = "type", cumulative: bool = False,
    instance: str = "", **attributes: object,
) -> ExportMetricsServiceRequest:  # fmt: skip
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    resource(group, service, instance)
    made = group.scope_metrics.add().metrics.add()
    made.name = name
    made.sum.aggregation_temporality = 2 if cumulative else 1
    for kind, value in kinds.items():
        point = made.sum.data_points.add()
        point.as_int, point.time_unix_nano, point.start_time_unix_nano = value, nano(at), nano(0)
        put(point.attributes, **{label: kind}, **attributes)
    return request


def claude_metric(at: float, tokens: int, who: str = "ann") -> ExportMetricsServiceRequest:
    return metric(
        "claude-code", "claude_code.token.usage", at, {"input": tokens}, model="claude-sonnet-4-5",
        user__email=f"{who}@example.org", session__id=f"s-{who}",
    )  # fmt: skip


def span(
    tokens: int, at: float, number: int, service: str = "app", who: str = "", instance: str = "", seconds: float = 1
) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    resource(group, service, instance)
    made = group.scope_spans.add().spans.add()
    made.trace_id, made.span_id = number.to_bytes(16), number.to_bytes(8)
    made.parent_span_id = b"p" * 8
    made.start_time_unix_nano, made.end_time_unix_nano = nano(at), nano(at + seconds)
    more = {"user__id": who} if who else {}
    put(made.attributes, gen_ai__operation__name="chat", gen_ai__usage__input_tokens=tokens, **more)
    return request


def test_people_of_one_tool_are_sources_of_their_own(intake: Intake) -> None:
    """Neither says who they are in the resource, as Claude Code does not; each reports by another signal."""
    intake.take(claude_event(1, 100, "ann"), claude_metric(60, 7, "bo"))
    assert intake.tokens.prompt == 107


def test_events_and_metrics_of_one_person_are_one_usage(intake: Intake) -> None:
    intake.take(claude_event(1, 100), claude_metric(60, 100))
    assert intake.tokens.prompt == 100


@pytest.mark.parametrize("first", ["metrics", "events"])
def test_the_finer_signal_counts_from_when_it_is_there(intake: Intake, first: str) -> None:
    """Minutes 1 and 2 by metrics alone; then both report the same 30 tokens."""
    intake.take(claude_metric(60, 10), claude_metric(120, 20))
    told = [claude_event(150, 30), claude_metric(180, 30)]
    intake.take(*(told if first == "events" else reversed(told)))
    # Whichever told of the third minute first: it is not told again.
    assert intake.tokens.prompt == 60
    intake.take(claude_event(200, 5, sequence=1), claude_metric(240, 5))
    assert intake.tokens.prompt == 65


def test_a_signal_that_fell_silent_gives_way(intake: Intake) -> None:
    intake.take(claude_event(1, 100))
    intake.now = NOW + LAPSE + timedelta(minutes=11)
    late = (LAPSE + timedelta(minutes=1)).total_seconds()
    intake.take(claude_metric(late, 40))
    assert intake.tokens.prompt == 140
    # What was told before it gave way is not told again by the other one.
    intake.take(claude_metric(1, 100))
    assert intake.tokens.prompt == 140


def test_telemetry_of_nobody_counts_unless_people_of_that_tool_report_finer(intake: Intake) -> None:
    """Codex says who it is in events and not in metrics."""
    codex: dict[str, Any] = {"label": "token_type", "model": "gpt-5"}
    intake.take(metric("codex", "codex.turn.token_usage", 60, {"input": 10}, **codex))
    assert intake.tokens.prompt == 10
    told = event(
        "codex", "codex.sse_event", 100, event__kind="response.completed", model="gpt-5", input_token_count=30,
        user__account_id="acc-1", conversation__id="c-1",
    )  # fmt: skip
    intake.take(told, metric("codex", "codex.turn.token_usage", 120, {"input": 30}, **codex))
    assert intake.tokens.prompt == 40


def test_who_reports_coarser_does_not_hide_who_reports_finer(intake: Intake) -> None:
    """Bo's counters come after Ann's events; counters of nobody may be Ann's all the same."""
    intake.take(claude_event(1, 100, "ann"), claude_metric(60, 7, "bo"))
    intake.take(metric("claude-code", "claude_code.token.usage", 60, {"input": 100}, model="claude-sonnet-4-5"))
    assert intake.tokens.prompt == 107


def test_nobody_stands_by_name_in_what_is_kept(intake: Intake) -> None:
    """Nor can anybody be found out by trying names: the same of another person has a key of another pseudonym."""
    for who in ("ann", "bo"):
        intake.take(claude_event(1, 100, who), claude_metric(60, 7, f"cy-{who}"))
        intake.take(event("tool", "gemini_cli.api_response", 5, input_token_count=9, user__email=f"{who}@example.org"))
    assert intake.tokens.prompt == 2 * (100 + 7 + 9)
    with intake.app.database.connect() as connection:
        for table in ("usage_signals", "usage_series", "reported_calls", "facts", "batches", "spending"):
            rows = [str(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]
            assert not [row for row in rows if "@example" in row], table
        keys = list(connection.scalars(text("SELECT key FROM reported_calls")))
    beginnings = [key.partition("@")[0] for key in keys if key.startswith("event:") and ":1:" not in key]
    assert len(set(beginnings)) < len(keys)


def test_spans_with_and_without_a_person_are_one_signal(intake: Intake) -> None:
    intake.take(
        span(5, 1, 1, who="ann", instance="i"), span(7, 2, 2, instance="i"), span(9, 3, 3, who="bo", instance="i")
    )
    assert intake.tokens.prompt == 21
    # The same process counts the same tokens again, of nobody.
    intake.take(metric("app", "gen_ai.client.token.usage", 60, {"input": 21}, "gen_ai__token__type", instance="i"))
    assert intake.tokens.prompt == 21


def test_gemini_tells_everything_twice_by_each_signal(intake: Intake) -> None:
    model: dict[str, Any] = {"model": "gemini-2.5-pro", "session__id": "s", "user__email": "ann@example.org"}
    kinds = {"input": 50, "cache": 20, "output": 3, "thought": 9, "tool": 4}
    own = metric("gemini-cli", "gemini_cli.token.usage", 60, kinds, **model)
    generic = metric(
        "gemini-cli", "gen_ai.client.token.usage", 60, {"input": 50, "output": 3}, "gen_ai__token__type", **model
    )
    both = ExportMetricsServiceRequest()
    for part in (generic, own):
        both.MergeFrom(part)
    intake.take(both)
    # Input holds what came from the cache; what tools put into the prompt comes on top; thoughts are output.
    assert intake.tokens == Tokens(34, 20, 0, 12)


def test_installations_that_do_not_say_whose_they_are_are_sources_of_their_own(intake: Intake) -> None:
    told: dict[str, Any] = {"model": "gemini-2.5-pro"}
    intake.take(
        event("gemini-cli", "gemini_cli.api_response", 1, input_token_count=100, installation__id="one", **told),
        metric("gemini-cli", "gemini_cli.token.usage", 60, {"input": 7}, installation__id="two", **told),
        metric("gemini-cli", "gemini_cli.token.usage", 60, {"input": 100}, installation__id="one", **told),
    )
    assert intake.tokens.prompt == 107


def test_both_events_of_gemini_are_one_call(intake: Intake) -> None:
    who = {"session__id": "s", "user__email": "ann@example.org"}
    counts = {
        "input_token_count": 50, "cached_content_token_count": 20, "output_token_count": 3,
        "thoughts_token_count": 9, "tool_token_count": 4,
    }  # fmt: skip
    own = event("gemini-cli", "gemini_cli.api_response", 1, model="gemini-2.5-pro", **counts, **who)
    generic = event(
        "gemini-cli", "gen_ai.client.inference.operation.details", 1, gen_ai__request__model="gemini-2.5-pro",
        gen_ai__usage__input_tokens=50, gen_ai__usage__output_tokens=3, **who,
    )  # fmt: skip
    both = ExportLogsServiceRequest()
    for part in (generic, own):
        both.MergeFrom(part)
    intake.take(both)
    assert intake.tokens == Tokens(34, 20, 0, 12)


def test_codex_counts_cached_tokens_and_reasoning_inside_of_the_others(intake: Intake) -> None:
    kinds = {"total": 115, "input": 100, "cached_input": 80, "output": 15, "reasoning_output": 10}
    intake.take(metric("codex", "codex.turn.token_usage", 60, kinds, "token_type", model="gpt-5"))
    assert intake.tokens == Tokens(20, 80, 0, 15)


def test_codex_as_it_really_is(intake: Intake) -> None:
    """As 0.171 sends it: no time but when it was seen, the place in the source as name, two events of one completion,
    a span without a model, a counter, and nobody's name."""
    said = {"event__kind": "response.completed", "model": "gpt-5", "conversation__id": "c-1"}
    counts = {"input_token_count": 1000, "cached_token_count": 600, "cache_write_token_count": 0}
    done = event("codex_exec", "codex.sse_event", 0, duration_ms=0, **said)
    told = event(
        "codex_exec", "codex.sse_event", 0, output_token_count=50, reasoning_token_count=20, tool_token_count=1050,
        **counts, **said,
    )  # fmt: skip
    for request in (done, told):
        record = request.resource_logs[0].scope_logs[0].log_records[0]
        record.event_name = "event otel/src/events/session_telemetry.rs:1187"
        record.observed_time_unix_nano, record.time_unix_nano = nano(2), 0
    span_ = ExportTraceServiceRequest()
    group = span_.resource_spans.add()
    resource(group, "codex_exec")
    made = group.scope_spans.add().spans.add()
    made.trace_id, made.span_id, made.name = b"t" * 16, b"s" * 8, "handle_responses"
    made.start_time_unix_nano, made.end_time_unix_nano = nano(1), nano(2)
    put(
        made.attributes, gen_ai__usage__input_tokens=1000, gen_ai__usage__cache_read__input_tokens=600,
        gen_ai__usage__output_tokens=50,
    )  # fmt: skip
    kinds = {"input": 1000, "cached_input": 600, "output": 50, "reasoning_output": 20, "total": 1050}
    counter = metric("codex_exec", "codex.turn.token_usage", 3, kinds, "token_type", model="gpt-5")
    intake.take(done, told, span_, counter)
    assert intake.tokens == Tokens(400, 600, 0, 50)
    (spent,) = intake.app.usage.spent("model", NOW.date(), NOW.date() + timedelta(days=1))
    assert (spent.name, spent.calls, spent.unpriced) == ("openai:gpt-5", 1, 0)


def test_cumulative_counters_are_taken_apart_kind_by_kind(intake: Intake) -> None:
    for minute, (given, cached) in enumerate([(100, 80), (150, 90), (160, 100)], 1):
        kinds = {"input": given, "cached_input": cached}
        intake.take(
            metric("codex", "codex.turn.token_usage", 60 * minute, kinds, "token_type", cumulative=True, model="gpt-5")
        )
    assert intake.tokens == Tokens(60, 100)


def test_a_session_that_is_taken_up_again_counts_anew(intake: Intake) -> None:
    """Its events begin at sequence 0 again."""
    intake.take(claude_event(1, 100, sequence=0), claude_event(500, 40, sequence=0), claude_event(500, 40, sequence=0))
    assert intake.tokens.prompt == 140


def test_a_minute_of_many_calls_is_not_priced_as_one_long_prompt(intake: Intake) -> None:
    """A prompt of 200,000 tokens costs more for each; of a counter nobody knows how many calls it is of."""
    short, long = claude_metric(60, 1_000, "ann"), claude_metric(60, 400_000, "bo")
    intake.take(short)
    (one,) = intake.app.usage.spent("model", NOW.date(), NOW.date() + timedelta(days=1))
    intake.take(long)
    (both,) = intake.app.usage.spent("model", NOW.date(), NOW.date() + timedelta(days=1))
    assert both.cost.amount == 401 * one.cost.amount


@pytest.mark.parametrize("seed", range(8))
def test_the_sum_does_not_depend_on_the_order(tmp_path: Path, seed: int) -> None:
    """Three people, each by another signal or by two; retries; every order within a few minutes."""
    chance = random.Random(seed)
    told = [
        *(claude_event(10 * n, 100, "ann", n) for n in range(1, 6)),
        *(claude_metric(60 * n, 10, "bo") for n in range(1, 6)),
        *(span(7, n, n, service="app", who="cy") for n in range(1, 6)),
    ]
    chance.shuffle(told)
    with Gainful.open(Home(tmp_path / "home")) as app:
        intake = Intake(app)
        intake.take(*itertools.chain.from_iterable((one, one) if chance.random() < 0.3 else (one,) for one in told))
        assert intake.tokens.prompt == 500 + 50 + 35
