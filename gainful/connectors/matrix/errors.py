"""Why a homeserver did not do it.

ChatRefused
├── Said            it said no, and gave its own word for it
├── AnswerTooLarge  it said more than is taken at once
└── EncryptedRoom   only who holds the room's keys can read or write there, and this connector holds none
Invalid
└── PositionDamaged the file that says what was heard already cannot be read
"""

from __future__ import annotations

from gainful.core.errors import Invalid
from gainful.sdk.chat import ChatRefused


class Said(ChatRefused):
    """The homeserver said no.

    Args:
        errcode: Its own word, such as `M_FORBIDDEN`.
    """

    def __init__(self, what: str, next_move: str, *, status: int, errcode: str) -> None:
        super().__init__(what, next_move)
        self.status = status
        self.errcode = errcode


class AnswerTooLarge(ChatRefused):
    """The homeserver said more than is taken at once."""


class EncryptedRoom(ChatRefused):
    """The room is encrypted from end to end, and Gainful holds no keys."""

    code = "room-encrypted"

    def __init__(self, room: str) -> None:
        super().__init__(
            f"The room {room[:100]} is encrypted, and Gainful does not hold the keys of encrypted rooms.",
            "Use a room without encryption; once turned on it cannot be turned off.",
        )


class PositionDamaged(Invalid):
    """The file that says what was heard already cannot be read."""

    code = "chat-position-damaged"
