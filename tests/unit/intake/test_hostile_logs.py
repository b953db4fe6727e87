"""What no tool wrote: every reader says what it cannot use, and none fails, hangs or takes it for a call."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from gainful.intake.logs import claude_code, codex, copilot, gemini_cli, openclaw
from gainful.intake.logs import reading as reading_
from gainful.intake.logs.reading import START, Format, Found, Place
from tests.unit.intake import test_claude_code, test_codex, test_copilot, test_gemini_cli, test_openclaw
from tests.unit.intake.log_files import calls, end, lines, reasons

ROWS: dict[str, tuple[Format, list[dict[str, Any]]]] = {
    "claude-code": (claude_code.FORMAT, [test_claude_code.message("m1", 9), test_claude_code.message("m2", 4)]),
    "codex": (
        codex.FORMAT,
        [test_codex.begin("s1"), test_codex.TURN, test_codex.total(100, 40, 10), test_codex.total(150, 60, 11)],
    ),
    "gemini-cli": (gemini_cli.FORMAT, [{"sessionId": "g1", "projectHash": "x"}, test_gemini_cli.ANSWER]),
    "copilot": (copilot.FORMAT, [test_copilot.span()]),
    "openclaw": (openclaw.FORMAT, [test_openclaw.BEGIN, test_openclaw.answer()]),
}
NO_VALUES: list[Any] = [
    None, True, -1, 1.5, 10**30, float("1e300"), "", "x\x00y", "\x1b[2J", [], [[]], {}, {"a": {}}, "9" * 600,
    [10**400, 1],
]  # fmt: skip


@pytest.fixture(params=list(ROWS))
def tool(request: pytest.FixtureRequest) -> tuple[Format, list[dict[str, Any]]]:
    return ROWS[request.param]


def test_broken_lines_are_said_and_all_others_count(tmp_path: Path, tool: tuple[Format, list[dict[str, Any]]]) -> None:
    format_, rows = tool
    whole = calls(format_.read(lines(tmp_path / "whole.jsonl", *rows), START, True))
    assert whole
    bad = ["not json", "[1]", "5", '{"a": NaN}', "", "[" * 100_000, '{"a": 1e999}']
    file = lines(tmp_path / "a.jsonl", *bad, *rows, '{"cut off', end="")
    found = list(format_.read(file, START, True))
    assert [one.call for one in found if isinstance(one, Found)] == whole
    assert reasons(found) == [
        (1, "It is not JSON."),
        (2, "It is no JSON object."),
        (3, "It is no JSON object."),
        (4, "It is not JSON."),
        (6, "It is not JSON."),
        (len(bad) + len(rows) + 1, "It is not JSON."),
    ]


def test_a_line_that_is_being_written_waits(tmp_path: Path, tool: tuple[Format, list[dict[str, Any]]]) -> None:
    format_, rows = tool
    *before, last = rows
    text = json.dumps(last)
    file = lines(tmp_path / "a.jsonl", *before, text[:-9], end="")
    found = list(format_.read(file, START, False))
    assert reasons(found) == []
    place = end(found)
    assert place.waits
    lines(file, *before, text)
    both = [one.call for one in (*found, *format_.read(file, place, False)) if isinstance(one, Found)]
    assert both == calls(format_.read(file, START, True))


def test_octets_that_are_no_text_are_said(tmp_path: Path, tool: tuple[Format, list[dict[str, Any]]]) -> None:
    format_, _ = tool
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"\xff\xfe\x00\x01\n" + bytes(range(256)) + b"\n")
    assert {reason for _, reason in reasons(format_.read(file, START, True))} >= {"It is not JSON."}


def test_a_line_without_end_does_not_fill_the_memory(
    tmp_path: Path, tool: tuple[Format, list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_, "LONGEST_LINE", 5000)
    format_, rows = tool
    file = lines(tmp_path / "a.jsonl", '{"a": "' + "x" * 12_345 + '"}', *rows)
    found = list(format_.read(file, START, True))
    assert reasons(found) == [(1, "The line has 12,355 octets.")]
    assert len([one for one in found if isinstance(one, Found)]) == len(
        calls(format_.read(lines(tmp_path / "b.jsonl", *rows), START, True))
    )
    assert end(found).offset == file.stat().st_size


def test_a_file_of_another_tool_is_said(tmp_path: Path, tool: tuple[Format, list[dict[str, Any]]]) -> None:
    format_, _ = tool
    found = list(format_.read(lines(tmp_path / "a.jsonl", {"theme": "dark"}, {"size": 5}), START, True))
    assert reasons(found) == [(0, f"It is nothing that {format_.title} writes.")]


def test_an_empty_file_is_nothing(tmp_path: Path, tool: tuple[Format, list[dict[str, Any]]]) -> None:
    format_, _ = tool
    assert [type(one) for one in format_.read(lines(tmp_path / "a.jsonl", end=""), START, True)] == [Place]


@pytest.mark.parametrize("seed", range(60))
def test_any_value_in_any_place(tmp_path: Path, tool: tuple[Format, list[dict[str, Any]]], seed: int) -> None:
    format_, rows = tool
    chance = random.Random(seed)
    changed = [_changed(row, chance) for row in rows]
    found = list(format_.read(lines(tmp_path / "a.jsonl", *changed), START, True))
    for one in found:
        if isinstance(one, Found):
            tokens = one.call.tokens
            assert min(tokens.fresh, tokens.cache_read, tokens.cache_write, tokens.output) >= 0
            assert one.call.at.tzinfo is not None
            assert one.call.key.isprintable()
            assert one.call.model.isprintable()
            assert one.call.cost is None or one.call.cost >= 0
    assert isinstance(found[-1], Place)


def _changed(content: Any, chance: random.Random) -> Any:
    """The same with values in it that nobody expects."""
    if chance.random() < 0.12:
        return chance.choice(NO_VALUES)
    if isinstance(content, dict):
        return {name: _changed(value, chance) for name, value in content.items()}
    if isinstance(content, list):
        return [_changed(value, chance) for value in content]
    return content
