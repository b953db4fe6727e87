"""Claude Code's transcripts: each message once, with its last usage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gainful.core.money import Tokens
from gainful.intake.logs.claude_code import read
from gainful.intake.logs.reading import START, Found
from tests.unit.intake.log_files import AT, calls, end, lines, reasons

PROMPT = {"type": "user", "sessionId": "s1", "message": {"role": "user", "content": "the secret plan"}}


def message(
    id_: str, output: int, stop: str | None = "end_turn", *, request: str = "q1", **more: Any
) -> dict[str, Any]:
    usage = {
        "input_tokens": 3, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 20, "output_tokens": output,
    }  # fmt: skip
    said = {"id": id_, "model": "claude-sonnet-4-5", "usage": usage, "stop_reason": stop, "content": "the secret plan"}
    return {
        "type": "assistant", "timestamp": AT, "sessionId": "s1", "requestId": request, "message": {**said, **more},
    }  # fmt: skip


def test_a_message_counts_once_with_its_last_usage(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", PROMPT, message("m1", 1, stop=None), message("m1", 9), message("m1", 9))
    (call,) = calls(read(file))
    assert (call.tokens, call.run, call.model, call.provider) == (
        Tokens(3, 100, 20, 9),
        "s1",
        "claude-sonnet-4-5",
        "anthropic",
    )
    assert "secret" not in repr(call)


def test_what_it_says_itself_is_no_call(tmp_path: Path) -> None:
    assert calls(read(lines(tmp_path / "a.jsonl", PROMPT, message("m2", 5, model="<synthetic>")))) == []


def test_a_message_has_one_key_in_every_file_and_request(tmp_path: Path) -> None:
    one = lines(tmp_path / "a.jsonl", message("m1", 9), message("m1", 9, request="q2"))
    resumed = lines(tmp_path / "b.jsonl", {**message("m1", 9), "sessionId": "s2"})
    keys = [call.key for call in calls(read(one))]
    assert len(set(keys)) == 2
    assert [call.key for call in calls(read(resumed))] == keys[:1]


def test_a_subagent_is_read_like_any_other(tmp_path: Path) -> None:
    file = lines(tmp_path / "agent-a1.jsonl", {**message("m1", 9), "isSidechain": True, "agentId": "a1"})
    assert [call.tokens.output for call in calls(read(file))] == [9]


def test_what_a_cache_keeps_for_an_hour_is_told_apart(tmp_path: Path) -> None:
    kept = {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 15}
    usage = {"input_tokens": 1, "cache_creation_input_tokens": 20, "cache_creation": kept, "output_tokens": 2}
    (found,) = (
        one for one in read(lines(tmp_path / "a.jsonl", message("m1", 0, usage=usage))) if isinstance(one, Found)
    )
    assert (found.call.tokens, found.hour) == (Tokens(1, 0, 20, 2), 15)


def test_a_message_that_is_being_written_waits(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", message("m1", 9), message("m2", 1, stop=None))
    found = list(read(file, START, quiet=False))
    assert [call.id for call in calls(found)] == ["m1"]
    place = end(found)
    assert (place.line, place.waits) == (1, True)
    # Its next version comes, and it alone.
    lines(file, message("m1", 9), message("m2", 1, stop=None), message("m2", 8))
    assert [(call.id, call.tokens.output) for call in calls(read(file, place, quiet=False))] == [("m2", 8)]
    # Nobody writes any more: what there is counts.
    lines(file, message("m1", 9), message("m2", 1, stop=None))
    assert [(call.id, call.tokens.output) for call in calls(read(file, place, quiet=True))] == [("m2", 1)]


def test_only_what_was_added_is_read_again(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", message("m1", 9))
    place = end(read(file))
    lines(file, message("m1", 9), message("m2", 4))
    assert [call.id for call in calls(read(file, place))] == ["m2"]


def test_a_message_without_an_id_is_said(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", message("m1", 9), message("", 9), message("m3", -4))
    assert reasons(read(file)) == [
        (2, "A message has no id, no model or no instant."),
        (3, "'output_tokens' cannot be -4."),
    ]
