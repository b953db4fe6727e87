"""OpenClaw's sessions: `~/.openclaw/agents/*/sessions/*.jsonl`, those among them that were reset or deleted since.

- An answer of a model is a message with its usage. Tokens of each kind stand apart and do not overlap.
- What an answer cost stands there too, as 0 where OpenClaw knows no price; the price list may know one.
- A session that branches off another one begins with copies of its messages: the same ids and instants.
- Releases that keep sessions in a database are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.reading import START, Format, Place, Read, Told, Unusable, count, inside, instant, money, text
from gainful.intake.logs.reading import read_log as _read_log

TOOL = "openclaw"
_LINES = ("session", "message", "model_change", "thinking_level_change", "compaction", "custom")
_AGENTS = "agents"


def read(file: Path, begin: Place = START, quiet: bool = True) -> Iterator[Read]:
    """The calls of one session."""
    return _read_log(
        file, _Session(_agent(file), begin.state or file.name.partition(".")[0]), FORMAT.title, begin, quiet
    )


class _Session:
    def __init__(self, agent: str, id_: str) -> None:
        self._agent = agent
        self._id = id_

    def knows(self, content: dict[str, Any]) -> bool:
        return content.get("type") in _LINES

    def state(self) -> str:
        return self._id

    def calls(self, content: dict[str, Any]) -> Iterable[Told]:
        message = content.get("message")
        if content.get("type") == "session":
            self._id = text(content.get("id")) or self._id
        usage = inside(message, "usage")
        if inside(message, "role") == "assistant" and isinstance(usage, dict):
            call = self._call(content, inside(content, "message"), usage)
            # What OpenClaw says itself, such as that a command was heard, no model was asked for.
            if call.tokens.total or call.cost:
                yield Told(call)

    def _call(self, content: dict[str, Any], message: dict[str, Any], usage: dict[str, Any]) -> Call:
        id_, model = text(content.get("id")), text(message.get("model"))
        at = instant(message.get("timestamp")) or instant(content.get("timestamp"))
        if not id_ or not model or at is None:
            raise Unusable("An answer has no id, no model or no instant.")
        return Call(
            at=at,
            # An id is short: it is one of a session, not of the world.
            key=f"{TOOL}:{id_}:{round(at.timestamp() * 1000)}",
            id=id_,
            run=self._id,
            agent=f"{TOOL} {self._agent}" if self._agent else TOOL,
            tool=TOOL,
            provider=text(message.get("provider")),
            model=model,
            tokens=Tokens(
                count(usage, "input"), count(usage, "cacheRead"), count(usage, "cacheWrite"), count(usage, "output")
            ),
            cost=_cost(usage),
            failed=message.get("stopReason") == "error",
        )


def _cost(usage: dict[str, Any]) -> Decimal | None:
    return money(inside(usage, "cost", "total")) or None


def _agent(file: Path) -> str:
    """The agent whose session it is, from the folder where it lies."""
    parts = file.absolute().parts
    return text(parts[-3]) if len(parts) > 3 and parts[-4] == _AGENTS else ""


FORMAT = Format(
    TOOL,
    "OpenClaw",
    read,
    places=("~/.openclaw/agents",),
    patterns=("sessions/*.jsonl", "sessions/*.jsonl.reset.*", "sessions/*.jsonl.deleted.*"),
)
