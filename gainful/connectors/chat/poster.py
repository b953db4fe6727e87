"""What posts for the chat tools: something that says each thing once, whatever crashes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gainful.sdk.grant import Grant


@dataclass(frozen=True, slots=True)
class Posting:
    """What is to be posted, and where.

    Args:
        chat: Name of the chat.
        room: Id of the room; empty for a message to one member.
        member: Id of the member, for a message to them alone.
        thread: Id of the message that begins the thread.
        name: Name of the room or member, for people.
        urgent: It does not wait for quiet hours to be over.
    """

    chat: str
    text: str
    room: str = ""
    member: str = ""
    thread: str = ""
    name: str = ""
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """How far a post has come.

    Args:
        state: `posted`, `queued` while it waits for its turn, `held` while quiet hours hold it.
        message: Id of the message, once it is there.
        due: When it will be posted at the earliest, where it is held.
    """

    state: str
    chat: str
    room: str
    message: str = ""
    thread: str = ""
    due: datetime | None = None


class Poster(Protocol):
    """Posts under the key of a grant, for one run: the same key is the same message."""

    def post(self, grant: Grant, posting: Posting) -> Posted:
        """Let it be posted, and wait a moment for it.

        Raises:
            ChatRefused, NoSuchRoom, WordsTooLong: It is not posted.
            ChatUnreachable: It may have been posted; a person looks into it.
        """

    def reply(self, grant: Grant, text: str) -> Posted:
        """Answer where the run was asked.

        Raises:
            As `post`.
        """

    def find(self, key: str) -> Posted | None:
        """How far the post with this key has come; None when nothing was to be posted under it.

        Raises:
            ChatUnreachable: Nobody knows whether it was posted.
        """
