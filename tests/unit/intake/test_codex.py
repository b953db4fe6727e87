"""Codex' sessions: what running totals grew by, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gainful.core.money import Tokens
from gainful.intake.logs.codex import read
from tests.unit.intake.log_files import AT, calls, end, lines, reasons

TURN = {"type": "turn_context", "timestamp": AT, "payload": {"model": "gpt-5-codex"}}


def begin(id_: str, **more: object) -> dict[str, Any]:
    return {"type": "session_meta", "timestamp": AT, "payload": {"id": id_, **more}}


def total(prompt: int, cached: int, output: int, last: tuple[int, int, int] | None = None) -> dict[str, Any]:
    names = ("input_tokens", "cached_input_tokens", "output_tokens")
    info = {"total_token_usage": dict(zip(names, (prompt, cached, output), strict=True))}
    if last is not None:
        info["last_token_usage"] = dict(zip(names, last, strict=True))
    return {"type": "event_msg", "timestamp": AT, "payload": {"type": "token_count", "info": info}}


def test_running_totals_count_what_was_added(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "r.jsonl",
        begin("s9"),
        TURN,
        total(100, 40, 10),
        total(100, 40, 10),
        total(250, 140, 30),
        total(5, 0, 1),
    )
    found = calls(read(file))
    assert [one.tokens for one in found] == [Tokens(60, 40, 0, 10), Tokens(50, 100, 0, 20), Tokens(5, 0, 0, 1)]
    assert {(one.model, one.run) for one in found} == {("gpt-5-codex", "s9")}


def test_a_session_that_was_resumed_or_archived_brings_the_same_keys(tmp_path: Path) -> None:
    rows = (begin("s9"), TURN, total(100, 40, 10), total(250, 140, 30))
    one = calls(read(lines(tmp_path / "r.jsonl", *rows)))
    again = calls(read(lines(tmp_path / "archived" / "r.jsonl", *rows, total(300, 150, 31))))
    assert {call.key for call in one} < {call.key for call in again}
    assert sum(call.tokens.total for call in again) == 300 + 31


def test_a_fork_counts_what_it_added(tmp_path: Path) -> None:
    parent = calls(read(lines(tmp_path / "p.jsonl", begin("s1"), TURN, total(100, 40, 10))))
    fork = lines(
        tmp_path / "f.jsonl",
        begin("s2", forked_from_id="s1"),
        begin("s1"),
        TURN,
        total(100, 40, 10),
        total(130, 40, 12),
    )
    both = {call.key: call for call in (*parent, *calls(read(fork)))}
    assert sum(call.tokens.total for call in both.values()) == 142


def test_a_fork_without_the_history_counts_its_last_request(tmp_path: Path) -> None:
    file = lines(tmp_path / "f.jsonl", begin("s2", forked_from_id="s1"), TURN, total(500, 400, 50, last=(20, 10, 3)))
    assert [call.tokens for call in calls(read(file))] == [Tokens(10, 10, 0, 3)]


def test_it_is_read_on_with_what_it_must_remember(tmp_path: Path) -> None:
    rows = (begin("s9"), TURN, total(100, 40, 10))
    place = end(read(lines(tmp_path / "r.jsonl", *rows)))
    (call,) = calls(read(lines(tmp_path / "r.jsonl", *rows, total(130, 60, 12)), place))
    assert (call.tokens, call.model, call.run) == (Tokens(10, 20, 0, 2), "gpt-5-codex", "s9")


def test_a_count_that_cannot_be_is_said(tmp_path: Path) -> None:
    file = lines(tmp_path / "r.jsonl", begin("s9"), TURN, total(-1, 0, 1), {**total(1, 0, 1), "timestamp": "soon"})
    assert reasons(read(file)) == [(3, "'input_tokens' cannot be -1."), (4, "A count of tokens has no instant.")]
