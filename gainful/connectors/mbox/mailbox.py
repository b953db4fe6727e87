"""An mbox file as a mailbox that can only be read: for reports and for export."""

# ruff: noqa: ARG002 - the methods that change are there to refuse

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from gainful.connectors.mbox.reader import Part, looks_like_mbox, parts, read
from gainful.core.errors import Invalid, Refused
from gainful.core.mail import Listed, Place, RawMail, Role
from gainful.sdk.grant import Grant
from gainful.sdk.mail import Ability, MailboxUnreachable, NoSuchFolder

INBOX = "INBOX"


class MailboxReadOnly(Refused):
    """The mailbox can be read and reported on, but not changed."""

    code = "mailbox-read-only"


class MboxMailbox:
    """One mbox file; all its mail is in the inbox.

    Args:
        path: The file.

    Raises:
        Invalid: There is no mbox; the next move says what to type instead.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser().resolve()
        _check_mbox(self._path)
        self.account = f"mbox:{self._path}"
        self.abilities: frozenset[Ability] = frozenset()
        self._index: tuple[str, dict[str, Part]] = ("", {})

    def folder(self, role: Role) -> str | None:
        """The inbox; there is no other folder."""
        return INBOX if role is Role.INBOX else None

    def validity(self, folder: str) -> str:
        """The file's size and time: once it changes, uids mean something else."""
        if folder != INBOX:
            raise NoSuchFolder(f"{self._path} has no folder {folder[:60]!r}.", f"An mbox has only {INBOX}.")
        with self._disk():
            found = self._path.stat()
        return f"{found.st_size}-{found.st_mtime_ns}"

    def listing(self, folder: str, after: str | None = None) -> list[Listed]:
        """The file's mails in its order; those behind `after` where that uid is still valid, else all."""
        if folder != INBOX:
            return []
        validity, index = self._indexed()
        listed = [Listed(Place(INBOX, validity, uid), part.size, part.flags) for uid, part in index.items()]
        first = index[after].ordinal if after is not None and after in index else 0
        return listed[first:]

    def fetch(self, folder: str, uids: Collection[str], max_bytes: int) -> Iterator[RawMail]:
        """The mails in the order asked for, one in memory at a time. Headers too are cut at `max_bytes`."""
        if folder != INBOX:
            return
        validity, index = self._indexed()
        fallback = datetime.fromtimestamp(int(validity.split("-")[1]) // 1_000_000_000, UTC)
        with self._disk(), self._path.open("rb") as file:
            for uid in uids:
                part = index.get(uid)
                if part is None:
                    continue
                yield RawMail(
                    place=Place(INBOX, validity, uid),
                    size=part.size,
                    flags=part.flags,
                    received_at=part.received_at or fallback,
                    raw=read(file, part, max_bytes),
                    complete=part.size <= max_bytes,
                )

    def flags(self, folder: str, uids: Collection[str]) -> dict[str, frozenset[str]]:
        """Flags by uid, from the Status, X-Status and X-Keywords headers."""
        if folder != INBOX:
            return {}
        index = self._indexed()[1]
        return {uid: index[uid].flags for uid in uids if uid in index}

    def change_keywords(
        self, grant: Grant, folder: str, uids: Collection[str], *, add: Collection[str], remove: Collection[str]
    ) -> NoReturn:
        """Refused: an mbox would have to be written anew."""
        raise self._read_only()

    def move(self, grant: Grant, folder: str, uids: Collection[str], to: str) -> Mapping[str, Place]:
        """Refused: an mbox would have to be written anew."""
        raise self._read_only()

    def append_draft(self, grant: Grant, raw: bytes) -> Place | None:
        """Refused: an mbox has no drafts."""
        raise self._read_only()

    def find(self, folder: str, message_id: str) -> list[Place]:
        """Mails with exactly this Message-ID."""
        if folder != INBOX:
            return []
        validity, index = self._indexed()
        return [Place(INBOX, validity, uid) for uid, part in index.items() if message_id in part.message_ids]

    def wait(self, folder: str, timeout: timedelta) -> bool:
        """Refused: an mbox is read once."""
        raise self._read_only()

    def reconnect(self) -> None:
        """Look whether the file is still there; there is no connection."""
        self.validity(INBOX)

    def close(self) -> None:
        """Nothing is held. Safe to call twice."""

    def _indexed(self) -> tuple[str, dict[str, Part]]:
        """The file's validity, and every mail by uid; the file is read through when it changed."""
        validity = self.validity(INBOX)
        if self._index[0] != validity:
            with self._disk(), self._path.open("rb") as file:
                self._index = (validity, {part.uid: part for part in parts(file)})
        return self._index

    def _read_only(self) -> MailboxReadOnly:
        return MailboxReadOnly(
            f"{self._path} is an mbox, which Gainful only reads.",
            "Report and export work; convert it to a Maildir to have mail labelled and archived.",
        )

    @contextmanager
    def _disk(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise MailboxUnreachable(
                f"{self._path}: {error.strerror or error}.", "Check that the file is there and may be read."
            ) from error


def _check_mbox(path: Path) -> None:
    if path.is_dir():
        is_maildir = (path / "cur").is_dir() and (path / "new").is_dir()
        hint = f"It is a Maildir: write maildir:{path}." if is_maildir else "Name the mbox file itself."
        raise Invalid(f"{path} is a directory, not an mbox file.", hint)
    try:
        usable = looks_like_mbox(path)
    except FileNotFoundError as error:
        raise Invalid(f"There is nothing at {path}.", "Check the path.") from error
    except OSError as error:
        raise Invalid(f"{path}: {error.strerror or error}.", "Check its owner and permissions.") from error
    if not usable:
        raise Invalid(f"{path} does not begin like an mbox, with a `From ` line.", "Name an mbox file.")
