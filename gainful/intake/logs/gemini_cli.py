"""Gemini CLI's chats: `~/.gemini/tmp/*/chats/*.json` and `.jsonl`; each answer with its tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.reading import Read, Skipped, count, inside, instant, json_lines, text

TOOL = "gemini-cli"
PLACES = ("~/.gemini/tmp",)
PATTERN = "**/chats/*.json*"


def read(file: Path) -> Iterator[Read]:
    """The calls of one chat."""
    session = file.stem
    for found in _messages(file):
        if isinstance(found, Skipped):
            yield found
            continue
        number, message = found
        session = text(message.get("sessionId")) or session
        tokens = message.get("tokens")
        if not isinstance(tokens, dict):
            continue
        id_, at = text(message.get("id")), instant(message.get("timestamp"))
        if not id_ or at is None:
            yield Skipped(file, number, "An answer has no id or no instant.")
            continue
        cached = count(tokens.get("cached"))
        yield Call(
            at=at,
            key=f"{TOOL}:{session}:{id_}",
            id=id_,
            run=session,
            agent=TOOL,
            tool=TOOL,
            provider="google",
            model=text(message.get("model")) or "unknown",
            tokens=Tokens(
                max(0, count(tokens.get("input")) + count(tokens.get("tool")) - cached),
                cached,
                0,
                count(tokens.get("output")) + count(tokens.get("thoughts")),
            ),
        )


def _messages(file: Path) -> Iterator[tuple[int, dict[str, Any]] | Skipped]:
    if file.suffix == ".jsonl":
        yield from json_lines(file)
        return
    try:
        found = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        yield Skipped(file, 0, "It is not JSON.")
        return
    session = text(inside(found, "sessionId"))
    messages = inside(found, "messages")
    for number, message in enumerate(messages if isinstance(messages, list) else (), 1):
        if isinstance(message, dict):
            yield number, {"sessionId": session, **message}
