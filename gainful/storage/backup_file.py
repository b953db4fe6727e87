"""The file of a backup: a tar with the database, the files of home, and what each must be.

backup.json       what it is: format, version, which database, when, and the SHA-256 of every other member
home/…            settings, agents, checkpoints of the audit log; keys only when they were asked for
database          the copied database, as `gainful.storage.dump` makes it
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from gainful.core.errors import Invalid
from gainful.storage.errors import full

FORMAT = 1
ABOUT = "backup.json"
DATABASE = "database"
KEYS = ("secret.key", "audit.key", "database.sealed")
"""What opens or signs: whoever has these and the rest has everything."""

_LEFT_OUT = ("gainful.sqlite", "gainful.sqlite-wal", "gainful.sqlite-shm", "locks")


class BackupDamaged(Invalid):
    """The file is no backup, or not as it was when it was made."""

    code = "backup-damaged"


@dataclass(frozen=True, slots=True)
class About:
    """What a backup says of itself.

    Args:
        kind: Of its database.
        revision: Of its tables.
        digests: SHA-256 of each member.
    """

    format: int
    version: str
    kind: Literal["sqlite", "postgresql"]
    revision: str
    made_at: str
    with_key: bool
    digests: dict[str, str]


def files_of(home: Path, *, with_key: bool) -> Iterator[tuple[str, Path]]:
    """The files of a home that belong into a backup, each with its name there, in order."""
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home)
        if path.is_symlink() or not path.is_file() or inside.parts[0] in _LEFT_OUT:
            continue
        if with_key or inside.parts[0] not in KEYS:
            yield f"home/{inside.as_posix()}", path


def pack(target: Path, members: list[tuple[str, Path]], about: About) -> None:
    """Write the file, whole or not at all, for its owner alone.

    Raises:
        Invalid: There is such a file, or it cannot be written.
        DiskFull: As it says.
    """
    draft = target.with_name(f"{target.name}.part")
    digests: dict[str, str] = {}
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as out, tarfile.open(fileobj=out, mode="w") as tar:
            for name, path in members:
                digests[name] = _add(tar, name, path)
            text = json.dumps({**asdict(about), "digests": digests}, indent=1).encode()
            info = tarfile.TarInfo(ABOUT)
            info.size, info.mode = len(text), 0o600
            tar.addfile(info, io.BytesIO(text))
            out.flush()
            os.fsync(out.fileno())
        # Never over another backup: a second one on the same day must not cost the first.
        target.hardlink_to(draft)
    except OSError as error:
        if no_room := full(error, target):
            raise no_room from None
        raise Invalid(f"The backup {target} cannot be written: {error.strerror}.", "Name another file.") from None
    finally:
        draft.unlink(missing_ok=True)


def _add(tar: tarfile.TarFile, name: str, path: Path) -> str:
    # Read once, so that what is counted is what is written, also of a file that grows meanwhile.
    content = path.read_bytes() if name != DATABASE else None
    info = tarfile.TarInfo(name)
    info.mode = path.stat().st_mode & 0o700
    if content is not None:
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
        return hashlib.sha256(content).hexdigest()
    info.size = path.stat().st_size
    with path.open("rb") as file:
        tar.addfile(info, file)
    return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(source: Path, folder: Path) -> About:
    """Lay the members of a backup out in an empty folder; what it says of itself. Each was checked.

    Raises:
        BackupDamaged: It is no backup, or one of its members is missing, changed, or not named in it.
    """
    try:
        with tarfile.open(source, mode="r:") as tar:
            for member in tar:
                if not member.isfile() or not _is_plain(member.name):
                    raise _damaged(source, f"'{member.name[:100]}' has no place in it")
                _lay(tar, member, folder)
        told = json.loads((folder / ABOUT).read_bytes())
        about = About(**told)
        if not isinstance(about.digests, dict):
            raise TypeError("its digests are no table")
    except (tarfile.TarError, OSError, ValueError, TypeError, RecursionError) as error:
        if isinstance(error, FileNotFoundError) and not source.exists():
            raise Invalid(f"There is no file {source}.", "Name the file that `gainful backup` wrote.") from None
        if no_room := full(error, folder):
            # The backup is sound.
            raise no_room from None
        raise _damaged(source, f"it cannot be read ({type(error).__name__})") from None
    if about.format != FORMAT:
        raise BackupDamaged(f"{source} is of format {about.format}; this Gainful reads {FORMAT}.", "Upgrade Gainful.")
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {ABOUT}
    if found != about.digests.keys():
        raise _damaged(source, f"{len(found ^ about.digests.keys())} of its parts are missing, or came later")
    for name, digest in about.digests.items():
        if _digest(folder / name) != digest:
            raise _damaged(source, f"'{name}' was changed")
    return about


def _lay(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write a member of which it is known that it is a file with a plain name, for its owner alone.

    By hand: the filter that would let `extract` be trusted with it came with Python 3.11.4.
    """
    target = folder / member.name
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    content = tar.extractfile(member)
    if content is None:
        raise tarfile.TarError(member.name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with content, os.fdopen(os.open(target, flags, member.mode & 0o700 | 0o600), "wb") as out:
        shutil.copyfileobj(content, out)


def _is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    return name in (ABOUT, DATABASE) or (path.parts[0] == "home" and len(path.parts) > 1 and ".." not in path.parts)


def _damaged(source: Path, why: Any) -> BackupDamaged:
    return BackupDamaged(f"{source} is no whole backup: {why}.", "Nothing was changed. Use another backup.")
