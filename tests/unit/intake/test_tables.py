"""Tables of calls: LiteLLM's spend logs, and tables whose columns somebody names."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from gainful.core.money import Tokens
from gainful.intake.logs.reading import START, Found
from gainful.intake.logs.table import LITELLM_SPEND, table
from tests.unit.intake.log_files import AT, calls, lines, reasons

SPENT = {
    "request_id": "q1", "startTime": "2026-11-02T09:00:00", "model": "openai/gpt-5", "prompt_tokens": 10,
    "completion_tokens": 2, "spend": "0.0125", "end_user": "ann@example.org", "status": "failure",
}  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "array", "lines"])
def test_spend_logs_in_each_form(tmp_path: Path, form: str) -> None:
    file = tmp_path / "spend"
    if form == "csv":
        lines(file, "\ufeff" + ",".join(SPENT), ",".join(map(str, SPENT.values())))
    else:
        lines(file, json.dumps([SPENT]) if form == "array" else SPENT)
    (call,) = calls(LITELLM_SPEND.read(file, START, True))
    assert (call.provider, call.model, call.cost, call.person, call.failed) == (
        "openai", "gpt-5", Decimal("0.0125"), "ann@example.org", True,
    )  # fmt: skip
    assert call.tokens == Tokens(10, 0, 0, 2)


@pytest.mark.parametrize("nested", [True, False])
def test_cached_tokens_stand_in_the_metadata(tmp_path: Path, nested: bool) -> None:
    usage = {"usage_object": {"prompt_tokens_details": {"cached_tokens": 6}, "cache_creation_input_tokens": 1}}
    row = {**SPENT, "metadata": usage if nested else json.dumps(usage)}
    assert [call.tokens for call in calls(LITELLM_SPEND.read(lines(tmp_path / "s", row), START, True))] == [
        Tokens(3, 6, 1, 2)
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"prompt_tokens": "-1"}, "-1 cannot be a number of tokens."),
        ({"prompt_tokens": "nan"}, "'nan' is no number of tokens."),
        ({"prompt_tokens": "1e999"}, "1e999 cannot be a number of tokens."),
        ({"prompt_tokens": [1]}, "'[1]' is no number of tokens."),
        ({"spend": "nan"}, "'nan' is no amount of money."),
        ({"spend": "lots"}, "'lots' is no amount of money."),
        ({"startTime": "soon"}, "It has no instant or no model."),
        ({"model": "a\nb"}, "It has no instant or no model."),
    ],
)
def test_rows_that_cannot_be_are_said(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    file = lines(tmp_path / "spend.jsonl", {**SPENT, **change}, "no json", SPENT)
    assert reasons(LITELLM_SPEND.read(file, START, True)) == [(1, reason), (2, "It is not JSON.")]


def test_an_array_that_is_cut_off_is_said(tmp_path: Path) -> None:
    file = lines(tmp_path / "spend.json", json.dumps([SPENT, SPENT])[:-3], end="")
    assert reasons(LITELLM_SPEND.read(file, START, True)) == [(0, "It is not JSON.")]


def test_a_csv_that_cannot_be_read_on_is_said(tmp_path: Path) -> None:
    format_ = table({"when": "at", "model": "model"}, "t")
    file = lines(tmp_path / "t.csv", "when,model", f"{AT},gpt-5", f'{AT},"{"x" * 200_000}"')
    found = list(format_.read(file, START, True))
    assert reasons(found) == [(3, "From here on it is no CSV.")]
    assert sum(isinstance(one, Found) for one in found) == 1


def test_rows_without_an_id_that_say_the_same_are_one_call(tmp_path: Path) -> None:
    format_ = table({"when": "at", "model": "model", "tokens": "input"}, "t")
    row = "1793610000,gpt-5,12"
    found = calls(format_.read(lines(tmp_path / "t.csv", "when,model,tokens", row, row, row + "3"), START, True))
    assert len({call.key for call in found}) == 2
