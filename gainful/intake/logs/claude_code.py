"""Claude Code's transcripts: `~/.claude/projects/**/*.jsonl`, those of its subagents among them.

- A message stands there once for each of its content blocks, each time with the usage of the whole message so far. The
  last one counts; the first of them says hardly anything of the output. One that has a reason why it stopped is whole.
- The same message stands in several files after a session was resumed or forked: its id and its request's tell.
- What is written to a cache for an hour costs more than what is written for five minutes, and is counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.reading import START, Format, Place, Read, Told, Unusable, count, inside, instant, money, text
from gainful.intake.logs.reading import read_log as _read_log

TOOL = "claude-code"
_MARKS = ("sessionId", "leafUuid", "messageId")
"""One of them stands in each line that Claude Code writes."""


def read(file: Path, begin: Place = START, quiet: bool = True) -> Iterator[Read]:
    """The calls of one transcript."""
    return _read_log(file, _Transcript(), FORMAT.title, begin, quiet)


class _Transcript:
    def knows(self, content: dict[str, Any]) -> bool:
        return any(mark in content for mark in _MARKS)

    def state(self) -> str:
        return ""

    def calls(self, content: dict[str, Any]) -> Iterable[Told]:
        usage = inside(content, "message", "usage")
        if content.get("type") != "assistant" or not isinstance(usage, dict):
            return
        message = content["message"]
        # What Claude Code says by itself, such as that a request failed, is no call.
        if message.get("model") != "<synthetic>":
            yield _told(content, message, usage)


def _told(content: dict[str, Any], message: dict[str, Any], usage: dict[str, Any]) -> Told:
    id_, model, at = text(message.get("id")), text(message.get("model")), instant(content.get("timestamp"))
    if not id_ or not model or at is None:
        raise Unusable("A message has no id, no model or no instant.")
    written, hour = _written(usage)
    call = Call(
        at=at,
        key=f"{TOOL}:{id_}:{text(content.get('requestId'))}",
        id=id_,
        run=text(content.get("sessionId")),
        agent=TOOL,
        tool=TOOL,
        # Through a proxy it talks to models of others too.
        provider="anthropic" if model.startswith("claude") else "",
        model=model,
        tokens=Tokens(
            count(usage, "input_tokens"),
            count(usage, "cache_read_input_tokens"),
            written,
            count(usage, "output_tokens"),
        ),
        cost=money(content.get("costUSD")),
    )
    return Told(call, bool(message.get("stop_reason")), hour)


def _written(usage: dict[str, Any]) -> tuple[int, int]:
    """Tokens written to a cache, and those of them that are kept for an hour."""
    parts = usage.get("cache_creation")
    if not isinstance(parts, dict):
        return count(usage, "cache_creation_input_tokens"), 0
    hour = count(parts, "ephemeral_1h_input_tokens")
    return max(count(usage, "cache_creation_input_tokens"), hour + count(parts, "ephemeral_5m_input_tokens")), hour


FORMAT = Format(
    TOOL,
    "Claude Code",
    read,
    places=("~/.claude/projects", "~/.config/claude/projects", "$CLAUDE_CONFIG_DIR/projects"),
    patterns=("*.jsonl",),
)
