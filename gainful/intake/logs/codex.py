"""Codex' sessions: `~/.codex/sessions/**/*.jsonl` and `~/.codex/archived_sessions`.

- Usage stands there as a running total of the session; what was added since the last total is a call. The total is
  written again when nothing was added, and begins anew now and then.
- A session that is resumed or archived brings its totals again, and so does one that was forked from another: its file
  begins with the other's history, all of it dated when the fork was made. The session that a fork goes back to and the
  total are the key, so each counts once.
- A fork need not bring all of the history. Its first total is not a call then, and what the last request used is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from gainful.core.fact import Call
from gainful.core.money import Tokens
from gainful.intake.logs.reading import START, Format, Place, Read, Told, Unusable, count, inside, instant, text
from gainful.intake.logs.reading import read_log as _read_log

TOOL = "codex"
_FIELDS = ("input_tokens", "cached_input_tokens", "output_tokens")
_LINES = ("session_meta", "turn_context", "event_msg", "response_item", "compacted")
_NOTHING = (0, 0, 0)

_Counts = tuple[int, int, int]
"""Prompt tokens, those of them from a cache, output tokens."""


def read(file: Path, begin: Place = START, quiet: bool = True) -> Iterator[Read]:
    """The calls of one session."""
    return _read_log(file, _Session(file.stem, begin.state), FORMAT.title, begin, quiet)


class _Session:
    """What is known of a session so far.

    Args:
        name: Of the file, which stands for a session that does not say its id.
        state: From an earlier reading.
    """

    def __init__(self, name: str, state: str) -> None:
        self._id, self._model, self._provider = "", "unknown", "openai"
        self._name = name
        self._forked: dict[str, str] = {}
        self._before: _Counts | None = None
        if state:
            self._id, self._model, self._provider, self._forked, before = json.loads(state)
            self._before = None if before is None else (before[0], before[1], before[2])

    def state(self) -> str:
        return json.dumps([self._id, self._model, self._provider, self._forked, self._before])

    def knows(self, content: dict[str, Any]) -> bool:
        return content.get("type") in _LINES

    def calls(self, content: dict[str, Any]) -> Iterable[Told]:
        payload = content.get("payload")
        if content.get("type") == "session_meta":
            self._meta(payload)
        elif content.get("type") == "turn_context":
            self._model = text(inside(payload, "model")) or self._model
        info = inside(payload, "info")
        if inside(payload, "type") == "token_count" and isinstance(info, dict):
            call = self._call(content, info)
            if call is not None:
                yield Told(call)

    def _meta(self, payload: object) -> None:
        id_ = text(inside(payload, "id"))
        if not id_:
            return
        if not self._id:
            # Those that follow belong to the sessions it was forked from.
            self._id = id_
            self._provider = text(inside(payload, "model_provider")) or self._provider
        parent = text(inside(payload, "forked_from_id"))
        if parent:
            self._forked.setdefault(id_, parent)

    def _root(self) -> str:
        """The session that this one goes back to."""
        seen, id_ = set[str](), self._id or self._name
        while id_ in self._forked and id_ not in seen:
            seen.add(id_)
            id_ = self._forked[id_]
        return id_

    def _call(self, content: dict[str, Any], info: dict[str, Any]) -> Call | None:
        total, last = info.get("total_token_usage"), info.get("last_token_usage")
        if not isinstance(total, dict):
            return None
        now = _counts(total)
        added = self._added(now, _counts(last) if isinstance(last, dict) else None)
        self._before = now
        if added == _NOTHING:
            return None
        at = instant(content.get("timestamp"))
        if at is None:
            raise Unusable("A count of tokens has no instant.")
        return self._told(at, now, added)

    def _added(self, now: _Counts, last: _Counts | None) -> _Counts:
        before = self._before
        if before is None:
            return last if last is not None and _within(last, now) else now
        # A total that fell belongs to a session that began to count anew.
        base = before if _within(before, now) else _NOTHING
        return now[0] - base[0], now[1] - base[1], now[2] - base[2]

    def _told(self, at: datetime, now: _Counts, added: _Counts) -> Call:
        root, mark = self._root(), "-".join(map(str, now))
        prompt, cached, output = added
        return Call(
            at=at,
            key=f"{TOOL}:{root}:{mark}",
            id=f"{root}:{mark}",
            run=self._id or self._name,
            agent=TOOL,
            tool=TOOL,
            provider=self._provider,
            model=self._model,
            tokens=Tokens(max(0, prompt - cached), cached, 0, output),
        )


def _counts(usage: dict[str, Any]) -> _Counts:
    # Reasoning is part of the output.
    return count(usage, _FIELDS[0]), count(usage, _FIELDS[1], "cache_read_input_tokens"), count(usage, _FIELDS[2])


def _within(one: _Counts, other: _Counts) -> bool:
    return all(mine <= theirs for mine, theirs in zip(one, other, strict=True))


FORMAT = Format(
    TOOL,
    "Codex",
    read,
    places=(
        "~/.codex/sessions",
        "~/.codex/archived_sessions",
        "$CODEX_HOME/sessions",
        "$CODEX_HOME/archived_sessions",
    ),
    patterns=("*.jsonl",),
)
