"""OpenClaw's sessions."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from gainful.core.money import Tokens
from gainful.intake.logs.openclaw import read
from tests.unit.intake.log_files import AT, calls, end, lines, reasons

BEGIN = {"type": "session", "version": 3, "id": "s1", "timestamp": AT, "cwd": "/srv/work"}
ASKED = {"type": "message", "id": "u1", "timestamp": AT, "message": {"role": "user", "content": "the secret plan"}}


def answer(id_: str = "a1b2c3d4", cost: object = 0.0125, **more: Any) -> dict[str, Any]:
    usage = {"input": 10, "output": 7, "cacheRead": 60, "cacheWrite": 5, "totalTokens": 82, "cost": {"total": cost}}
    said = {
        "role": "assistant", "provider": "anthropic", "model": "claude-opus-4-6", "usage": usage,
        "content": "the secret plan", "stopReason": "stop", "timestamp": 1_793_610_000_000,
    }  # fmt: skip
    return {"type": "message", "id": id_, "timestamp": AT, "message": {**said, **more}}


def test_an_answer_with_what_it_cost(tmp_path: Path) -> None:
    file = lines(tmp_path / "agents" / "main" / "sessions" / "s1.jsonl", BEGIN, ASKED, answer())
    (call,) = calls(read(file))
    assert (call.tokens, call.run, call.agent, call.cost) == (
        Tokens(10, 60, 5, 7),
        "s1",
        "openclaw main",
        Decimal("0.0125"),
    )
    assert "secret" not in repr(call)


def test_a_cost_of_nothing_is_unknown(tmp_path: Path) -> None:
    assert [call.cost for call in calls(read(lines(tmp_path / "s.jsonl", BEGIN, answer(cost=0))))] == [None]


def test_a_branch_brings_the_same_keys(tmp_path: Path) -> None:
    one = calls(read(lines(tmp_path / "s1.jsonl", BEGIN, answer())))
    branch = calls(read(lines(tmp_path / "s2.jsonl", {**BEGIN, "id": "s2"}, answer(), answer("ffffffff"))))
    assert {call.key for call in one} < {call.key for call in branch}


def test_what_it_says_itself_is_no_call(tmp_path: Path) -> None:
    nothing = {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "cost": {"total": 0}}
    file = lines(tmp_path / "s.jsonl", BEGIN, answer(model="delivery-mirror", provider="openclaw", usage=nothing))
    assert calls(read(file)) == []


def test_it_is_read_on_under_the_same_session(tmp_path: Path) -> None:
    place = end(read(lines(tmp_path / "x.jsonl.reset.2026-11-02", BEGIN)))
    file = lines(tmp_path / "x.jsonl.reset.2026-11-02", BEGIN, answer())
    assert [call.run for call in calls(read(file, place))] == ["s1"]


def test_an_answer_that_cannot_be_is_said(tmp_path: Path) -> None:
    file = lines(tmp_path / "s.jsonl", BEGIN, answer(""), answer(cost="lots"), answer(usage={"input": 1.5}))
    assert reasons(read(file)) == [
        (2, "An answer has no id, no model or no instant."),
        (3, "'lots' is no amount of money."),
        (4, "'input' is no number of tokens: '1.5'."),
    ]
