"""A mailbox in memory that keeps the contract and can be told to fail: for tests of everything that uses mailboxes."""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

from gainful.core.errors import Invalid
from gainful.core.mail import Listed, Place, RawMail, Role
from gainful.sdk.grant import Grant
from gainful.sdk.mail import Ability, NoSuchFolder

_KEYWORD = re.compile(r"[A-Za-z0-9_.+$&#-]{1,50}")

FOLDERS = {
    Role.INBOX: "INBOX",
    Role.ARCHIVE: "Archive",
    Role.DRAFTS: "Drafts",
    Role.SENT: "Sent",
    Role.TRASH: "Trash",
    Role.JUNK: "Junk",
}


@dataclass
class Kept:
    """One mail in memory."""

    raw: bytes
    flags: set[str] = field(default_factory=set)
    received_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def message_id(self) -> str:
        """The Message-ID, angle brackets included; empty without one."""
        return str(message_from_bytes(self.raw, policy=policy.compat32).get("Message-ID", "")).strip()


class Mailstore:
    """What the mailboxes of one account share, as connections share a server: folders by name, mails by uid."""

    def __init__(self) -> None:
        self.folders: dict[str, dict[str, Kept]] = {name: {} for name in FOLDERS.values() if name != "Archive"}
        self.validity = "1"
        self.changed = threading.Condition()
        self._uids = itertools.count(1)

    def put(self, folder: str, kept: Kept) -> str:
        """Store a mail; its new uid."""
        with self.changed:
            uid = str(next(self._uids))
            self.folders.setdefault(folder, {})[uid] = kept
            self.changed.notify_all()
        return uid

    def newest(self, folder: str) -> int:
        """The uid of the folder's newest mail; 0 when it is empty."""
        return max(map(int, self.folders.get(folder, {})), default=0)

    def renumber(self) -> None:
        """Give every mail a new uid and every folder a new validity, as a restored server does."""
        self.validity = str(int(self.validity) + 1)
        for name, mails in self.folders.items():
            self.folders[name] = {str(next(self._uids)): kept for kept in mails.values()}


class MemoryMailbox:
    """A mailbox over a `Mailstore`.

    Args:
        before: Called with an operation's name before it takes effect; may raise.
        after: Called after it has taken effect and before the caller learns of it; may raise.
    """

    abilities = frozenset({Ability.KEYWORDS, Ability.MOVE, Ability.DRAFTS, Ability.WAIT})

    def __init__(
        self,
        store: Mailstore,
        before: Callable[[str], None] = lambda _: None,
        after: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.account = "memory:"
        self.store = store
        self._listed: dict[str, int] = {}
        self._before = before
        self._after = after

    def folder(self, role: Role) -> str | None:
        """The folder with this role."""
        return FOLDERS[role]

    def validity(self, folder: str) -> str:
        """The store's validity."""
        if folder not in self.store.folders:
            raise NoSuchFolder(f"There is no folder {folder}.", "Name one that exists.")
        return self.store.validity

    def listing(self, folder: str, after: str | None = None) -> list[Listed]:
        """The folder's mails, oldest first."""
        self._listed[folder] = self.store.newest(folder)
        return [
            Listed(self._place(folder, uid), len(kept.raw), frozenset(kept.flags))
            for uid, kept in self._mails(folder).items()
            if after is None or int(uid) > int(after)
        ]

    def fetch(self, folder: str, uids: Collection[str], max_bytes: int) -> Iterator[RawMail]:
        """The mails as they lie; of larger ones the headers."""
        self._before("fetch")
        for uid in uids:
            kept = self._mails(folder).get(uid)
            if kept is None:
                continue
            whole = len(kept.raw) <= max_bytes
            raw = kept.raw if whole else kept.raw.partition(b"\r\n\r\n")[0][:max_bytes]
            flags = frozenset(kept.flags)
            yield RawMail(self._place(folder, uid), len(kept.raw), flags, kept.received_at, raw, complete=whole)

    def flags(self, folder: str, uids: Collection[str]) -> dict[str, frozenset[str]]:
        """Present flags by uid."""
        mails = self._mails(folder)
        return {uid: frozenset(mails[uid].flags) for uid in uids if uid in mails}

    def change_keywords(
        self, grant: Grant, folder: str, uids: Collection[str], *, add: Collection[str], remove: Collection[str]
    ) -> None:
        """Add and remove keywords."""
        del grant
        for keyword in (*add, *remove):
            if not _KEYWORD.fullmatch(keyword):
                raise Invalid(f"'{keyword[:60]}' cannot be a keyword.", "Use letters, digits, - and _.")
        if folder not in self.store.folders:
            raise NoSuchFolder(f"There is no folder {folder}.", "Name one that exists.")
        self._before("change_keywords")
        for uid in uids:
            kept = self._mails(folder).get(uid)
            if kept is not None:
                kept.flags |= set(add)
                kept.flags -= set(remove)
        self._after("change_keywords")

    def move(self, grant: Grant, folder: str, uids: Collection[str], to: str) -> Mapping[str, Place]:
        """Move all of them at once."""
        del grant
        if folder == to:
            raise Invalid(f"The mail already lies in {to}.", "Name another folder.")
        self._before("move")
        source = self._mails(folder)
        placed = {uid: self._place(to, self.store.put(to, source.pop(uid))) for uid in uids if uid in source}
        self._after("move")
        return placed

    def append_draft(self, grant: Grant, raw: bytes) -> Place | None:
        """Store a draft."""
        del grant
        self._before("append_draft")
        uid = self.store.put("Drafts", Kept(raw, {"\\Draft", "\\Seen"}))
        self._after("append_draft")
        return self._place("Drafts", uid)

    def append_sent(self, grant: Grant, raw: bytes) -> Place | None:
        """Store what was sent."""
        del grant
        self._before("append_sent")
        uid = self.store.put("Sent", Kept(raw, {"\\Seen"}))
        self._after("append_sent")
        return self._place("Sent", uid)

    def find(self, folder: str, message_id: str) -> list[Place]:
        """Mails with this Message-ID."""
        if not message_id.strip():
            return []
        mails = self._mails(folder)
        return [self._place(folder, uid) for uid, kept in mails.items() if kept.message_id == message_id]

    def wait(self, folder: str, timeout: timedelta) -> bool:
        """Wait until a mail lies there that was not listed."""
        self.validity(folder)
        known = self._listed.setdefault(folder, self.store.newest(folder))
        with self.store.changed:
            return self.store.changed.wait_for(lambda: self.store.newest(folder) > known, timeout.total_seconds())

    def reconnect(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""

    def _mails(self, folder: str) -> dict[str, Kept]:
        return self.store.folders.get(folder, {})

    def _place(self, folder: str, uid: str) -> Place:
        return Place(folder, self.store.validity, uid)
