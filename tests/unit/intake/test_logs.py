"""What other tools wrote down: each call once, and broken files said and not swallowed."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gainful.cli.main import run
from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs import claude_code, codex, gemini_cli
from gainful.intake.logs.reading import Skipped
from gainful.intake.logs.table import LITELLM, read

AT = "2026-11-02T09:00:00.000Z"


def lines(file: Path, *rows: object, end: str = "\n") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + end, encoding="utf-8")
    return file


def message(id_: str, output: int, stop: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    usage = {
        "input_tokens": 3, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20, "output_tokens": output,
    }  # fmt: skip
    said = {"id": id_, "model": "claude-sonnet-4-5", "usage": usage, "stop_reason": stop, "content": "the secret plan"}
    return {
        "type": "assistant", "timestamp": AT, "sessionId": "s1", "requestId": "q1", "message": {**said, **more},
    }  # fmt: skip


def test_a_message_of_claude_code_counts_once_with_its_last_usage(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "a.jsonl",
        {"type": "user", "message": {"content": "the secret plan"}},
        message("m1", 1, stop=None),
        message("m1", 9),
        message("m2", 5, model="<synthetic>"),
        message("m3", 4, stop=None),
    )
    (call,) = claude_code.read(file)
    assert isinstance(call, Call)
    assert (call.tokens, call.run, call.model) == (Tokens(3, 100, 20, 9), "s1", "claude-sonnet-4-5")
    assert "secret" not in repr(call)
    # Once the last one is whole, it counts too.
    lines(file, message("m3", 8))
    assert [one.tokens.output for one in claude_code.read(file) if isinstance(one, Call)] == [8]


def total(prompt: int, cached: int, output: int) -> dict[str, Any]:
    usage = {"input_tokens": prompt, "cached_input_tokens": cached, "output_tokens": output}
    return {
        "type": "event_msg",
        "timestamp": AT,
        "payload": {"type": "token_count", "info": {"total_token_usage": usage}},
    }


def test_running_totals_of_codex_count_what_was_added(tmp_path: Path) -> None:
    begin = {"type": "session_meta", "payload": {"id": "s9"}}
    turn = {"type": "turn_context", "payload": {"model": "gpt-5-codex"}}
    file = lines(
        tmp_path / "r.jsonl", begin, turn, total(100, 40, 10), total(100, 40, 10), total(250, 140, 30), total(5, 0, 1)
    )
    calls = [one for one in codex.read(file) if isinstance(one, Call)]
    assert [one.tokens for one in calls] == [Tokens(60, 40, 0, 10), Tokens(50, 100, 0, 20), Tokens(5, 0, 0, 1)]
    # A resumed session brings its totals again, under the same keys.
    again = lines(tmp_path / "resumed.jsonl", begin, turn, total(100, 40, 10), total(250, 140, 30))
    assert {one.key for one in codex.read(again) if isinstance(one, Call)} < {one.key for one in calls}


def test_answers_of_gemini_cli(tmp_path: Path) -> None:
    tokens = {"input": 100, "output": 7, "cached": 60, "thoughts": 5, "tool": 10, "total": 122}
    answer = {"id": "a1", "timestamp": AT, "type": "gemini", "model": "gemini-2.5-pro", "tokens": tokens}
    chat = {"sessionId": "g1", "messages": [{"id": "u1", "timestamp": AT, "type": "user"}, answer]}
    whole = tmp_path / "chats" / "one.json"
    lines(whole, chat)
    by_line = lines(tmp_path / "chats" / "one.jsonl", {"sessionId": "g1"}, answer)
    for file in (whole, by_line):
        (call,) = gemini_cli.read(file)
        assert isinstance(call, Call)
        assert (call.tokens, call.run, call.key) == (Tokens(50, 60, 0, 12), "g1", "gemini-cli:g1:a1")


SPENT = {
    "request_id": "q1", "startTime": "2026-11-02T09:00:00", "model": "openai/gpt-5", "prompt_tokens": 10,
    "completion_tokens": 2, "spend": "0.0125", "end_user": "ann@example.org",
}  # fmt: skip


@pytest.mark.parametrize("form", ["csv", "array", "lines"])
def test_spend_logs_in_each_form(tmp_path: Path, form: str) -> None:
    file = tmp_path / "spend"
    if form == "csv":
        lines(file, ",".join(SPENT), ",".join(map(str, SPENT.values())))
    else:
        lines(file, json.dumps([SPENT]) if form == "array" else SPENT)
    (call,) = read(file, LITELLM, "litellm")
    assert isinstance(call, Call)
    assert (call.provider, call.model, call.cost, call.person) == (
        "openai",
        "gpt-5",
        Decimal("0.0125"),
        "ann@example.org",
    )
    assert call.tokens == Tokens(10, 0, 0, 2)


@pytest.mark.parametrize(
    "change", [{"prompt_tokens": "-1"}, {"spend": "nan"}, {"spend": "lots"}, {"startTime": "soon"}]
)
def test_rows_that_cannot_be_are_said(tmp_path: Path, change: dict[str, str]) -> None:
    (found,) = read(lines(tmp_path / "spend.jsonl", {**SPENT, **change}), LITELLM, "litellm")
    assert isinstance(found, Skipped)


@pytest.mark.parametrize("reader", [claude_code.read, codex.read])
def test_broken_lines_are_said_and_the_last_cut_off_one_waits(tmp_path: Path, reader: Callable[[Path], Any]) -> None:
    file = lines(
        tmp_path / "x.jsonl", "not json", "[1]", '{"type": 5}', '{"message": {"usage": "no"}}', '{"cut off', end=""
    )
    assert [one.line for one in reader(file) if isinstance(one, Skipped)] == [1]


def test_the_command_imports_what_is_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "projects"
    lines(folder / "p" / "a.jsonl", message("m1", 9), message("m2", 3))
    lines(folder / "p" / "resumed.jsonl", message("m1", 9), message("m4", 1))
    base = ["--home", str(tmp_path / "home"), "import", "claude-code", str(folder)]
    assert run(base) == 0
    assert capsys.readouterr().out == "3 new calls in 2 files, 1 known already.\n"
    assert run(base) == 0
    assert capsys.readouterr().out == "0 new calls in 0 files, 0 known already. 2 had not changed.\n"
    lines(folder / "p" / "a.jsonl", message("m1", 9), message("m2", 3), "broken", message("m5", 3))
    assert run(base) == 6
    shown = capsys.readouterr()
    assert shown.out == "1 new call in 1 file, 2 known already. 1 had not changed.\n"
    assert "line 3: It is not JSON." in shown.err
    assert run(["--home", str(tmp_path / "home"), "worth", "--json"]) == 0
    cost = json.loads(capsys.readouterr().out)["organisation"]["cost_usd"]
    assert Decimal(cost) > 0


def test_a_table_needs_its_columns_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = lines(tmp_path / "t.csv", "when,model,tokens", f"{AT},gpt-5,12")
    base = ["--home", str(tmp_path / "home"), "import", "csv", str(file), "--map", "when=at", "--map", "model=model"]
    assert run([*base, "--map", "tokens=mood"]) == 2
    assert "'mood' is no field" in capsys.readouterr().err
    assert run([*base, "--map", "tokens=input"]) == 0
    assert capsys.readouterr().out.startswith("1 new call in 1 file")


def test_nothing_to_import_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--home", str(tmp_path / "home"), "import", "codex", str(tmp_path)]) == 2
    assert "nothing-to-import" in capsys.readouterr().err
