"""Opens what lies below a named folder, step by step by descriptors: no `..`, no link, no race leads out of it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from gainful.connectors.files.errors import FileForbidden, FileMissing, FilePathInvalid, FileStoreUnreachable

LONGEST_PATH = 1000
DEEPEST = 20
"""Folders below one another that are looked through."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def parts_of(path: str) -> tuple[str, ...]:
    """A path's names. There is one way to write each path; all others are refused, so that its label stays with it.

    Raises:
        FilePathInvalid: It has empty names, control characters, or a name that begins with a dot.
    """
    names = tuple(path.split("/"))
    if not (len(path) <= LONGEST_PATH and all(map(is_plain, names))):
        raise FilePathInvalid(
            f"'{path[:100]}' is no path that is used.",
            "Write FOLDER/NAME: names between single slashes, none of which begins with a dot.",
        )
    return names


def is_plain(name: str) -> bool:
    """Whether a file of this name may be touched. Hidden ones steer programs or hold keys: .git, .env, .bashrc."""
    fits = name.isprintable() and name == name.strip() and 0 < len(name.encode()) <= 255
    return fits and not name.startswith(".")


class Folders:
    """The named folders.

    Args:
        named: Path on disk by the name that stands first in every path.
    """

    def __init__(self, named: Mapping[str, Path]) -> None:
        self._named = dict(named)

    @property
    def names(self) -> list[str]:
        """What a path can begin with."""
        return sorted(self._named)

    @contextmanager
    def opened(self, names: tuple[str, ...], *, create: bool = False) -> Iterator[int]:
        """A descriptor of the folder with these names.

        Args:
            create: Make those that are absent.

        Raises:
            FilePathInvalid, FileMissing, FileForbidden, FileStoreUnreachable: As they say.
        """
        shown = "/".join(names)
        if names[0] not in self._named:
            known = ", ".join(self.names) or "none yet; name some under [files] in gainful.toml"
            raise FilePathInvalid(f"There is no folder '{names[0][:100]}'.", f"Folders: {known}.")
        with sorted_errors(shown):
            descriptor = os.open(self._named[names[0]], _FOLDER & ~os.O_NOFOLLOW)
        try:
            for name in names[1:]:
                with sorted_errors(shown):
                    inner = _step(descriptor, name, create=create)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)


def _step(descriptor: int, name: str, *, create: bool) -> int:
    try:
        return os.open(name, _FOLDER, dir_fd=descriptor)
    except FileNotFoundError:
        if not create:
            raise
    try:
        os.mkdir(name, 0o755, dir_fd=descriptor)
        os.fsync(descriptor)
    except FileExistsError:
        pass
    return os.open(name, _FOLDER, dir_fd=descriptor)


def below(descriptor: int, path: str, depth: int = 0) -> Iterator[tuple[str, int, os.DirEntry[str]]]:
    """Every ordinary file below an open folder, in the order of names: its path, its folder's descriptor, its entry.

    A folder that cannot be opened is left out, and so is everything behind a link.
    """
    with os.scandir(descriptor) as entries:
        plain = sorted((entry for entry in entries if is_plain(entry.name)), key=lambda entry: entry.name)
    for entry in plain:
        inner = f"{path}/{entry.name}"
        if entry.is_file(follow_symlinks=False):
            yield inner, descriptor, entry
        elif entry.is_dir(follow_symlinks=False) and depth < DEEPEST:
            try:
                opened = os.open(entry.name, _FOLDER, dir_fd=descriptor)
            except OSError:
                continue
            try:
                yield from below(opened, inner, depth + 1)
            finally:
                os.close(opened)


def is_ordinary(found: os.stat_result) -> bool:
    """Whether it is a file and nothing else."""
    return stat.S_ISREG(found.st_mode)


@contextmanager
def sorted_errors(path: str, *, done: bool = False) -> Iterator[None]:
    """Our error for each of the system's.

    Args:
        done: Whether the effect may have happened already.
    """
    try:
        yield
    except OSError as error:
        raise _error(path[:200], error, done=done) from error


def _error(path: str, error: OSError, *, done: bool) -> Exception:
    reason = error.strerror or "unknown"
    if done or error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE):
        return FileStoreUnreachable(
            f"'{path}' could not be brought to the disk: {reason}.", "Make room, and try again.", sent=done
        )
    if error.errno == errno.ENOENT:
        return FileMissing(f"There is no '{path}'.", "List the folder to see what there is.")
    if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG):
        return FilePathInvalid(f"'{path}' leads through a link or something that is no folder.", "Name it directly.")
    return FileForbidden(f"'{path}' cannot be used: {reason}.", "Check who may read and write it.")
