"""Reads and writes whole files: at any moment a file holds all of the old text or all of the new.

Before a file is replaced, what it was is kept, with a note of what it is to become; after a crash the note and the file
together tell whether it happened.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gainful.connectors.files.errors import FileChanged, FileMissing, FileUnusable
from gainful.connectors.files.folder import Folders, is_ordinary, parts_of, sorted_errors

LARGEST = 1024 * 1024
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
        kept: Name of the copy of what it was; empty for a new file.
    """

    sha256: str
    size: int
    kept: str


class FileStore:
    """Text files below named folders.

    Args:
        named: Path on disk by the name that stands first in every path.
        kept: Where copies of overwritten files are kept; made when absent, for its owner alone.
        largest: Octets that are read in one go, and that a file may have when written.
    """

    def __init__(self, named: Mapping[str, Path], kept: Path, largest: int = LARGEST) -> None:
        self._folders = Folders(named)
        self._kept = kept
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
                if entry.name.startswith(".") or not entry.name.isprintable() or entry.is_symlink():
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
            content = _content(folder, name, path, 64 * self._largest)
        if not 0 <= start <= len(content):
            raise FileUnusable(f"'{path}' has {len(content)} octets, and not {start}.", "Start within it.")
        text, taken = _decoded(content[start : start + self._largest], path)
        end = start + taken
        return Part(text, _digest(content), len(content), end if end < len(content) else None)

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
        new = _encoded(text, path)
        with self._folders.opened(tuple(parents), create=True) as folder:
            before = _content_or_none(folder, name, path, 64 * self._largest)
            if replaces and replaces != (_digest(before) if before is not None else ""):
                raise FileChanged(f"'{path}' is another file by now.", "Read it again, and decide anew.")
            if append:
                new = (before or b"") + new
            if len(new) > self._largest:
                raise FileUnusable(f"'{path}' would have more than {self._largest} octets.", "Write several files.")
            self._note(key, path, before, new)
            _replace(folder, name, new, path)
        return Written(_digest(new), len(new), _copy_name(key) if before is not None else "")

    def found(self, key: str, path: str) -> Written | bool:
        """What became of the write with this key: what was written, False when nothing was, True when nobody knows."""
        try:
            note = json.loads((self._kept / f"{_name(key)}.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            # The note is written before the file is touched.
            return False
        *parents, name = _file_names(path)
        try:
            with self._folders.opened(tuple(parents)) as folder:
                now = _content_or_none(folder, name, path, 64 * self._largest)
        except FileMissing:
            now = None
        digest = _digest(now) if now is not None else ""
        if digest == note["after"]:
            return Written(digest, len(now or b""), _copy_name(key) if note["before"] else "")
        return bool(digest != note["before"])

    def _note(self, key: str, path: str, before: bytes | None, after: bytes) -> None:
        """Keep what the file was and what it becomes, before it is touched."""
        note = {"path": path, "before": _digest(before) if before is not None else "", "after": _digest(after)}
        with sorted_errors(path):
            self._kept.mkdir(parents=True, exist_ok=True, mode=0o700)
            folder = os.open(self._kept, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if before is not None:
                _replace(folder, _copy_name(key), before, path, mode=0o600)
            _replace(folder, f"{_name(key)}.json", json.dumps(note).encode(), path, mode=0o600)
        finally:
            os.close(folder)


def _file_names(path: str) -> tuple[str, ...]:
    names = parts_of(path)
    if len(names) < 2:
        raise FileUnusable(f"'{path[:100]}' is a folder, and no file in it.", "Write FOLDER/NAME.")
    return names


def _line(path: str, name: str, found: os.stat_result) -> dict[str, str | int]:
    kind = "folder" if stat.S_ISDIR(found.st_mode) else "file" if is_ordinary(found) else "other"
    modified = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds")
    return {"path": f"{path}/{name}", "kind": kind, "size": found.st_size, "modified": modified}


def _content(folder: int, name: str, path: str, largest: int) -> bytes:
    with sorted_errors(path):
        # A pipe without a writer would be waited for.
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            if not is_ordinary(found):
                raise FileUnusable(f"'{path}' is no ordinary file.", "Name a text file.")
            content = file.read(largest + 1)
    if len(content) > largest:
        raise FileUnusable(f"'{path}' has more than {largest} octets.", "Name a smaller file.")
    return content


def _content_or_none(folder: int, name: str, path: str, largest: int) -> bytes | None:
    try:
        return _content(folder, name, path, largest)
    except FileMissing:
        return None


def _replace(folder: int, name: str, content: bytes, path: str, mode: int | None = None) -> None:
    """Put the content under this name: all of it, or nothing."""
    temporary = f".{secrets.token_hex(8)}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with sorted_errors(path):
            if mode is None:
                mode = _mode(folder, name)
            with os.fdopen(os.open(temporary, flags, mode, dir_fd=folder), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    with sorted_errors(path, done=True):
        os.fsync(folder)


def _mode(folder: int, name: str) -> int:
    """The rights of the file that is replaced, without those to run it as somebody else."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode & 0o777
    except FileNotFoundError:
        return 0o644


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


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _name(key: str) -> str:
    # A key is plain today; a digest of it is so whatever it becomes.
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _copy_name(key: str) -> str:
    return f"{_name(key)}.before"
