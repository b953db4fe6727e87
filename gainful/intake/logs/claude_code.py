"""Claude Code's transcripts: `~/.claude/projects/**/*.jsonl`.

A message stands there once for each of its content blocks, each time with the usage of the whole message so far; the
last one counts. The same message may stand in several files, after a session was resumed: its id and its request's
tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.reading import Read, Skipped, count, inside, instant, json_lines, text

TOOL = "claude-code"
PLACES = ("~/.claude/projects", "~/.config/claude/projects")
PATTERN = "**/*.jsonl"


def read(file: Path) -> Iterator[Read]:
    """The calls of one transcript. A message that is still being written is left for the next time."""
    latest: dict[str, Call] = {}
    ended: set[str] = set()
    for found in json_lines(file):
        if isinstance(found, Skipped):
            yield found
            continue
        number, line = found
        usage = inside(line, "message", "usage")
        if line.get("type") != "assistant" or not isinstance(usage, dict):
            continue
        call = _call(line, usage)
        if call is None:
            yield Skipped(file, number, "A message has no id, no model or no instant.")
        elif call.model != "<synthetic>":
            latest[call.key] = call
            if inside(line, "message", "stop_reason"):
                ended.add(call.key)
    unfinished = list(latest)[-1:] if latest and list(latest)[-1] not in ended else []
    yield from (call for key, call in latest.items() if key not in unfinished)


def _call(line: dict[str, Any], usage: dict[str, Any]) -> Call | None:
    id_, model, at = (
        text(inside(line, "message", "id")),
        text(inside(line, "message", "model")),
        instant(line.get("timestamp")),
    )
    if not id_ or not model or at is None:
        return None
    return Call(
        at=at,
        key=f"{TOOL}:{id_}:{text(line.get('requestId'))}",
        id=id_,
        run=text(line.get("sessionId")),
        agent=TOOL,
        tool=TOOL,
        provider="anthropic",
        model=model,
        tokens=Tokens(
            count(usage.get("input_tokens")),
            count(usage.get("cache_read_input_tokens")),
            count(usage.get("cache_creation_input_tokens")),
            count(usage.get("output_tokens")),
        ),
    )
