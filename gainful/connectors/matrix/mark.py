"""The mark on a message that an agent writes: a field of the event that clients do not show.

It tells which agent wrote it, how far it is from a person, what its buttons are, and by a digest under which key it was
posted. Anybody can put such a field on a message of their own: what it says counts for whether an agent wrote it, never
for who the sender is. Keys and buttons are read on the account's own messages only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gainful.connectors.matrix.reaction import number_sign
from gainful.sdk.chat import Button

FIELD = "io.gainful.agent"
HOW_TO_PRESS = "(React with a number, or reply with it.)"
_MOST_HOPS = 1_000_000


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands in it.

    Args:
        agent: Empty where a person writes through Gainful.
        key: Digest of the key.
    """

    agent: str = ""
    hops: int = 0
    key: str = ""
    buttons: tuple[Button, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it stands in the event."""
        content: dict[str, Any] = {"key": self.key}
        if self.agent:
            content |= {"agent": self.agent, "hops": self.hops}
        if self.buttons:
            content["buttons"] = [{"id": button.id, "label": button.label} for button in self.buttons]
        return content

    def heir_of(self, old: Mark) -> Mark:
        """This mark on a message that had the old one: still the same post, still an agent's."""
        return replace(self, key=old.key or self.key, agent=self.agent or old.agent, hops=self.hops or old.hops)

    @property
    def lines(self) -> str:
        """The buttons as people see them: numbered, below the text."""
        if not self.buttons:
            return ""
        lines = [f"{number_sign(number)} {button.label}" for number, button in enumerate(self.buttons, 1)]
        return "\n\n" + "\n".join([*lines, HOW_TO_PRESS])

    @property
    def footer(self) -> str:
        """What tells people that an agent wrote it."""
        return f"\n\n({self.agent}, an agent)" if self.agent else ""


def digest_of(key: str, purpose: str = "post") -> str:
    """What stands for a key on the server, and as the id of a transaction: nothing can be read from it."""
    return hashlib.sha256(f"matrix {purpose} {key}".encode()).hexdigest()[:40]


def mark_in(content: Mapping[str, Any]) -> Mark | None:
    """The mark of an event's content, whoever wrote it; None where there is none."""
    stored = content.get(FIELD)
    if not isinstance(stored, dict):
        return None
    hops, found = stored.get("hops"), stored.get("buttons")
    buttons = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return Mark(
        agent=_text(stored.get("agent"))[:100],
        hops=min(max(hops, 0), _MOST_HOPS) if isinstance(hops, int) and not isinstance(hops, bool) else 0,
        key=_text(stored.get("key"))[:100],
        buttons=tuple(Button(_text(one.get("id")), _text(one.get("label"))) for one in buttons[:20]),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
