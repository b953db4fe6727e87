"""What a run is told of what has woken it, by the kind of its trigger: the names that `gather` and `answer` can use."""

from __future__ import annotations

from collections.abc import Mapping

_ROOM = {
    "room": "Where, as tools of chats take it: `slack:C012`.",
    "room_name": "As people call it, where the chat tells.",
}
_MESSAGE = {
    "text": "What the message says.",
    "sender": "Who wrote it.",
    **_ROOM,
    "message": "Its id.",
    "thread": "Id of the message that begins the thread in which it is answered.",
    "link": "Its address on the web, where it has one.",
}

TOLD: Mapping[str, Mapping[str, str]] = {
    "cron": {"time": "The time that is due, on the clock of the trigger's zone: `Monday 2026-11-30T09:00+01:00`."},
    "mention": _MESSAGE,
    "direct": _MESSAGE,
    "reaction": {
        **_MESSAGE,
        "text": "What the message says; not every chat tells.",
        "sender": "Who put the reaction there.",
        "reaction": "Its name.",
    },
    "command": {"text": "What stands behind the command.", "sender": "Who typed it.", **_ROOM, "command": "Its name."},
    "message": _MESSAGE,
    "mail": {
        "id": "As `mail.read` takes it.",
        "account": "Name of the account in the settings.",
        "from": "Address of the sender.",
        "from_name": "The name that the sender gives.",
        "subject": "The subject.",
        "label": "Keys of the labels that were decided, the main one first.",
    },
    "webhook": {
        "event": "What GitHub says it is, such as `issues`.",
        "body": "What was sent, where it is JSON and no mere text.",
        "text": "What was sent, where it is a text.",
    },
    "file": {
        "path": "As `files.read` takes it.",
        "change": "`changed`, or `new` where it was not there before.",
        "sha256": "Of what it holds now; beyond 64 MiB, of its size and time.",
    },
    "run": {
        "agent": "Whose run it was.",
        "run": "Its id.",
        "state": "How it ended.",
        "text": "What it said at its end.",
    },
    "meeting": {
        "calendar": "Name of the calendar in the settings.",
        "since": "When it began: what has happened since then was missed.",
        "ended": "When it ended.",
    },
    "hand": {"text": "What the person typed."},
}
