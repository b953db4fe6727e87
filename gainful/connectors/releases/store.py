"""The folders of releases: laid apart, synced, renamed when whole, and never changed again.

    releases/0123456789abcdef/
        files/            what ships of the commit, read-only
        built/            what the build command made of it
        release.json      what it is, and how each file was laid

A folder is named for the release's content. Where one is found changed, the release is laid again beside it, as
`0123456789abcdef.1`: what runs from the other one keeps it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gainful.connectors.releases.source import Entry, Source
from gainful.core.deployment import Release
from gainful.core.shipped import LINK, digest_of_digests
from gainful.sdk.deploy_target import ReleaseInvalid, TargetRefused

_MANIFEST = "release.json"
_CACHES = "__pycache__"
"""Python's own copies of what it has read; it checks them against the source."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A release on the disk.

    Args:
        name: Of its folder.
    """

    name: str
    path: Path

    @property
    def files(self) -> Path:
        """Where what ships lies."""
        return self.path / "files"

    @property
    def built(self) -> Path:
        """Where what was built of it lies."""
        return self.path / "built"


class ReleaseStore:
    """All releases of one service.

    Args:
        folder: Where they lie; made when needed.
        source: Where they come from.
        build: Makes what has to be built, in the folder that is not in place yet.
    """

    def __init__(self, folder: Path, source: Source, build: Callable[[Laid], None] = lambda _: None) -> None:
        self._folder = folder
        self._source = source
        self._build = build

    def lay(self, release: Release) -> Laid:
        """The release on the disk, whole and as it should be; laid now if it was not there.

        Raises:
            ReleaseInvalid: It cannot be made.
            TargetRefused: The disk has no room, or does not let us.
        """
        for name in self._names(release):
            laid = Laid(name, self._folder / name)
            if not laid.path.exists():
                return self._made(release, laid)
            if not self.drift(name, thorough=True):
                return laid
        raise TargetRefused(f"Too many changed copies of {release.id} are kept.", f"Remove some from {self._folder}.")

    def there(self, release: Release) -> bool:
        """Whether it lies there, in whatever state."""
        return any((self._folder / name / _MANIFEST).exists() for name in self._names(release))

    def drift(self, name: str, *, thorough: bool = False) -> tuple[str, ...]:
        """The paths that are not as they were laid, sorted, at most 20 of them.

        Args:
            thorough: Read every file. Otherwise those alone that somebody has touched since.
        """
        files, known = self._folder / name / "files", self._noted(name)
        if known is None:
            return (_MANIFEST,)
        found = dict(_walked(files))
        changed = set(known) ^ set(found)
        for path in set(known) & set(found):
            mode, sha256, touched = known[path]
            if (thorough or touched != _touch(found[path])) and _look(files / path) != (mode, sha256):
                changed.add(path)
        return tuple(sorted(changed)[:20])

    def prune(self, keep: Collection[str]) -> None:
        """Remove what lies half done, and all folders but those named."""
        if self._folder.is_dir():
            for one in self._folder.iterdir():
                if one.name not in keep:
                    _remove(one)

    # --- laying -------------------------------------------------------------------------------------------------------

    def _noted(self, name: str) -> dict[str, list[Any]] | None:
        """Mode, digest and last touch of each file as it was laid; None where the note is gone or damaged."""
        try:
            noted = json.loads((self._folder / name / _MANIFEST).read_text("utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        files = noted.get("files") if isinstance(noted, dict) else None
        well = isinstance(files, dict) and all(isinstance(file, list) and len(file) == 3 for file in files.values())
        return files if well else None

    def _names(self, release: Release) -> Iterable[str]:
        return [release.id, *(f"{release.id}.{number}" for number in range(1, 10))]

    def _made(self, release: Release, laid: Laid) -> Laid:
        entries = self._source.entries(release.commit)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Two names of one folder: what stands under the first one is never started from.
            temporary = Laid(laid.name, Path(tempfile.mkdtemp(prefix=".new-", dir=self._folder)))
            try:
                self._fill(temporary, release, entries)
                temporary.path.rename(laid.path)
            except BaseException:
                _remove(temporary.path)
                raise
            _sync(self._folder)
        except OSError as error:
            room = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            raise TargetRefused(
                f"The release cannot be laid in {self._folder}: {error.strerror}.",
                "Make room on the disk." if room else "Make the folder writable for whoever runs Gainful.",
            ) from error
        return laid

    def _fill(self, laid: Laid, release: Release, entries: Iterable[Entry]) -> None:
        laid.path.chmod(0o755)
        laid.files.mkdir()
        laid.built.mkdir()
        with self._source.contents() as content:
            # Links last: nothing is ever written through one.
            for entry in sorted(entries, key=lambda one: (one.mode == LINK, one.path)):
                _write(laid.files, entry, content(entry))
        self._build(laid)
        # Read back: what counts is what lies there, whatever the build has done to it.
        files = {path: (*_look(laid.files / path), found) for path, found in _walked(laid.files)}
        digest = digest_of_digests((path, mode, sha256) for path, (mode, sha256, _) in files.items())
        if digest != release.digest:
            raise ReleaseInvalid(
                f"What {release.commit[:12]} ships is {digest}, and the plan says {release.digest}.",
                "Plan again; if it stays so, look whether the build command changes the files it is given.",
            )
        _close_up(laid.path)
        known = {path: [mode, sha256, _touch((laid.files / path).lstat())] for path, (mode, sha256, _) in files.items()}
        text = json.dumps({"release": asdict(release), "files": known}, indent=1)
        _write_new(laid.path / _MANIFEST, text.encode(), 0o444)
        _sync(laid.path)


def _write(files: Path, entry: Entry, content: bytes) -> None:
    place = files / entry.path
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry.mode != LINK:
            _write_new(place, content, 0o555 if entry.mode == "100755" else 0o444)
            return
        to = os.fsdecode(content)
        inside = os.path.normpath(Path(entry.path).parent / to)
        if not to or to.startswith("/") or inside.startswith("..") or "\0" in to:
            raise ReleaseInvalid(
                f"The link '{entry.path[:100]}' leads out of the release.", "Replace it by a file, or ignore it."
            )
        place.symlink_to(to)
    except (FileExistsError, NotADirectoryError, ValueError) as error:
        raise ReleaseInvalid(f"Two files of the commit are both {entry.path[:100]!r}.", "Mend the commit.") from error


def _write_new(place: Path, content: bytes, mode: int) -> None:
    number = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(number, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _close_up(folder: Path) -> None:
    """Take away the right to write, from the innermost folder out; the outermost one stays ours, to be renamed."""
    for path, _, names in os.walk(folder, topdown=False):
        for name in names:
            place = Path(path, name)
            if not place.is_symlink():
                place.chmod(stat.S_IMODE(place.lstat().st_mode) & ~0o222)
        if Path(path) != folder:
            Path(path).chmod(0o555)
        _sync(Path(path))


def _remove(place: Path) -> None:
    with contextlib.suppress(OSError):
        for path, folders, _ in os.walk(place):
            for name in folders:
                if not Path(path, name).is_symlink():
                    Path(path, name).chmod(0o755)
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)


# --- reading back -----------------------------------------------------------------------------------------------------


def _walked(files: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Every file and link below, by its path from here; folders of Python's caches are passed by."""
    for path, folders, names in os.walk(files):
        folders[:] = [name for name in folders if name != _CACHES]
        links = [name for name in folders if Path(path, name).is_symlink()]
        for name in [*names, *links]:
            place = Path(path, name)
            yield str(place.relative_to(files)), place.lstat()


def _look(place: Path) -> tuple[str, str]:
    """Mode as git has it, and digest of the content; a file that cannot be read has none."""
    try:
        found = place.lstat()
        if stat.S_ISLNK(found.st_mode):
            return LINK, hashlib.sha256(os.fsencode(place.readlink())).hexdigest()
        if not stat.S_ISREG(found.st_mode):
            return "other", ""
        with place.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return "100755" if found.st_mode & 0o100 else "100644", digest
    except OSError:
        return "gone", ""


def _touch(found: os.stat_result) -> list[int]:
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
