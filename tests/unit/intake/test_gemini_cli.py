"""Gemini CLI's chats, whole and by line."""

from __future__ import annotations

from pathlib import Path

from gainful.core.money import Tokens
from gainful.intake.logs.gemini_cli import read
from tests.unit.intake.log_files import AT, calls, lines, reasons

TOKENS = {"input": 100, "output": 7, "cached": 60, "thoughts": 5, "tool": 10, "total": 122}
ANSWER = {"id": "a1", "timestamp": AT, "type": "gemini", "model": "gemini-2.5-pro", "tokens": TOKENS}
QUESTION = {"id": "u1", "timestamp": AT, "type": "user", "content": "the secret plan"}


def test_whole_and_by_line_it_is_the_same_call(tmp_path: Path) -> None:
    whole = lines(tmp_path / "one.json", {"sessionId": "g1", "messages": [QUESTION, ANSWER]})
    by_line = lines(tmp_path / "one.jsonl", {"sessionId": "g1", "projectHash": "x"}, QUESTION, ANSWER)
    for file in (whole, by_line):
        (call,) = calls(read(file))
        assert (call.tokens, call.run, call.key) == (Tokens(50, 60, 0, 12), "g1", "gemini-cli:g1:a1")
        assert "secret" not in repr(call)


def test_an_answer_that_is_written_anew_counts_once(tmp_path: Path) -> None:
    again = {"$set": {"messages": [QUESTION, ANSWER]}}
    file = lines(tmp_path / "one.jsonl", {"sessionId": "g1", "projectHash": "x"}, ANSWER, ANSWER, again)
    assert len(calls(read(file))) == 1


def test_what_is_no_chat_is_said(tmp_path: Path) -> None:
    assert reasons(read(lines(tmp_path / "a.json", "{"))) == [(0, "It is not JSON.")]
    assert reasons(read(lines(tmp_path / "b.json", {"theme": "dark"}))) == [
        (0, "It is nothing that Gemini CLI writes.")
    ]
    broken = {"sessionId": "g1", "messages": [5, {**ANSWER, "id": ""}, {**ANSWER, "tokens": {"input": "many"}}]}
    assert reasons(read(lines(tmp_path / "c.json", broken))) == [
        (0, "Message 1 is no JSON object."),
        (0, "Message 2: An answer has no id or no instant."),
        (0, "Message 3: 'input' is no number of tokens: 'many'."),
    ]
