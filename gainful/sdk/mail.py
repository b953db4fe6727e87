"""What a mail connector implements: list, peek, keyword, move, draft, wait. Nothing that deletes or sends."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from gainful.core.errors import Invalid, Refused, Unavailable
from gainful.core.mail import Listed, Place, RawMail, Role
from gainful.sdk.grant import Grant


class MailboxUnreachable(Unavailable):
    """The server cannot be reached, or the connection broke; reconnecting may help."""

    code = "mailbox-unreachable"


class LoginRefused(Refused):
    """The server answered, and refused the name, password or token."""

    code = "login-refused"


class MailboxBusy(Unavailable):
    """Somebody else holds the mailbox: another Gainful, or a program that keeps its lock."""

    code = "mailbox-busy"


class NoSuchFolder(Invalid):
    """The mailbox has no folder of that name."""

    code = "no-such-folder"


class ServerRefused(Refused):
    """The mail server understood the request, and said no: no right, no room, not supported."""

    code = "server-refused"


class Ability(StrEnum):
    """What a mailbox can do; asked before an action is chosen, so that nothing fails half way."""

    KEYWORDS = "keywords"
    MOVE = "move"
    DRAFTS = "drafts"
    WAIT = "wait"


@runtime_checkable
class Mailbox(Protocol):
    """One account's mail. Not thread-safe: one thread, one mailbox.

    No method ever sets `\\Seen` or `\\Deleted`, expunges, deletes, or sends. A folder that does not exist is empty.
    Every method may raise `MailboxUnreachable`; the caller reconnects with `reconnect` and asks again.
    A folder that is not there holds no mail: reading it answers with nothing; `validity`, `wait` and
    `change_keywords` raise `NoSuchFolder`. What an absent ability would do is refused with `Refused`.
    """

    account: str
    """Stable name of the account, such as `imaps://me@mail.example.org`."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What this mailbox can do; may ask the server once."""

    def folder(self, role: Role) -> str | None:
        """The folder with this role, or None. Where mail can move, ARCHIVE always has a name: `move` creates it."""

    def validity(self, folder: str) -> str:
        """The folder's UIDVALIDITY (or its like): while it stays, uids keep their meaning."""

    def listing(self, folder: str, after: str | None = None) -> list[Listed]:
        """The folder's mails, oldest first; at least those that came after uid `after` where given.

        May return more: a Maildir's names tell no order of arrival, so it ignores `after`.
        """

    def fetch(self, folder: str, uids: Collection[str], max_bytes: int) -> Iterator[RawMail]:
        """The mails as they lie, unseen still unseen. Larger than `max_bytes`: headers only, `complete=False`.

        Mails that are gone are left out.
        """

    def flags(self, folder: str, uids: Collection[str]) -> dict[str, frozenset[str]]:
        """Present flags and keywords by uid; mails that are gone are left out."""

    def change_keywords(
        self, grant: Grant, folder: str, uids: Collection[str], *, add: Collection[str], remove: Collection[str]
    ) -> None:
        """Add and remove keywords on all these mails. Idempotent. System flags are refused with `Invalid`."""

    def move(self, grant: Grant, folder: str, uids: Collection[str], to: str) -> Mapping[str, Place]:
        """Move in one batch, creating `to` when absent. Returns new places by old uid, as far as they are known.

        A mail missing in the answer is gone from `folder`, or moved without the server telling where.
        """

    def append_draft(self, grant: Grant, raw: bytes) -> Place | None:
        """Put one message into the drafts folder, flagged `\\Draft` and `\\Seen`. None: stored, place unknown."""

    def find(self, folder: str, message_id: str) -> list[Place]:
        """Mails of that folder with this Message-ID (with angle brackets), oldest first."""

    def wait(self, folder: str, timeout: timedelta) -> bool:
        """Block until the folder may have changed (True) or the time is up (False). Only a hint."""

    def reconnect(self) -> None:
        """Drop the connection and open it anew."""

    def close(self) -> None:
        """Let go of the connection. Safe to call twice."""


@runtime_checkable
class KeepsSent(Protocol):
    """A mailbox into which a copy of what was sent can be put."""

    def append_sent(self, grant: Grant, raw: bytes) -> Place | None:
        """Put one message into the folder of sent mail, flagged `\\Seen`. None: stored, place unknown."""
