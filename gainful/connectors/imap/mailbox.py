"""An IMAP account as a mailbox: read with EXAMINE and PEEK, changed only by +FLAGS, MOVE and APPEND."""

# ruff: noqa: ARG002 - a grant proves by its presence that the gate allowed the call

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from gainful.connectors.imap.address import ImapAddress
from gainful.connectors.imap.folders import Folders
from gainful.connectors.imap.responses import copied_uids, flag_names, uid_number, uid_numbers, uid_set
from gainful.connectors.imap.session import Auth, Session
from gainful.connectors.imap.wire import Wire
from gainful.core.errors import Invalid
from gainful.core.mail import Listed, Place, RawMail, Role
from gainful.sdk.grant import Grant
from gainful.sdk.keyword import check_keywords
from gainful.sdk.mail import Ability, NoSuchFolder, ServerRefused
from gainful.sdk.secret import Handle, Secret

FETCH_COUNT = 200
FETCH_BYTES = 8 * 1024 * 1024
"""One FETCH answers at most that many mails and about that many octets, which lie in memory together."""
STORE_COUNT = 500
MOVE_COUNT = 300
IDLE_LONGEST = timedelta(minutes=10)
"""Servers may hang up after 30 idle minutes (RFC 2177), and home routers forget connections much sooner."""
NOOP_EVERY = timedelta(seconds=30)
LONGEST_MESSAGE_ID = 900
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_QUOTABLE = re.compile(r"[\x20-\x7e]+")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A selected folder, as the server described it on opening."""

    folder: str
    writable: bool
    validity: str
    uidnext: int
    exists: int
    keeps_keywords: bool

    @property
    def fingerprint(self) -> tuple[str, int, int]:
        return self.validity, self.uidnext, self.exists


class ImapMailbox:
    """One IMAP account.

    Args:
        url: `imaps://user@host[:port]` or `imap://…`; see `ImapAddress.parse` for the options.
        secret: The password or access token, or the handle that gives it at each login.
        auth: `password`, or `xoauth2` for an access token.
        timeout: Of the connecting and of each single answer.
        noop_every: How often a server without IDLE is asked for news while waiting.

    Raises:
        Invalid, MailboxUnreachable, LoginRefused, CleartextRefused: It cannot be opened; see `Session.open`.
    """

    def __init__(
        self,
        url: str,
        secret: Secret | Handle,
        *,
        auth: Auth = "password",
        timeout: timedelta = timedelta(seconds=60),
        noop_every: timedelta = NOOP_EVERY,
    ) -> None:
        address = ImapAddress.parse(url)
        self.account = address.account
        self._session = Session(address, Handle.of(secret), auth, timeout)
        self._noop_every = noop_every
        self._opened: _Opened | None = None
        self._folders: Folders | None = None
        self._abilities: frozenset[Ability] | None = None
        self._told: dict[str, tuple[str, int, int]] = {}
        self._session.open()

    @property
    def abilities(self) -> frozenset[Ability]:
        """What the server lets us do with the inbox; asked once per connection."""
        if self._abilities is None:
            self._abilities = frozenset({Ability.DRAFTS, Ability.WAIT} | self._changes_allowed())
        return self._abilities

    def folder(self, role: Role) -> str | None:
        """The folder with this role; ARCHIVE has a name even before it exists."""
        found = self._known_folders().role(role)
        if found is None and role is Role.ARCHIVE:
            return self._known_folders().default(role)
        return found

    def validity(self, folder: str) -> str:
        """The folder's UIDVALIDITY in decimal."""
        return self._open(folder, fresh=True).validity

    def listing(self, folder: str, after: str | None = None) -> list[Listed]:
        """The folder's mails by ascending uid."""
        first = uid_number(after) + 1 if after else 1
        opened = self._open_if_there(folder, fresh=True)
        if opened is None:
            return []
        self._told[folder] = opened.fingerprint
        if not opened.exists or first >= 2**32:
            return []
        with self._session.talk("FETCH") as wire:
            rows = wire.fetch_set(f"{first}:*", ("UID", "FLAGS", "RFC822.SIZE"))
        # `*` is the last mail even when its uid lies before `first`.
        return [
            Listed(Place(folder, opened.validity, str(uid)), row[b"RFC822.SIZE"], _flags(row))
            for uid, row in sorted(rows.items())
            if uid >= first and _has_size(row)
        ]

    def fetch(self, folder: str, uids: Collection[str], max_bytes: int) -> Iterator[RawMail]:
        """The mails by ascending uid; memory holds about `FETCH_BYTES` at a time.

        Headers of larger mails are cut at `max_bytes` too.
        """
        opened = self._open_if_there(folder)
        for chunk in _chunks(uid_numbers(uids), FETCH_COUNT) if opened else ():
            sizes = self._sizes(folder, chunk)
            fitting = {uid: size for uid, size in sizes.items() if size <= max_bytes}
            for batch in _batches(fitting, FETCH_BYTES):
                yield from self._bodies(folder, batch, "BODY.PEEK[]", complete=True)
            for batch in _batches(dict.fromkeys(sorted(sizes.keys() - fitting.keys()), max_bytes), FETCH_BYTES):
                yield from self._bodies(folder, batch, f"BODY.PEEK[HEADER]<0.{max(max_bytes, 1)}>", complete=False)

    def flags(self, folder: str, uids: Collection[str]) -> dict[str, frozenset[str]]:
        """Present flags by uid."""
        found: dict[str, frozenset[str]] = {}
        if self._open_if_there(folder, fresh=True) is None:
            return found
        for chunk in _chunks(uid_numbers(uids), STORE_COUNT):
            with self._session.talk("FETCH") as wire:
                rows = wire.fetch_set(uid_set(chunk), ("UID", "FLAGS"))
            asked = set(chunk)
            found.update({str(uid): _flags(row) for uid, row in rows.items() if uid in asked})
        return found

    def change_keywords(
        self, grant: Grant, folder: str, uids: Collection[str], *, add: Collection[str], remove: Collection[str]
    ) -> None:
        """Add and remove keywords in batches; other flags are not touched.

        Raises:
            ServerRefused: The server keeps no keywords in this folder.
        """
        check_keywords([*add, *remove])
        numbers = uid_numbers(uids)
        if not numbers or not (add or remove):
            return
        if not self._open(folder, write=True).keeps_keywords:
            raise ServerRefused(
                f"{self.account} keeps no keywords in {folder}.", "Labels cannot be shown there; triage without them."
            )
        for chunk in _chunks(numbers, STORE_COUNT):
            with self._session.talk("STORE") as wire:
                if add:
                    wire.add_flags(uid_set(chunk), sorted(add), silent=True)
                if remove:
                    wire.remove_flags(uid_set(chunk), sorted(remove), silent=True)

    def move(self, grant: Grant, folder: str, uids: Collection[str], to: str) -> Mapping[str, Place]:
        """Move in batches by MOVE, never by copy and delete; new places come from COPYUID where the server tells.

        Raises:
            ServerRefused: The server cannot MOVE, or does not allow it here.
        """
        if Ability.MOVE not in self.abilities:
            raise ServerRefused(
                f"{self.account} cannot move mail in one step (no MOVE).", "Label there instead of archiving."
            )
        numbers = uid_numbers(uids)
        if not numbers or self._open_if_there(folder, write=True) is None:
            return {}
        if to == folder:
            raise Invalid(f"The mail already lies in {folder}.", "Name another folder to move it to.")
        self._create_if_absent(to)
        self._open(folder, write=True)
        moved: dict[str, Place] = {}
        for chunk in _chunks(numbers, MOVE_COUNT):
            with self._session.talk("MOVE") as wire:
                wire.take_code("COPYUID")
                wire.move(uid_set(chunk), to)
                answers = wire.take_code("COPYUID")
            for answer in answers:
                validity, pairs = copied_uids(answer, chunk)
                moved.update({str(old): Place(to, validity, str(new)) for old, new in pairs.items()})
        return moved

    def append_draft(self, grant: Grant, raw: bytes) -> Place | None:
        """Put the message into the drafts, which are created where there are none."""
        return self._append(Role.DRAFTS, raw, ("\\Draft", "\\Seen"))

    def append_sent(self, grant: Grant, raw: bytes) -> Place | None:
        """Put a message that was sent into the folder for those, which is created where there is none."""
        return self._append(Role.SENT, raw, ("\\Seen",))

    def _append(self, role: Role, raw: bytes, flags: tuple[str, ...]) -> Place | None:
        if b"\0" in raw:
            raise Invalid("The message holds a NUL byte, which IMAP cannot carry.", "Encode that part of it.")
        folder = self._known_folders().role(role) or self._known_folders().default(role)
        self._create_if_absent(folder)
        with self._session.talk("APPEND") as wire:
            wire.take_code("APPENDUID")
            wire.append(folder, raw, flags=flags)
            answers = wire.take_code("APPENDUID")
        for answer in answers:
            words = answer.decode("ascii", "replace").split()
            if len(words) == 2 and all(word.isdecimal() for word in words):
                return Place(folder, *words)
        return None

    def find(self, folder: str, message_id: str) -> list[Place]:
        """Mails with exactly this Message-ID. One that no server could search for is simply not found."""
        if not _QUOTABLE.fullmatch(message_id) or len(message_id) > LONGEST_MESSAGE_ID:
            return []
        opened = self._open_if_there(folder, fresh=True)
        if opened is None or not opened.exists:
            return []
        quoted = message_id.replace("\\", "\\\\").replace('"', '\\"')
        with self._session.talk("SEARCH") as wire:
            numbers = sorted(wire.search(f'HEADER Message-ID "{quoted}"'))
        # Servers search for a part of the value, and in any case of letters.
        found = [uid for chunk in _chunks(numbers, FETCH_COUNT) for uid in self._having(chunk, message_id)]
        return [Place(folder, opened.validity, str(uid)) for uid in found]

    def wait(self, folder: str, timeout: timedelta) -> bool:
        """Wait by IDLE, or by asking every `noop_every` where the server has no IDLE.

        Mail that came between the last `listing` and this call counts as a change.
        """
        end = time.monotonic() + timeout.total_seconds()
        while True:
            opened = self._open(folder, fresh=True)
            told = self._told.setdefault(folder, opened.fingerprint)
            self._told[folder] = opened.fingerprint
            if told != opened.fingerprint:
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            with self._session.talk("IDLE") as wire:
                changed = self._listen(wire, left)
            if changed:
                return True

    def reconnect(self) -> None:
        """Drop the connection and log in anew, with the secret asked again."""
        self._forget()
        self._session.open()

    def close(self) -> None:
        """Log out. Safe to call twice."""
        self._forget()
        self._session.leave()

    def _forget(self) -> None:
        # What was told of the folders stays: the next wait shall notice what came meanwhile.
        self._opened = self._folders = self._abilities = None

    def _open(self, folder: str, *, write: bool = False, fresh: bool = False) -> _Opened:
        """Select the folder if it is not; `fresh` asks for its present state in any case.

        Raises:
            NoSuchFolder: There is none of that name.
        """
        opened = self._opened
        reusable = opened is not None and opened.folder == folder and (opened.writable or not write)
        if opened is not None and reusable and not fresh:
            self._session.wire  # noqa: B018 - raises when the connection broke meanwhile
            return opened
        self._opened = None
        try:
            with self._session.talk("SELECT" if write else "EXAMINE") as wire:
                answer = wire.select_folder(folder, readonly=not write)
        except ServerRefused:
            self._folders = None
            if folder in self._known_folders():
                raise
            raise NoSuchFolder(f"{self.account} has no folder {folder!r}.", "Check its name.") from None
        self._opened = _described(folder, write, answer)
        return self._opened

    def _open_if_there(self, folder: str, *, write: bool = False, fresh: bool = False) -> _Opened | None:
        try:
            return self._open(folder, write=write, fresh=fresh)
        except NoSuchFolder:
            return None

    def _changes_allowed(self) -> set[Ability]:
        try:
            keywords = self._open("INBOX", write=True).keeps_keywords
        except ServerRefused:
            return set()
        with self._session.talk("CAPABILITY") as wire:
            move = wire.has_capability("MOVE")
        return {ability for ability, able in ((Ability.KEYWORDS, keywords), (Ability.MOVE, move)) if able}

    def _known_folders(self) -> Folders:
        if self._folders is None:
            with self._session.talk("LIST") as wire:
                self._folders = Folders(wire.folders(), wire.prefix())
        return self._folders

    def _create_if_absent(self, folder: str) -> None:
        if folder in self._known_folders():
            return
        self._folders = None
        if folder in self._known_folders():
            return
        with self._session.talk("CREATE") as wire:
            wire.create_folder(folder)
            # Many mail programs show subscribed folders only.
            wire.subscribe_folder(folder)
        self._folders = None

    def _sizes(self, folder: str, chunk: Collection[int]) -> dict[int, int]:
        self._open(folder)
        with self._session.talk("FETCH") as wire:
            rows = wire.fetch_set(uid_set(chunk), ("UID", "RFC822.SIZE"))
        asked = set(chunk)
        return {uid: row[b"RFC822.SIZE"] for uid, row in sorted(rows.items()) if uid in asked and _has_size(row)}

    def _bodies(self, folder: str, uids: Collection[int], item: str, *, complete: bool) -> Iterator[RawMail]:
        opened = self._open(folder)
        with self._session.talk("FETCH") as wire:
            rows = wire.fetch_set(uid_set(uids), ("UID", "FLAGS", "INTERNALDATE", "RFC822.SIZE", item))
        asked = set(uids)
        for uid, row in sorted(rows.items()):
            raw = next((value for key, value in row.items() if key.startswith(b"BODY[")), None)
            if uid not in asked or not isinstance(raw, bytes) or not _has_size(row):
                continue
            received = row.get(b"INTERNALDATE") or EPOCH
            yield RawMail(
                place=Place(folder, opened.validity, str(uid)),
                # Some servers only estimate RFC822.SIZE; the whole message tells its own.
                size=len(raw) if complete else row[b"RFC822.SIZE"],
                flags=_flags(row),
                received_at=received.astimezone(UTC),
                raw=raw,
                complete=complete,
            )

    def _having(self, chunk: Collection[int], message_id: str) -> Iterator[int]:
        with self._session.talk("FETCH") as wire:
            rows = wire.fetch_set(uid_set(chunk), ("UID", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"))
        for uid, row in sorted(rows.items()):
            header = next((value for key, value in row.items() if key.startswith(b"BODY[HEADER")), b"")
            if isinstance(header, bytes) and message_id.encode() in header.partition(b":")[2].split():
                yield uid

    def _listen(self, wire: Wire, seconds: float) -> bool:
        """Whether the server reported a change of the open folder within that time, or the longest round."""
        if wire.has_capability("IDLE"):
            return wire.listen(min(seconds, IDLE_LONGEST.total_seconds()), _is_change)
        time.sleep(min(seconds, self._noop_every.total_seconds()))
        return any(_is_change(line) for line in wire.noop()[1])


def _described(folder: str, write: bool, answer: Mapping[bytes, Any]) -> _Opened:
    permanent = answer.get(b"PERMANENTFLAGS", ())
    return _Opened(
        folder=folder,
        writable=write,
        validity=str(answer.get(b"UIDVALIDITY", 0)),
        uidnext=int(answer.get(b"UIDNEXT", 0)),
        exists=int(answer.get(b"EXISTS", 0)),
        keeps_keywords=b"\\*" in permanent,
    )


def _has_size(row: Mapping[bytes, Any]) -> bool:
    """Whether it answers our question; servers also tell unasked about flags that changed."""
    return isinstance(row.get(b"RFC822.SIZE"), int)


def _flags(row: Mapping[bytes, Any]) -> frozenset[str]:
    flags = row.get(b"FLAGS")
    return flag_names(flags if isinstance(flags, tuple) else ())


def _is_change(line: object) -> bool:
    """Whether an untagged answer tells that mails came, went or changed, not just that the server is there."""
    return isinstance(line, tuple) and len(line) > 1 and line[1] in (b"EXISTS", b"EXPUNGE", b"FETCH", b"VANISHED")


def _chunks(numbers: Collection[int], count: int) -> Iterator[list[int]]:
    rest = iter(numbers)
    while chunk := list(islice(rest, count)):
        yield chunk


def _batches(sizes: Mapping[int, int], most: int) -> Iterator[list[int]]:
    """Uids in groups of at most `most` octets together; one larger mail is a group of its own."""
    batch: list[int] = []
    total = 0
    for uid, size in sizes.items():
        if batch and total + size > most:
            yield batch
            batch, total = [], 0
        batch.append(uid)
        total += size
    if batch:
        yield batch
