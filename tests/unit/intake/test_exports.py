"""What OpenAI and Anthropic report for an organisation: days of many calls."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gainful.core.money import Tokens
from gainful.intake.logs import anthropic_usage, openai_usage
from gainful.intake.logs.reading import START, Format, Found
from tests.unit.intake.log_files import calls, end, lines, reasons

DAY = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
SECONDS = 86_400


def page(*results: object, day: int = DAY) -> dict[str, Any]:
    bucket = {"object": "bucket", "start_time": day, "end_time": day + SECONDS, "results": list(results)}
    return {"object": "page", "data": [bucket], "has_more": False, "next_page": None}


def used(**more: Any) -> dict[str, Any]:
    return {
        "object": "organization.usage.completions.result", "input_tokens": 1000, "output_tokens": 500,
        "input_cached_tokens": 800, "num_model_requests": 5, "project_id": "proj_a", "user_id": None,
        "api_key_id": None, "model": "gpt-5-mini", "batch": False, "service_tier": "default", **more,
    }  # fmt: skip


def spent(value: object = 1.25, **more: Any) -> dict[str, Any]:
    amount = {"value": value, "currency": "usd"}
    return {"object": "organization.costs.result", "amount": amount, "line_item": "gpt-5-mini, input", **more}


def report(*results: object) -> dict[str, Any]:
    bucket = {"starting_at": "2026-10-01T00:00:00Z", "ending_at": "2026-10-02T00:00:00Z", "results": list(results)}
    return {"data": [bucket], "has_more": False, "next_page": None}


def reported(**more: Any) -> dict[str, Any]:
    return {
        "uncached_input_tokens": 100, "cache_read_input_tokens": 60, "output_tokens": 7, "model": "claude-opus-4-6",
        "cache_creation": {"ephemeral_1h_input_tokens": 15, "ephemeral_5m_input_tokens": 5},
        "service_tier": "standard", "context_window": "0-200k", "workspace_id": None, **more,
    }  # fmt: skip


def found(format_: Format, file: Path) -> list[Found]:
    return [one for one in format_.read(file, START, True) if isinstance(one, Found)]


@pytest.mark.parametrize("form", ["page", "array", "lines"])
def test_usage_of_openai_in_each_form(tmp_path: Path, form: str) -> None:
    other = page(used(model="gpt-5"), used(model="gpt-5", input_tokens=0, output_tokens=0, input_cached_tokens=0))
    pages = [page(used())] if form == "page" else [page(used()), other]
    file = lines(tmp_path / "u.json", *([json.dumps(pages)] if form == "array" else pages))
    (call, *more) = calls(openai_usage.read(file))
    assert (call.tokens, call.model, call.cost) == (Tokens(200, 800, 0, 500), "gpt-5-mini", None)
    assert call.at == datetime(2026, 10, 1, tzinfo=UTC)
    assert [one.model for one in more] == ([] if form == "page" else ["gpt-5"])


def test_batches_cost_half_and_a_day_is_priced_as_short_calls(tmp_path: Path) -> None:
    file = lines(tmp_path / "u.json", page(used(), used(batch=True), used(service_tier="flex")))
    assert [(one.share, one.many) for one in found(openai_usage.FORMAT, file)] == [
        (Decimal(1), True), (Decimal("0.5"), True), (Decimal("0.5"), True),
    ]  # fmt: skip
    assert len({call.key for call in calls(openai_usage.read(file))}) == 3


def test_costs_of_openai(tmp_path: Path) -> None:
    (call,) = calls(openai_usage.read(lines(tmp_path / "c.json", page(spent(), spent(0.0)))))
    assert (call.cost, call.model, call.tokens) == (Decimal("1.25"), "gpt-5-mini", Tokens())


def test_usage_of_anthropic(tmp_path: Path) -> None:
    long = reported(context_window="200k-1M", service_tier="batch")
    one, other = found(anthropic_usage.FORMAT, lines(tmp_path / "a.json", report(reported(), long)))
    assert (one.call.tokens, one.hour, one.many, one.share) == (Tokens(100, 60, 20, 7), 15, True, Decimal(1))
    assert (other.many, other.share) == (False, Decimal("0.5"))
    assert one.call.key != other.call.key


def test_costs_of_anthropic_are_hundredths_of_a_dollar(tmp_path: Path) -> None:
    cost = {"amount": "123.78912", "currency": "USD", "cost_type": "tokens", "model": "claude-opus-4-6"}
    (call,) = calls(anthropic_usage.read(lines(tmp_path / "a.json", report(cost))))
    assert call.cost == Decimal("1.237891200")


def test_a_day_that_was_not_over_waits(tmp_path: Path) -> None:
    now = int(datetime.now(UTC).timestamp())
    read = list(openai_usage.read(lines(tmp_path / "u.json", page(used(), day=now - SECONDS // 2))))
    assert calls(read) == []
    assert end(read).waits
    # Its end was not known to be written before it came.
    assert not end(openai_usage.read(lines(tmp_path / "v.json", page(used())))).waits


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "It is not JSON."),
        ({"theme": "dark"}, "It is no export of OpenAI's usage or costs."),
        ([5, None], "It is no export of OpenAI's usage or costs."),
        (report(reported()), "Bucket 1 has no begin, no end or no results."),
        (page(5), "Bucket 1 holds something that is no JSON object."),
        (page({"object": "organization.usage.images.result"}),
         "Bucket 1: organization.usage.images.result is neither usage of completions nor costs."),
        (page(used(model=None)), "Bucket 1: It does not say the model; export it with group_by=model."),
        (page(used(output_tokens=-3)), "Bucket 1: 'output_tokens' cannot be -3."),
        (page(spent("NaN")), "Bucket 1: 'NaN' is no amount of money."),
        (page(spent(-1)), "Bucket 1: -1 cannot be what a call cost."),
        (page({**spent(), "amount": {"value": 1, "currency": "eur"}}),
         "Bucket 1: It is in eur; only USD can be booked."),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(tmp_path: Path, content: object, reason: str) -> None:
    assert reasons(openai_usage.read(lines(tmp_path / "u.json", content))) == [(0, reason)]


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"model": "claude"}, "It is neither usage of messages nor costs."),
        (reported(model=""), "It does not say the model; export it with group_by[]=model."),
        (reported(uncached_input_tokens="1e3"), "'uncached_input_tokens' is no number of tokens: '1e3'."),
        ({"amount": "1", "currency": "EUR"}, "It is in EUR; only USD can be booked."),
    ],
)
def test_what_cannot_be_of_anthropic_is_said(tmp_path: Path, result: object, reason: str) -> None:
    file = lines(tmp_path / "a.json", report(result, reported()))
    assert reasons(anthropic_usage.read(file)) == [(0, f"Bucket 1: {reason}")]
    assert len(found(anthropic_usage.FORMAT, file)) == 1
