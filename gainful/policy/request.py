"""What is asked of a policy, and what it may know when it answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """How far a tool call reaches into the world; each connector's manifest declares it per tool."""

    READ = "read"
    CONTAINED = "contained"
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"
    EGRESS = "egress"


@dataclass(frozen=True, slots=True)
class Request:
    """One tool call that somebody wants to make.

    Args:
        tool: Such as `mail.move`.
        effect: As the connector's manifest declares it.
        takes_away: Whether the mail leaves the place where the person looks for it.
    """

    tool: str
    effect: Effect
    takes_away: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the mail that a request touches, found out independently of who asks.

    Args:
        applied: The person asked for effects (`--apply`, a schedule); otherwise only a preview.
        action_label: A label that asks the person for something was decided, or given by the person.
        vip: The sender is on the person's list of people never to miss.
        written_to: The person has written to the sender, or in this conversation.
        unreadable: The mail could not be read in full.
        put_back: The person has moved this mail, or another one of its sender, back once.
    """

    applied: bool = False
    action_label: bool = False
    vip: bool = False
    written_to: bool = False
    unreadable: bool = False
    put_back: bool = False
