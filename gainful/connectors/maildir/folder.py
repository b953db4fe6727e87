"""One Maildir folder on disk: its files now, and the renames that change them."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gainful.connectors.maildir.files import sync_directory
from gainful.connectors.maildir.keywords import Keywords
from gainful.connectors.maildir.names import FileName

SCANS = 5
"""How often a folder is read anew when it changes under our eyes."""
HEADERS = 256 * 1024
"""Octets in which a Message-ID must have come."""

_STAMP = re.compile(r"(\d{1,15})(?:\.M(\d{1,9}))?")
_MESSAGE_ID = re.compile(rb"^message-id:((?:[^\n]|\n[ \t])*)", re.IGNORECASE | re.MULTILINE)
_HEADERS_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail's file."""

    path: Path
    name: FileName

    @property
    def is_new(self) -> bool:
        """Whether it lies in `new`, where no mail program has looked at it."""
        return self.path.parent.name == "new"


@dataclass(frozen=True, slots=True)
class Stat:
    """Size and arrival of one mail."""

    entry: Entry
    size: int
    arrived_ns: int

    @property
    def order(self) -> tuple[int, int, int, str]:
        """Sorts by arrival: the file's time, then the time in the name, which is finer on some systems."""
        stamp = _STAMP.match(self.entry.name.unique)
        seconds, micros = (int(stamp[1]), int(stamp[2] or 0)) if stamp else (0, 0)
        return self.arrived_ns, seconds, micros, self.entry.name.unique

    @property
    def received_at(self) -> datetime:
        """Arrival as an aware UTC instant, to the microsecond."""
        seconds, nanos = divmod(self.arrived_ns, 1_000_000_000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanos // 1000)


class Folder:
    """The files of one folder. Other programs may rename, add and remove them at any time.

    Args:
        directory: Holds `cur`, `new` and `tmp`.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.keywords = Keywords(directory)

    def entries(self) -> dict[str, Entry]:
        """Every mail's file by uid.

        A rename during the reading of a directory can hide a file from it, so a changed directory is read again.
        """
        for _ in range(SCANS):
            before = self.changed_ns()
            found = {entry.name.unique: entry for entry in self._scan()}
            if self.changed_ns() == before:
                break
        return found

    def stats(self) -> list[Stat]:
        """Every mail's size and arrival, oldest first."""
        for _ in range(SCANS):
            entries = self.entries()
            found = [stat for entry in entries.values() if (stat := stat_of(entry)) is not None]
            if len(found) == len(entries):
                break
        return sorted(found, key=lambda stat: stat.order)

    def changed_ns(self) -> tuple[int, int]:
        """When files last came, went or were renamed in `new` and `cur`."""
        return (self.directory / "new").stat().st_mtime_ns, (self.directory / "cur").stat().st_mtime_ns

    def fingerprint(self) -> int:
        """A number that is another one when any mail came, went, or has other flags."""
        return fingerprint(self.entries().values())

    def relabel(self, uids: Collection[str], add: Collection[str], remove: Collection[str]) -> None:
        """Add and remove keywords. A mail in `new` goes to `cur`, still unseen: `new` has no flags."""
        off = "".join(self.keywords.letters(remove).values())
        on = "".join(self.keywords.take_letters(add).values())

        def target(entry: Entry) -> Path:
            name = entry.name.with_keywords(on, off)
            return entry.path if name == entry.name else self.directory / "cur" / str(name)

        renamed = [self._rename(entry, target) for entry in self._present(uids)]
        if renamed:
            self._sync()

    def move(self, uids: Collection[str], to: Folder) -> dict[str, str]:
        """Move files into another folder; new uid by old uid. Content and arrival stay, keywords are translated."""
        entries = list(self._present(uids))
        names = self.keywords.by_letter()
        used = {names[letter] for entry in entries for letter in entry.name.letters if letter in names}
        taken = to.keywords.take_letters(used)
        letters = {letter: taken[name.lower()] for letter, name in names.items() if name.lower() in taken}
        meaning_there = set(to.keywords.by_letter())
        present = to.entries()

        def target(entry: Entry) -> Path:
            uid = _free(entry.name.unique, present)
            if entry.is_new and not entry.name.letters:
                return to.directory / "new" / uid
            return to.directory / "cur" / str(FileName(uid, _translated(entry.name, letters, meaning_there)))

        moved = {
            entry.name.unique: FileName.parse(path.name).unique
            for entry in entries
            if (path := self._rename(entry, target)) is not None
        }
        if moved:
            # The arrival first: after a power cut between the two a mail may lie in both, never in none.
            to._sync()
            self._sync()
        return moved

    def _present(self, uids: Collection[str]) -> Iterator[Entry]:
        entries = self.entries()
        for uid in dict.fromkeys(uids):
            if uid in entries:
                yield entries[uid]

    def _rename(self, entry: Entry, target: Callable[[Entry], Path]) -> Path | None:
        """Where the mail now lies, or None when it is gone.

        When another program renamed it meanwhile, the target is worked out anew, so that no change gets lost.
        """
        for _ in range(SCANS):
            path = target(entry)
            with contextlib.suppress(FileNotFoundError):
                if path != entry.path:
                    entry.path.rename(path)
                return path
            newest = self.entries().get(entry.name.unique)
            if newest is None:
                break
            entry = newest
        return None

    def _scan(self) -> Iterator[Entry]:
        # `new` first: a mail taken from there to `cur` in between is then seen twice, not missed.
        for part in ("new", "cur"):
            directory = self.directory / part
            with os.scandir(directory) as files:
                for file in files:
                    if not file.name.startswith(".") and file.is_file():
                        yield Entry(directory / file.name, FileName.parse(file.name))

    def _sync(self) -> None:
        sync_directory(self.directory / "cur")
        sync_directory(self.directory / "new")


def fingerprint(entries: Collection[Entry]) -> int:
    """See `Folder.fingerprint`."""
    return hash(frozenset((entry.is_new, entry.path.name) for entry in entries))


def stat_of(entry: Entry) -> Stat | None:
    """Size and arrival, or None when the file has gone."""
    try:
        found = entry.path.stat()
    except FileNotFoundError:
        return None
    return Stat(entry, found.st_size, found.st_mtime_ns)


def headers_of(path: Path, limit: int) -> bytes:
    """The mail's headers with the line that ends them, at most `limit` octets, without reading the rest.

    Raises:
        FileNotFoundError: The file has gone.
    """
    read = bytearray()
    with path.open("rb") as file:
        while len(read) < limit and (piece := file.read(min(65_536, limit - len(read)))):
            start = max(len(read) - 4, 0)
            read += piece
            if end := _HEADERS_END.search(read, start):
                return bytes(read[: end.end()])
    return bytes(read)


def message_ids(headers: bytes) -> tuple[str, ...]:
    """The Message-IDs in a header block; hostile mail may have several."""
    found = (word for value in _MESSAGE_ID.findall(headers) for word in value.split())
    return tuple(word.decode("utf-8", "replace") for word in found)


def _translated(name: FileName, letters: dict[str, str], meaning_there: set[str]) -> str:
    """The letters as the other folder writes them. One without a name is dropped where it would mean something."""
    kept = (letters.get(letter) or ("" if letter in meaning_there else letter) for letter in name.letters)
    return "".join(kept)


def _free(unique: str, present: dict[str, Entry]) -> str:
    """The same name, or one beside it where a copy of the mail already has that name: nothing is overwritten."""
    candidate, number = unique, 0
    while candidate in present:
        number += 1
        candidate = f"{unique}.{number}"
    return candidate
