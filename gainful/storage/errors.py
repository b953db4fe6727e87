"""What can go wrong with the database, each told with the next move.

GainfulError
├── Invalid
│   ├── DatabaseCorrupt      the file is damaged, or is no database
│   ├── DatabaseForbidden    the file may not be read or written by this user
│   ├── DatabaseNewer        a newer Gainful made it
│   └── KeyFileInvalid       the key that seals secrets is missing, readable by others, or does not fit
└── Unavailable
    ├── DatabaseLocked       another process holds it
    ├── DiskFull             nothing more can be written
    └── DatabaseUnreachable  reading or writing failed, or the server is away
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from sqlalchemy.exc import DBAPIError, OperationalError

from gainful.core.errors import GainfulError, Invalid, Unavailable


class DatabaseCorrupt(Invalid):
    """The file is damaged, or is not a database at all."""

    code = "database-corrupt"


class DatabaseForbidden(Invalid):
    """The database may not be read or written by this user."""

    code = "database-forbidden"


class DatabaseNewer(Invalid):
    """The database was made by a newer Gainful than this one."""

    code = "database-newer"


class KeyFileInvalid(Invalid):
    """The key file that seals secrets is missing, open to others, or does not fit what was sealed."""

    code = "key-file-invalid"


class DatabaseLocked(Unavailable):
    """Another process held the database for longer than we waited."""

    code = "database-locked"


class DiskFull(Unavailable):
    """The disk has no room left; the transaction was rolled back."""

    code = "disk-full"


class DatabaseUnreachable(Unavailable):
    """Reading or writing failed, or the database server is away."""

    code = "database-unreachable"


def explain(error: DBAPIError, where: str) -> GainfulError | None:
    """The error of ours that this driver error means; None when it is not about the database's condition.

    Args:
        where: The file, or the URL without its password, for the message.

    Source: https://sqlite.org/rescode.html; the low byte of an extended code is its primary code.
    """
    original = error.orig
    if isinstance(original, sqlite3.Error):
        code = getattr(original, "sqlite_errorcode", None)
        return _explain_sqlite(code & 0xFF, where) if code is not None else None
    if isinstance(error, OperationalError):
        return DatabaseUnreachable(
            f"The database at {where} cannot be reached.",
            "Check that the server runs and accepts this user.",
            retry_after=timedelta(seconds=5),
        )
    return None


def _explain_sqlite(code: int, where: str) -> GainfulError | None:
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseLocked(
            f"The database {where} is held by another process.",
            "Wait for it to end, or stop the other Gainful, then run this again; nothing was half done.",
            retry_after=timedelta(seconds=30),
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return DatabaseCorrupt(
            f"The database {where} is damaged or is not a database.",
            f"Keep a copy, then restore a backup, or rescue what is readable: "
            f"sqlite3 {where} .recover | sqlite3 recovered.db, and put recovered.db in its place.",
        )
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(
            f"The disk that holds {where} is full.",
            "Free some space and run this again; the change was rolled back whole.",
            retry_after=timedelta(minutes=1),
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH):
        return DatabaseForbidden(
            f"The database {where} cannot be opened for writing.",
            "Check who owns the file and its folder, or name another place with --home.",
        )
    if code == sqlite3.SQLITE_IOERR:
        return DatabaseUnreachable(
            f"Reading or writing {where} failed.",
            "Check the disk and the space left on it, then run this again.",
            retry_after=timedelta(seconds=30),
        )
    return None
