"""Gemini CLI's chats: `~/.gemini/tmp/*/chats/**`, `.json` before and `.jsonl` since; each answer with its tokens.

An answer is written anew when tools have run, under the same id; its tokens come once. Answers that were taken back
cost what they cost. Cached tokens are part of the input, thoughts are not part of the output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.reading import (
    START,
    Format,
    Found,
    Place,
    Read,
    Skipped,
    Told,
    Unusable,
    count,
    inside,
    instant,
    text,
    whole_json,
)
from gainful.intake.logs.reading import read_log as _read_log

TOOL = "gemini-cli"


def read(file: Path, begin: Place = START, quiet: bool = True) -> Iterator[Read]:
    """The calls of one chat."""
    if file.suffix == ".json":
        return _read_whole(file)
    return _read_log(file, _Chat(begin.state or file.stem), FORMAT.title, begin, quiet)


class _Chat:
    def __init__(self, session: str) -> None:
        self._session = session

    def knows(self, content: dict[str, Any]) -> bool:
        return "projectHash" in content or "$set" in content or content.get("type") == "gemini"

    def state(self) -> str:
        return self._session

    def calls(self, content: dict[str, Any]) -> Iterable[Told]:
        self._session = text(content.get("sessionId")) or self._session
        changed = inside(content, "$set", "messages")
        for message in changed if isinstance(changed, list) else [content]:
            tokens = inside(message, "tokens")
            if isinstance(tokens, dict):
                yield Told(_call(self._session, message, tokens))


def _read_whole(file: Path) -> Iterator[Read]:
    try:
        found = whole_json(file)
    except Unusable as error:
        yield Skipped(file, 0, str(error))
        return
    messages = inside(found, "messages")
    if not isinstance(messages, list):
        yield Skipped(file, 0, f"It is nothing that {FORMAT.title} writes.")
        return
    chat = _Chat(text(inside(found, "sessionId")) or file.stem)
    for number, message in enumerate(messages, 1):
        if not isinstance(message, dict):
            yield Skipped(file, 0, f"Message {number} is no JSON object.")
            continue
        try:
            yield from (Found(0, told.call) for told in chat.calls(message))
        except Unusable as error:
            yield Skipped(file, 0, f"Message {number}: {error}")
    # It is written anew each time: the next time it is read from the beginning.
    yield START


def _call(session: str, message: dict[str, Any], tokens: dict[str, Any]) -> Call:
    id_, at = text(message.get("id")), instant(message.get("timestamp"))
    if not id_ or at is None:
        raise Unusable("An answer has no id or no instant.")
    cached = count(tokens, "cached")
    return Call(
        at=at,
        key=f"{TOOL}:{session}:{id_}",
        id=id_,
        run=session,
        agent=TOOL,
        tool=TOOL,
        provider="google",
        model=text(message.get("model")) or "unknown",
        tokens=Tokens(
            max(0, count(tokens, "input") + count(tokens, "tool") - cached),
            cached,
            0,
            count(tokens, "output") + count(tokens, "thoughts"),
        ),
    )


FORMAT = Format(TOOL, "Gemini CLI", read, places=("~/.gemini/tmp",), patterns=("chats/*.json", "chats/*.jsonl"))
