"""A Maildir as a mailbox. Mail is only ever renamed; no file of it is written, copied or removed."""

# ruff: noqa: ARG002 - a grant proves by its presence that the gate allowed the call

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import socket
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from gainful.connectors.maildir.files import sync_directory, write_new
from gainful.connectors.maildir.folder import (
    HEADERS,
    Entry,
    Folder,
    fingerprint,
    headers_of,
    message_ids,
    stat_of,
)
from gainful.connectors.maildir.folders import Folders, check_maildir, is_maildir
from gainful.connectors.maildir.lock import Lock
from gainful.connectors.maildir.names import FileName
from gainful.core.errors import GainfulError, Invalid
from gainful.core.mail import Listed, Place, RawMail, Role
from gainful.sdk.grant import Grant
from gainful.sdk.keyword import check_keywords
from gainful.sdk.mail import Ability, MailboxUnreachable, NoSuchFolder

VALIDITY = "maildir"
POLL = timedelta(seconds=0.5)
# A directory's time may tick only every few milliseconds; within that span a second change does not show.
FRESH_SECONDS = 1.0

_NEXT_MOVES = {
    errno.ENOSPC: "Free some space on that disk.",
    errno.EDQUOT: "Free some space within your quota.",
    errno.EROFS: "Make the file system writable; reading works without.",
    errno.EACCES: "Run Gainful as the owner of the Maildir.",
    errno.EPERM: "Run Gainful as the owner of the Maildir.",
    errno.EXDEV: "Keep all folders of a Maildir on one file system.",
}


def unique_name() -> str:
    """A file name that no other delivery uses.

    Source: cr.yp.to/proto/maildir.html, "Unique names".
    """
    seconds, nanos = divmod(time.time_ns(), 1_000_000_000)
    host = socket.gethostname().replace("/", "\\057").replace(":", "\\072")
    return f"{seconds}.M{nanos // 1000}P{os.getpid()}R{secrets.token_hex(8)}.{host}"


