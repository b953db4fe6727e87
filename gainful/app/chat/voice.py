"""Who speaks in a chat: one run of one agent, where it was asked, how far it is from a person, when it is quiet."""

from __future__ import annotations

from dataclasses import dataclass

from gainful.core.occurrence import AnswerPlace
from gainful.core.quiet_hours import QuietHours


@dataclass(frozen=True, slots=True)
class Voice:
    """One run, as far as chats are concerned.

    Args:
        person: On whose behalf it runs: `@me` in a room argument, unless somebody asked in that chat.
        answer_to: Where it was asked; None when nobody asked in a chat.
        hops: How many agents' messages lie between the run and a person; its own are one more.
        quiet: The agent's own quiet hours; those of the chat hold where it has none.
        owner: Whose agent it is: `@owner` in a room argument; the owner of the installation where nobody is named.
    """

    agent: str
    run_id: str
    person: str = ""
    answer_to: AnswerPlace | None = None
    hops: int = 0
    quiet: QuietHours | None = None
    owner: str = ""
