"""Codex' sessions: `~/.codex/sessions/**/*.jsonl` and `~/.codex/archived_sessions`.

Usage stands there as a running total of the session; what was added since the last total is a call. A session that is
resumed or archived brings its totals again: the session and the total are the key, so each counts once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.reading import Read, Skipped, count, inside, instant, json_lines, text

TOOL = "codex"
PLACES = ("~/.codex/sessions", "~/.codex/archived_sessions")
PATTERN = "**/*.jsonl"
_FIELDS = ("input_tokens", "cached_input_tokens", "output_tokens")


def read(file: Path) -> Iterator[Read]:
    """The calls of one session."""
    session, model = file.stem, "unknown"
    before = (0, 0, 0)
    for found in json_lines(file):
        if isinstance(found, Skipped):
            yield found
            continue
        number, line = found
        payload = line.get("payload")
        if line.get("type") == "session_meta":
            session = text(inside(payload, "id")) or session
        elif line.get("type") == "turn_context":
            model = text(inside(payload, "model")) or model
        total = inside(payload, "info", "total_token_usage")
        if inside(payload, "type") != "token_count" or not isinstance(total, dict):
            continue
        now = (count(total.get(_FIELDS[0])), count(total.get(_FIELDS[1])), count(total.get(_FIELDS[2])))
        at = instant(line.get("timestamp"))
        if at is None:
            yield Skipped(file, number, "A count of tokens has no instant.")
            continue
        # A total that fell belongs to a session that began to count anew.
        base = before if all(one >= other for one, other in zip(now, before, strict=True)) else (0, 0, 0)
        if now != base:
            yield _call(session, model, at, base, now)
        before = now


def _call(session: str, model: str, at: Any, before: tuple[int, int, int], now: tuple[int, int, int]) -> Call:
    prompt, cached, output = (one - other for one, other in zip(now, before, strict=True))
    mark = "-".join(map(str, now))
    return Call(
        at=at,
        key=f"{TOOL}:{session}:{mark}",
        id=f"{session}:{mark}",
        run=session,
        agent=TOOL,
        tool=TOOL,
        provider="openai",
        model=model,
        tokens=Tokens(max(0, prompt - cached), cached, 0, output),
    )