class MaildirMailbox:
    """One Maildir with its Maildir++ folders.

    Args:
        path: The directory with `cur`, `new` and `tmp`.
        exclusive: Hold the lock until `close`, so that no second Gainful works here.
        poll: How often `wait` looks.
        unique: Gives names for new files.

    Raises:
        Invalid: There is no Maildir.
        MailboxBusy: Another Gainful holds the lock.
    """

    def __init__(
        self,
        path: Path,
        *,
        exclusive: bool = False,
        poll: timedelta = POLL,
        unique: Callable[[], str] = unique_name,
    ) -> None:
        self._root = path.expanduser().resolve()
        check_maildir(self._root)
        self.account = f"maildir:{self._root}"
        self.abilities = frozenset(Ability)
        self._folders = Folders(self._root)
        self._poll = poll.total_seconds()
        self._unique = unique
        self._lock = Lock(self._root)
        self._told: dict[str, int] = {}
        self._message_ids: dict[str, dict[str, tuple[str, ...]]] = {}
        if exclusive:
            with self._disk():
                self._lock.take()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lock for the time of a block.

        Raises:
            MailboxBusy: Another Gainful holds it.
        """
        with self._disk():
            self._lock.take()
        try:
            yield
        finally:
            self._lock.release()

    def folder(self, role: Role) -> str | None:
        """The folder with this role, by its name; ARCHIVE has a name even before it exists."""
        with self._disk():
            return self._folders.role_or_default(role) if role is Role.ARCHIVE else self._folders.role(role)

    def validity(self, folder: str) -> str:
        """Always the same: a Maildir's names are unique for ever."""
        with self._disk():
            self._folders.directory(folder)
        return VALIDITY

    def listing(self, folder: str, after: str | None = None) -> list[Listed]:
        """The folder's mails by arrival. `after` is ignored: late deliveries may have early names."""
        with self._disk():
            opened = self._open(folder)
            if opened is None:
                return []
            stats = opened.stats()
            keywords = opened.keywords.by_letter()
        self._told[folder] = fingerprint([stat.entry for stat in stats])
        return [
            Listed(Place(folder, VALIDITY, stat.entry.name.unique), stat.size, stat.entry.name.flags(keywords))
            for stat in stats
        ]

    def fetch(self, folder: str, uids: Collection[str], max_bytes: int) -> Iterator[RawMail]:
        """The mails in the order asked for, one in memory at a time. Headers too are cut at `max_bytes`."""
        with self._disk():
            opened = self._open(folder)
            if opened is None:
                return
            entries, keywords = opened.entries(), opened.keywords.by_letter()
        for uid in uids:
            mail = None
            with self._disk():
                if uid in entries:
                    mail = _read(folder, entries[uid], keywords, max_bytes)
                if uid in entries and mail is None:
                    # Another program renamed it, and perhaps many more; look once more.
                    entries, keywords = opened.entries(), opened.keywords.by_letter()
                    mail = _read(folder, entries[uid], keywords, max_bytes) if uid in entries else None
            if mail is not None:
                yield mail

    def flags(self, folder: str, uids: Collection[str]) -> dict[str, frozenset[str]]:
        """Present flags by uid."""
        with self._disk():
            opened = self._open(folder)
            if opened is None:
                return {}
            entries, keywords = opened.entries(), opened.keywords.by_letter()
        return {uid: entries[uid].name.flags(keywords) for uid in uids if uid in entries}

    def change_keywords(
        self, grant: Grant, folder: str, uids: Collection[str], *, add: Collection[str], remove: Collection[str]
    ) -> None:
        """Add and remove keywords as lower-case letters in the file names.

        Raises:
            Invalid: Not a keyword, or a 27th keyword in this folder.
            MailboxBusy: Another program keeps the lock on the folder's keywords.
        """
        check_keywords([*add, *remove])
        with self._disk():
            Folder(self._folders.directory(folder)).relabel(uids, add, remove)

    def move(self, grant: Grant, folder: str, uids: Collection[str], to: str) -> Mapping[str, Place]:
        """Rename into the other folder; unique names, arrival, flags and keywords stay.

        Raises:
            Invalid: The other folder cannot have that name, or has no room for the keywords.
        """
        if to == folder:
            raise Invalid(f"The mail already lies in {folder}.", "Name another folder to move it to.")
        with self._disk():
            opened = self._open(folder)
            if opened is None or not uids:
                return {}
            moved = opened.move(uids, Folder(self._folders.ensure(to)))
        return {old: Place(to, VALIDITY, new) for old, new in moved.items()}

    def append_draft(self, grant: Grant, raw: bytes) -> Place:
        """Write the message into `tmp`, and let it appear among the drafts complete or not at all."""
        return self._append(Role.DRAFTS, raw, "DS")

    def append_sent(self, grant: Grant, raw: bytes) -> Place:
        """As `append_draft`, into the folder of what was sent."""
        return self._append(Role.SENT, raw, "S")

    def _append(self, role: Role, raw: bytes, flags: str) -> Place:
        with self._disk():
            folder = self._folders.role_or_default(role)
            directory = self._folders.ensure(folder)
            unique = f"{self._unique()},S={len(raw)}"
            begun = directory / "tmp" / unique
            write_new(begun, raw)
            begun.rename(directory / "cur" / str(FileName(unique, flags)))
            sync_directory(directory / "cur")
        return Place(folder, VALIDITY, unique)

    def find(self, folder: str, message_id: str) -> list[Place]:
        """Mails with exactly this Message-ID. Headers are read once and remembered: mail files never change."""
        with self._disk():
            opened = self._open(folder)
            if opened is None:
                return []
            known = self._known_ids(folder, opened)
            stats = [stat for uid in known if message_id in known[uid][1] and (stat := stat_of(known[uid][0]))]
        return [Place(folder, VALIDITY, stat.entry.name.unique) for stat in sorted(stats, key=lambda s: s.order)]

    def wait(self, folder: str, timeout: timedelta) -> bool:
        """Look every `poll` whether a mail came, went or changed its flags since the last `listing` or `wait`."""
        end = time.monotonic() + timeout.total_seconds()
        with self._disk():
            opened = Folder(self._folders.directory(folder))
            told = self._told.setdefault(folder, opened.fingerprint())
            changed: tuple[int, int] | None = None
            while True:
                now = opened.changed_ns()
                # Names are compared only while the directories' times leave a doubt.
                if now != changed or time.time() - max(now) / 1e9 < FRESH_SECONDS:
                    present = opened.fingerprint()
                    self._told[folder] = present
                    if present != told:
                        return True
                changed = now
                left = end - time.monotonic()
                if left <= 0:
                    return False
                time.sleep(min(self._poll, left))

    def reconnect(self) -> None:
        """Look whether the Maildir is still there; there is no connection."""
        with self._disk():
            if not is_maildir(self._root):
                raise MailboxUnreachable(f"{self._root} is gone.", "Check that its disk is mounted.")

    def close(self) -> None:
        """Let go of the lock. Safe to call twice."""
        self._lock.release()

    def _open(self, folder: str) -> Folder | None:
        try:
            return Folder(self._folders.directory(folder))
        except NoSuchFolder:
            return None

    def _known_ids(self, folder: str, opened: Folder) -> dict[str, tuple[Entry, tuple[str, ...]]]:
        """File and Message-IDs of every mail in the folder, by uid."""
        remembered = self._message_ids.get(folder, {})
        found: dict[str, tuple[Entry, tuple[str, ...]]] = {}
        for uid, entry in opened.entries().items():
            ids = remembered.get(uid)
            if ids is None:
                try:
                    ids = message_ids(headers_of(entry.path, HEADERS))
                except FileNotFoundError:
                    continue
            found[uid] = (entry, ids)
        self._message_ids[folder] = {uid: ids for uid, (_, ids) in found.items()}
        return found

    @contextlib.contextmanager
    def _disk(self) -> Iterator[None]:
        """Turn what the file system says into an error with a next move."""
        try:
            yield
        except GainfulError:
            raise
        except OSError as error:
            name = error.filename2 or error.filename or self._root
            raise MailboxUnreachable(
                f"{name}: {error.strerror or error}.",
                _NEXT_MOVES.get(error.errno or 0, "Check the disk, and try again."),
            ) from error


def _read(folder: str, entry: Entry, keywords: Mapping[str, str], max_bytes: int) -> RawMail | None:
    """The mail, or None when its file is no longer there under that name."""
    stat = stat_of(entry)
    if stat is None:
        return None
    complete = stat.size <= max_bytes
    try:
        raw = entry.path.read_bytes() if complete else headers_of(entry.path, max_bytes)
    except FileNotFoundError:
        return None
    return RawMail(
        place=Place(folder, VALIDITY, entry.name.unique),
        size=stat.size,
        flags=entry.name.flags(keywords),
        received_at=stat.received_at,
        raw=raw,
        complete=complete,
    )
