"""Finding tools by what they do, for agents that have more of them than a model should read each time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gainful.agents.running.brief import Shown
from gainful.agents.running.offer import offered
from gainful.core.value import Json
from gainful.sdk.dialogue import ToolOffer

DOZEN = 12
"""So many tools are shown as they are; of more, the model finds those that it needs."""

FIND = "tools.find"

ALWAYS = ("skill.read",)
"""Shown however many there are: what it says of itself is the list of what the agent was taught."""

MOST_FOUND = 5

FINDER = ToolOffer(
    FIND,
    "Finds tools by what they do; those found can then be called.",
    {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
)


class Shelf:
    """The tools of one run: all of them while they are few, else a way to find them, and those that were found."""

    def __init__(self, tools: Sequence[Shown]) -> None:
        self._tools = {shown.spec.name: shown for shown in tools}
        self.searchable = len(tools) > DOZEN
        self._taken = [name for name in self._tools if not self.searchable or name in ALWAYS]

    def offers(self) -> tuple[ToolOffer, ...]:
        """What the model is shown now. It only grows: what a provider has cached stays the beginning."""
        found = tuple(offered(self._tools[name]) for name in self._taken)
        return (FINDER, *found) if self.searchable else found

    def find(self, arguments: Mapping[str, Json] | None) -> str:
        """Take the tools off the shelf that fit best, and say which they are."""
        query = str((arguments or {}).get("query", ""))
        best = ranked(query, [shown for name, shown in self._tools.items() if name not in self._taken])[:MOST_FOUND]
        if not best:
            return "No further tool fits. Yours are: " + (", ".join(self._taken) or "none") + "."
        self._taken += [shown.spec.name for shown in best]
        return "\n".join(f"{shown.spec.name}: {shown.spec.about}" for shown in best)


def ranked(query: str, tools: Sequence[Shown]) -> list[Shown]:
    """Those of the tools that share a word with the query, the best first; each word counts by how rare it is."""
    wanted = words(query)
    texts = {shown.spec.name: words(_text(shown)) for shown in tools}
    often = {word: sum(word in text for text in texts.values()) for word in wanted}
    scores = {
        name: sum(1 / often[word] for word in wanted & text) + len(wanted & words(name)) for name, text in texts.items()
    }
    found = [shown for shown in tools if scores[shown.spec.name] > 0]
    return sorted(found, key=lambda shown: -scores[shown.spec.name])


def words(text: str) -> frozenset[str]:
    """The words of a text, without their endings: `sends` and `send` are the same."""
    return frozenset(
        word[:-1] if len(word) > 3 and word.endswith("s") else word for word in _WORD.findall(text.lower())
    )


_WORD = re.compile(r"[^\W_]{2,}")


def _text(shown: Shown) -> str:
    spec = shown.spec
    return f"{spec.name} {spec.about} {spec.act} {' '.join(spec.arguments)}"
