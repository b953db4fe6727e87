"""What stands in a calendar, as rooms hand it to each other. Whoever invites chooses each text and time in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reply(StrEnum):
    """What somebody who was invited has said."""

    ACCEPTED = "accepted"
    MAYBE = "maybe"
    DECLINED = "declined"
    DELEGATED = "delegated"
    """Somebody else goes in their place."""
    OPEN = "open"
    """Nothing yet."""


class Shown(StrEnum):
    """How an event's own calendar program shows the time of it."""

    BUSY = "busy"
    FREE = "free"
    TENTATIVE = "tentative"
    AWAY = "away"
    """Out of office."""
    UNSAID = "unsaid"


class Standing(StrEnum):
    """Whether an event takes place, as its organizer says."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who was invited.

    Args:
        addresses: In lower case; a calendar program may name several of one person.
        reply: None where the calendar does not tell.
    """

    addresses: tuple[str, ...]
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One time that something takes place; each time of a series is an event of its own.

    Args:
        id: The same event has the same id at each reading. Nobody's words are in it.
        uid: As the calendar names the series; whoever made the event chose it.
        start: Aware, in UTC. Of an all-day event: the midnight with which its first day begins.
        end: Aware, in UTC; never before the start.
        organizer: Lower-case address; empty where nobody was invited.
        recurring: Whether it is one of a series.
        own: Whether Gainful wrote it.
    """

    id: str
    uid: str
    start: datetime
    end: datetime
    all_day: bool = False
    title: str = ""
    text: str = ""
    place: str = ""
    organizer: str = ""
    guests: tuple[Guest, ...] = ()
    shown: Shown = Shown.UNSAID
    standing: Standing = Standing.CONFIRMED
    recurring: bool = False
    own: bool = False
