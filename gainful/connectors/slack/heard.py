"""Which happening a payload of Slack's tells of. The same happening has the same id, whichever event brings it.

A message that names the agent comes twice, as `app_mention` and as `message`: both are the one mention.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gainful.connectors.slack.reading import Account, instant, is_spoken, link, message_of
from gainful.sdk.chat import ChatEvent, EventKind, Message, Place

Payload = Mapping[str, Any]

DROPPED = "app_rate_limited"
"""The type of the payload by which Slack tells that it has not delivered events."""


def heard(payload: Payload, account: Account, now: datetime) -> ChatEvent | None:
    """The event that a payload tells of; None when it is of no interest.

    Args:
        now: Of what bears no time of its own.
    """
    if payload.get("type") == "event_callback":
        event = payload.get("event")
        return _event(event, payload, account) if isinstance(event, Mapping) else None
    if payload.get("type") == "block_actions":
        return _press(payload, account)
    if payload.get("command"):
        return _command(payload, now)
    return None


def _event(event: Payload, payload: Payload, account: Account) -> ChatEvent | None:
    kind = event.get("type")
    if kind in ("message", "app_mention"):
        return _message(event, account)
    if kind == "reaction_added":
        return _reaction(event, payload, account)
    return None


def _message(event: Payload, account: Account) -> ChatEvent | None:
    room = str(event.get("channel") or "")
    if not room or not is_spoken(event):
        return None
    message = message_of(event, room, account)
    if _is_own(event, message, account):
        return None
    kind = EventKind.MESSAGE
    # The ids of conversations between two begin with a D; app_mention does not tell the channel's type.
    if event.get("channel_type") == "im" or room.startswith("D"):
        kind = EventKind.DIRECT
    elif account.member in message.mentions:
        kind = EventKind.MENTION
    edited = event.get("edited")
    # An edit that names the agent brings the message again, and that is news.
    version = f":{edited.get('ts')}" if isinstance(edited, Mapping) else ""
    return ChatEvent(
        id=f"message:{room}:{message.place.message}{version}",
        kind=kind,
        sender=message.sender,
        room=room,
        at=message.at,
        message=message,
    )


def _is_own(event: Payload, message: Message, account: Account) -> bool:
    """Whether we wrote it: as the bot, or as the person whom the agent writes for."""
    if message.sender == account.member or (account.bot and event.get("bot_id") == account.bot):
        return True
    return message.by_agent and bool(account.person) and message.sender == account.person


def _reaction(event: Payload, payload: Payload, account: Account) -> ChatEvent | None:
    item = event.get("item")
    if not isinstance(item, Mapping) or item.get("type") != "message" or event.get("user") == account.member:
        return None
    place = Place(str(item.get("channel") or ""), str(item.get("ts") or ""))
    # Slack tells which message it was, not what it says.
    message = Message(
        place, sender=str(event.get("item_user") or ""), text="", at=instant(item.get("ts")), link=link(account, place)
    )
    return ChatEvent(
        id=f"event:{payload.get('event_id')}",
        kind=EventKind.REACTION,
        sender=str(event.get("user") or ""),
        room=place.room,
        at=instant(event.get("event_ts")),
        message=message,
        detail={"name": str(event.get("reaction") or "")},
    )


def _press(payload: Payload, account: Account) -> ChatEvent | None:
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions else None
    if not isinstance(action, Mapping) or action.get("type") != "button":
        return None
    room = str(_inner(payload, "channel").get("id") or _inner(payload, "container").get("channel_id") or "")
    message = payload.get("message")
    return ChatEvent(
        id=f"press:{payload.get('trigger_id')}",
        kind=EventKind.PRESSED,
        sender=str(_inner(payload, "user").get("id") or ""),
        room=room,
        at=instant(action.get("action_ts")),
        message=message_of(message, room, account) if isinstance(message, Mapping) else None,
        detail={"button": str(action.get("value") or "")},
        answer_to=str(payload.get("response_url") or ""),
    )


def _command(payload: Payload, now: datetime) -> ChatEvent:
    return ChatEvent(
        id=f"command:{payload.get('trigger_id')}",
        kind=EventKind.COMMAND,
        sender=str(payload.get("user_id") or ""),
        room=str(payload.get("channel_id") or ""),
        at=now,
        detail={"command": str(payload.get("command") or ""), "text": str(payload.get("text") or "")},
        answer_to=str(payload.get("response_url") or ""),
    )


def _inner(payload: Payload, name: str) -> Payload:
    found = payload.get(name)
    return found if isinstance(found, Mapping) else {}
