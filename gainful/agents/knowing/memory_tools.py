"""The tools by which an agent remembers: `memory.search`, `memory.remember`, `memory.forget`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gainful.agents.knowing.declaration import own_tools
from gainful.agents.knowing.memory import best
from gainful.core.errors import Invalid
from gainful.core.memory import Memory
from gainful.core.value import Json
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation, nothing_left
from gainful.sdk.tool import Found

LONGEST = 4000
"""Characters of one record."""

USUAL, MOST = 5, 20
"""Records that a search finds: where nothing is said, and at most."""


class MemoryInvalid(Invalid):
    """A text that cannot be remembered: it says nothing, or is too long; or a record that the agent has not."""

    code = "memory-invalid"


class Memories(Protocol):
    """Where records are kept."""

    def of_agent(self, agent: str) -> Sequence[Memory]:
        """All that this agent remembers."""

    def remember(self, key: str, agent: str, text: str) -> str:
        """The id of the new record, with the label that the call of this key was decided with."""

    def remembered(self, key: str) -> str:
        """The id of the record that the call of this key has written; empty when it has written none."""

    def forget(self, agent: str, record: str) -> bool:
        """Whether the agent had such a record, which it then has no more."""

    def forgotten(self, agent: str, record: str) -> bool:
        """Whether the agent had such a record, and has it no more."""


def memory_tools(agent: str, memories: Memories) -> list[Operation]:
    """All three, over what this agent remembers and no other."""

    def search(_grant: Grant, given: Mapping[str, Json]) -> Json:
        most = min(max(given.get("most", USUAL), 1), MOST)
        found = best(given.get("query", ""), memories.of_agent(agent), most)
        return [
            {"id": record.id, "text": record.text, "source": record.source, "at": f"{record.at:%Y-%m-%d}"}
            for record in found
        ]

    def remember(grant: Grant, given: Mapping[str, Json]) -> Json:
        return {"id": memories.remember(grant.key, agent, checked_text(given["text"]))}

    def became(key: str, given: Mapping[str, Json]) -> Found:
        del given
        found = memories.remembered(key)
        return Found(done=bool(found), answer={"id": found} if found else None)

    def forget(_grant: Grant, given: Mapping[str, Json]) -> Json:
        if not memories.forget(agent, given["id"]):
            raise MemoryInvalid(f"There is no record '{given['id'][:40]}'.", "Search for it; its id stands with it.")
        return {"forgotten": given["id"]}

    def gone(key: str, given: Mapping[str, Json]) -> Found:
        del key
        return Found(done=memories.forgotten(agent, given["id"]), answer={"forgotten": given["id"]})

    spec = own_tools()
    return [
        Operation(spec["memory.search"], search, nothing_left),
        Operation(spec["memory.remember"], remember, became),
        Operation(spec["memory.forget"], forget, gone),
    ]


def checked_text(text: str) -> str:
    """The text without white space around it, if it can be remembered.

    Raises:
        MemoryInvalid: It cannot.
    """
    plain = text.strip()
    if not plain or "\x00" in plain:
        raise MemoryInvalid("A text that says nothing cannot be remembered.", "Say what is to be remembered.")
    if len(plain) > LONGEST:
        raise MemoryInvalid(f"The text has {len(plain):,} characters.", f"Say it in {LONGEST:,}, or in several.")
    return plain
