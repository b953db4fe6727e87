"""What is heard and said in chats as it stands in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from gainful.sdk.chat import Button, ChatEvent, EventKind, Message, Place, Words


def instant(at: datetime) -> str:
    """An instant as it is stored: texts of one length sort as the instants do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def event_json(event: ChatEvent) -> dict[str, Any]:
    """An event as JSON."""
    return {
        **asdict(event),
        "kind": str(event.kind),
        "at": instant(event.at),
        "message": {**asdict(event.message), "at": instant(event.message.at)} if event.message is not None else None,
        "detail": dict(event.detail),
    }


def event_from(stored: Mapping[str, Any]) -> ChatEvent:
    """The event that `event_json` wrote."""
    message = stored["message"]
    return ChatEvent(
        **{
            **stored,
            "kind": EventKind(stored["kind"]),
            "at": datetime.fromisoformat(stored["at"]),
            "message": _message_from(message) if message is not None else None,
        }
    )


def _message_from(stored: Mapping[str, Any]) -> Message:
    return Message(
        **{
            **stored,
            "place": Place(**stored["place"]),
            "at": datetime.fromisoformat(stored["at"]),
            "mentions": tuple(stored["mentions"]),
        }
    )


def words_json(words: Words) -> dict[str, Any]:
    """Words as JSON."""
    return asdict(words)


def words_from(stored: Mapping[str, Any]) -> Words:
    """The words that `words_json` wrote."""
    buttons = tuple(Button(**button) for button in stored["buttons"])
    return Words(**{**stored, "buttons": buttons, "mention": tuple(stored["mention"])})


def place_json(place: Place) -> dict[str, str]:
    """A place as JSON."""
    return asdict(place)


def place_from(stored: Mapping[str, str]) -> Place:
    """The place that `place_json` wrote."""
    return Place(**stored)
