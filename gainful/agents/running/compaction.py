"""Making room in a long conversation: old answers of tools are left out, the oldest first, and nothing else is touched.

Instructions are no messages and stay; so does every word of a person, and what the model said. An answer that was left
out can be had again by calling the tool again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from gainful.sdk.dialogue import Message, ModelSays, ToolSays

LEFT_OUT = "[left out to make room: {0:,} characters; call {1} again if they are needed]"
KEPT_TURNS = 2
"""The answers to the model's last so many turns always stay."""


def compacted(messages: Sequence[Message], longest: int) -> tuple[Message, ...]:
    """The conversation with old answers left out where it is longer than so many octets.

    It is then brought down to half of that, so that it need not be done again at each turn: every change of what came
    before makes a provider forget what it has cached.
    """
    if size(messages) <= longest:
        return tuple(messages)
    found = list(messages)
    over = size(messages) - longest // 2
    for index in _candidates(found):
        if over <= 0:
            break
        before = found[index]
        assert isinstance(before, ToolSays)  # noqa: S101 -- told to the type checker
        after = replace(before, text=LEFT_OUT.format(len(before.text), before.tool))
        if size([after]) < size([before]):
            over -= size([before]) - size([after])
            found[index] = after
    return tuple(found)


def size(messages: Sequence[Message]) -> int:
    """Octets of what the messages say."""
    total = 0
    for message in messages:
        total += len(message.text.encode())
        if isinstance(message, ModelSays):
            total += len(message.kept.encode()) + sum(len(json.dumps(call.arguments)) for call in message.calls)
    return total


def _candidates(messages: Sequence[Message]) -> list[int]:
    turns = [index for index, message in enumerate(messages) if isinstance(message, ModelSays)]
    recent = turns[-KEPT_TURNS] if len(turns) > KEPT_TURNS else 0
    return [index for index, message in enumerate(messages[:recent]) if isinstance(message, ToolSays)]
