"""What can go wrong with the database, each told with the next move.

GainfulError
├── Invalid
│   ├── DatabaseCorrupt      the file is damaged, or is no database
│   ├── DatabaseForbidden    the file may not be read or written by this user
│   ├── DatabaseNewer        a newer Gainful made it
│   ├── KeyFileInvalid       the key that seals secrets is missing, readable by others, or does not fit
│   └── TextUnkeepable       a text has a character that the server cannot keep
└── Unavailable
    ├── DatabaseClosed       this process has let go of it, and ends
    ├── DatabaseLocked       another process holds it
    ├── DiskFull             nothing more can be written
    └── DatabaseUnreachable  reading or writing failed, or the server is away
"""

from __future__ import annotations

import errno
import sqlite3
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError

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


class TextUnkeepable(Invalid):
    """A text holds a NUL character, which PostgreSQL cannot keep; nothing was written."""

    code = "text-unkeepable"


class DatabaseClosed(Unavailable):
    """A thread asks for the database of a Gainful that was closed; it has read and written nothing."""

    code = "database-closed"


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
    return _explain_server(error, str(getattr(original, "sqlstate", "") or ""), where)


def full(error: BaseException, where: object) -> DiskFull | None:
    """That a file found no room; None for what failed otherwise.

    Args:
        where: What was written.
    """
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _disk_full(where)
    # A copy that SQLite makes says so in words alone.
    in_words = isinstance(error, sqlite3.OperationalError) and str(error) == "database or disk is full"
    return _disk_full(where) if in_words else None


def of_database(error: BaseException) -> GainfulError | None:
    """What an exception means that came past us, as from the engine's library, which has connections of its own."""
    return explain(error, "of Gainful's home") if isinstance(error, DBAPIError) else None


def _explain_server(error: DBAPIError, state: str, where: str) -> GainfulError | None:
    """What an error of PostgreSQL means.

    Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    if state == "55P03":
        return DatabaseLocked(
            f"The database {where} was held by another process for too long.",
            "Run this again; nothing was half done. If it stays so, see who holds it: SELECT * FROM pg_stat_activity.",
            retry_after=timedelta(seconds=5),
        )
    if state == "53100":
        return DiskFull(
            f"The disk of the server that holds {where} is full.",
            "Free some space there and run this again; the change was rolled back whole.",
            retry_after=timedelta(minutes=1),
        )
    if isinstance(error, DataError) and "(0x00)" in str(error.orig):
        return TextUnkeepable(
            "A text that was given holds a NUL character, which the database cannot keep; nothing was written.",
            "Leave it out; where it came from a program, it is usually the sign of a wrong encoding.",
        )
    asked = getattr(error.orig, "pgconn", None)
    if state in ("42501", "28000", "28P01") or getattr(asked, "needs_password", False) or _turned_away(asked):
        return DatabaseForbidden(
            f"The server does not let this user into the database {where}, or not do what is needed there.",
            "Give the password with `gainful secrets set database`, or in PGPASSFILE; the user must own the database.",
        )
    if isinstance(error, OperationalError | InterfaceError):
        return DatabaseUnreachable(
            f"The database at {where} cannot be reached.",
            "Check that the server runs, that the database exists, and that it accepts this user.",
            retry_after=timedelta(seconds=5),
        )
    return None


def _turned_away(asked: Any) -> bool:
    """Whether a connection was refused after a password was given."""
    return bool(getattr(asked, "used_password", False)) and b"authentication" in (asked.error_message or b"")


def _disk_full(where: object) -> DiskFull:
    return DiskFull(
        f"The disk that holds {where} is full.",
        "Free some space and run this again; the change was rolled back whole.",
        retry_after=timedelta(minutes=1),
    )


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
        return _disk_full(where)
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
