"""Reads and writes whole files: at any moment a file holds all of the old text or all of the new.

Before a file is replaced, what it was is kept, with a note of what it is to become; after a crash the note and the file
together tell whether it happened, and later a person can take it back.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gainful.connectors.files.errors import FileChanged, FileMissing, FileUnusable
from gainful.connectors.files.folder import Folders, below, is_ordinary, is_plain, parts_of, sorted_errors
from gainful.connectors.files.kept import Kept, Note, digest, id_of, remove, replace

LARGEST = 1024 * 1024
"""Octets that a file may have when it is written."""

PART = 32 * 1024
"""Octets that are read in one go: what a model reads is paid for."""

MOST_READ = 64 * LARGEST
"""Octets of a file of which a part is read."""

MOST_NAMES = 2000


@dataclass(frozen=True, slots=True)
class Part:
    """Part of a file's text.

    Args:
        sha256: Of the whole file.
        size: Octets of the whole file.
        next: Octet at which the rest begins; None at the end.
    """

    text: str
    sha256: str
    size: int
    next: int | None


@dataclass(frozen=True, slots=True)
class Written:
    """What a file has become.

    Args:
        undo: Id by which a person can take it back.
    """

    sha256: str
    size: int
    undo: str


class FileStore:
    """Text files below named folders.

    Args:
        named: Path on disk by the name that stands first in every path.
        kept: Where copies of overwritten files are kept; made when absent, for its owner alone.
        largest: Octets that a file may have when written.
    """

    def __init__(self, named: Mapping[str, Path], kept: Path, largest: int = LARGEST) -> None:
        self._folders = Folders(named)
        self._kept = Kept(kept)
        self._largest = largest

    @property
    def folders(self) -> list[str]:
        """What a path can begin with."""
        return self._folders.names

    def listing(self, path: str) -> list[dict[str, str | int]]:
        """Path, kind, size and time of what lies in the folder; links and hidden names are left out.

        Raises:
            FilePathInvalid, FileMissing, FileForbidden: As they say.
            FileUnusable: More lies there than is listed in one go.
        """
        names = parts_of(path)
        found: list[dict[str, str | int]] = []
        with self._folders.opened(names) as folder, sorted_errors(path), os.scandir(folder) as entries:
            for entry in entries:
                if not is_plain(entry.name) or entry.is_symlink():
                    continue
                with suppress(FileNotFoundError):
                    found.append(_line(path, entry.name, entry.stat(follow_symlinks=False)))
                if len(found) > MOST_NAMES:
                    raise FileUnusable(f"'{path}' holds more than {MOST_NAMES} names.", "Name a folder below it.")
        return sorted(found, key=lambda line: str(line["path"]))

    def read(self, path: str, start: int = 0) -> Part:
        """The file's text from octet `start` on, as much as goes in one go.

        Raises:
            FilePathInvalid, FileMissing, FileForbidden: As they say.
            FileUnusable: It is no text, or `start` lies behind its end.
        """
        *parents, name = _file_names(path)
        with self._folders.opened(tuple(parents)) as folder:
            content = _content(folder, name, path)
        if not 0 <= start <= len(content):
            raise FileUnusable(f"'{path}' has {len(content)} octets, and not {start}.", "Start within it.")
        text, taken = _decoded(content[start : start + PART], path)
        end = start + taken
        return Part(text, digest(content), len(content), end if end < len(content) else None)

    def files(self, path: str = "") -> Iterator[tuple[str, bytes]]:
        """Path and content of each file that may be written, below this folder or below all of them, one at a time.

        Raises:
            FilePathInvalid, FileMissing, FileForbidden: As they say.
        """
        for root in [path] if path else self.folders:
            with self._folders.opened(parts_of(root)) as opened, sorted_errors(root):
                for inner, folder, entry in below(opened, root):
                    with suppress(FileMissing, FileUnusable, OSError):
                        yield inner, _content(folder, entry.name, inner, self._largest)

    def write(self, key: str, path: str, text: str, replaces: str = "", *, append: bool = False) -> Written:
        """Put the text into the file, whole; its folders are made when absent.

        Args:
            key: Under this name the effect can be found again.
            replaces: SHA-256 (hex) that the file must have; empty: whatever it is.

        Raises:
            FilePathInvalid, FileForbidden, FileUnusable, FileChanged: Nothing has happened.
            FileStoreUnreachable: The disk is full or broken.
        """
        *parents, name = _file_names(path)
        new, id_ = _encoded(text, path), id_of(key)
        with self._kept.locked() as kept, self._folders.opened(tuple(parents), create=not replaces) as folder:
            before = _content_or_none(folder, name, path)
            if replaces and replaces != digest(before):
                raise FileChanged(f"'{path}' is another file by now.", "Read it again, and decide anew.")
            if append:
                new = (before or b"") + new
            if len(new) > self._largest:
                raise FileUnusable(f"'{path}' would have more than {self._largest} octets.", "Write several files.")
            self._kept.keep(kept, id_, Note(path, digest(before), digest(new)), before)
            replace(folder, name, new, path, temporary=_temporary(id_))
        return Written(digest(new), len(new), id_)

    def found(self, key: str, path: str) -> Written | bool:
        """What became of the write with this key: what was written, False when nothing was, True when nobody knows."""
        id_ = id_of(key)
        try:
            note = self._kept.note(id_)
            if note is None:
                # It is written before the file is touched.
                return False
            now = self._now(path, id_)
        except FileMissing:
            return True
        if digest(now) == note.after:
            return Written(note.after, len(now or b""), id_)
        return digest(now) != note.before

    def undo(self, id_: str) -> str:
        """Make the file again what it was before this write, if nobody has changed it since; its path.

        Raises:
            FileMissing: There is no such write, or what was there before is not kept any more.
            FileChanged: The file is another one by now.
        """
        note = self._kept.note(id_)
        if note is None:
            raise FileMissing(f"There is no write '{id_[:40]}' to undo.", "List them: gainful tools undo")
        *parents, name = _file_names(note.path)
        with self._kept.locked(), self._folders.opened(tuple(parents)) as folder:
            now = digest(_content_or_none(folder, name, note.path))
            if now == note.before:
                return note.path
            if now != note.after:
                raise FileChanged(f"'{note.path}' was changed since.", "Compare the two, and mend it by hand.")
            if note.before:
                replace(folder, name, self._kept.before(id_), note.path, temporary=_temporary(id_))
            else:
                with sorted_errors(note.path):
                    os.unlink(name, dir_fd=folder)
                    os.fsync(folder)
        return note.path

    def writes(self) -> list[tuple[datetime, str, str]]:
        """When, id and path of every write that can still be undone, the newest first."""
        return [(at, id_, note.path) for at, id_, note in self._kept.writes()]

    def _now(self, path: str, id_: str) -> bytes | None:
        """What the file is, without what a dead process left beside it."""
        *parents, name = _file_names(path)
        try:
            with self._kept.locked(), self._folders.opened(tuple(parents)) as folder:
                remove(folder, _temporary(id_))
                return _content_or_none(folder, name, path)
        except FileMissing:
            return None


def _temporary(id_: str) -> str:
    return f".{id_}.new"


def _file_names(path: str) -> tuple[str, ...]:
    names = parts_of(path)
    if len(names) < 2:
        raise FileUnusable(f"'{path[:100]}' is a folder, and no file in it.", "Write FOLDER/NAME.")
    return names


def _line(path: str, name: str, found: os.stat_result) -> dict[str, str | int]:
    kind = "folder" if stat.S_ISDIR(found.st_mode) else "file" if is_ordinary(found) else "other"
    modified = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds")
    return {"path": f"{path}/{name}", "kind": kind, "size": found.st_size, "modified": modified}


def _content(folder: int, name: str, path: str, largest: int = MOST_READ) -> bytes:
    with sorted_errors(path):
        # A pipe without a writer would be waited for.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            if not is_ordinary(os.fstat(descriptor)):
                raise FileUnusable(f"'{path}' is no ordinary file.", "Name a text file.")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                content = file.read(largest + 1)
        finally:
            os.close(descriptor)
    if len(content) > largest:
        raise FileUnusable(f"'{path}' has more than {largest} octets.", "Name a smaller file.")
    return content


def _content_or_none(folder: int, name: str, path: str) -> bytes | None:
    try:
        return _content(folder, name, path)
    except FileMissing:
        return None


def _decoded(content: bytes, path: str) -> tuple[str, int]:
    """The text, and of how many octets it is: a letter that is cut in two is left for the next part."""
    for cut in range(4):
        part = content[: len(content) - cut] if cut else content
        with suppress(UnicodeDecodeError):
            text = part.decode("utf-8")
            if "\0" not in text and (text or not content):
                return text, len(part)
    raise FileUnusable(f"'{path}' is no text in UTF-8.", "Name a text file, or start where a letter begins.")


def _encoded(text: str, path: str) -> bytes:
    if "\0" in text:
        raise FileUnusable(f"The text for '{path}' holds a NUL character.", "Write text alone.")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise FileUnusable(f"The text for '{path}' holds half a letter.", "Write whole letters.") from None
