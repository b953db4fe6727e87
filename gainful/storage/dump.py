"""A copy of the whole database as one file, taken while it is in use; and back.

SQLite copies itself page by page; PostgreSQL is copied by its own `pg_dump` and `pg_restore`, which must be installed
and no older than the server. Either copy shows the database as it was at one instant.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError

from gainful.core.errors import Invalid, Unavailable
from gainful.storage.database import open_database, transaction, translated
from gainful.storage.errors import full
from gainful.storage.health import damage
from gainful.storage.schema import leases, workers
from gainful.storage.server import plain

SCHEMAS = ("public", "dbos")


class DumpToolMissing(Unavailable):
    """PostgreSQL's own programs for copying a database are not installed."""

    code = "dump-tool-missing"


class DumpFailed(Unavailable):
    """PostgreSQL's program did not copy the database."""

    code = "dump-failed"


def dump(engine: Engine, file: Path) -> None:
    """Copy the database into a new file that its owner alone can read.

    Raises:
        DumpToolMissing, DumpFailed, DiskFull: As they say.
    """
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    if engine.dialect.name != "sqlite":
        _run("pg_dump", engine, "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")
        return
    with translated(engine), engine.connect() as connection:
        target = sqlite3.connect(file)
        try:
            source = connection.connection.driver_connection
            if source is not None:
                source.backup(target)
        except sqlite3.Error as error:
            raise full(error, file) or DBAPIError.instance("backup", None, error, sqlite3.Error) from error
        finally:
            target.close()


def load_file(file: Path, place: Path) -> None:
    """Put a copied SQLite database in its place.

    Raises:
        Invalid: It is damaged.
    """
    shutil.copyfile(file, place)
    place.chmod(0o600)
    engine = open_database(place)
    try:
        fault = damage(engine)
    finally:
        engine.dispose()
    if fault:
        raise Invalid(f"The copied database is damaged: {fault}.", "Use another backup.")


def has_something(connection: Connection) -> bool:
    """Whether there are tables of anybody's in the database of a team."""
    return bool(inspect(connection).get_table_names())


def somebody_works(connection: Connection) -> bool:
    """Whether processes of a team are at work on it."""
    if "workers" not in inspect(connection).get_table_names():
        return False
    return bool(connection.scalar(select(func.count()).select_from(workers)))


def forget_workers(engine: Engine) -> None:
    """The processes of when the copy was made are not there any more; what they had begun goes on elsewhere."""
    with transaction(engine) as connection:
        connection.execute(delete(leases))
        connection.execute(delete(workers))


def put_aside(connection: Connection, suffix: str) -> None:
    """Rename the schemas that are used, so that the database looks new; what was in them is kept under other names."""
    found = set(inspect(connection).get_schema_names())
    for name in SCHEMAS:
        if name in found:
            connection.execute(text(f'ALTER SCHEMA "{name}" RENAME TO "{name}_{suffix}"'))
    connection.execute(text("CREATE SCHEMA public"))


def take_back(connection: Connection, suffix: str) -> None:
    """Undo `put_aside`, and delete what came in its place."""
    found = set(inspect(connection).get_schema_names())
    for name in SCHEMAS:
        if f"{name}_{suffix}" in found:
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{name}" CASCADE'))
            connection.execute(text(f'ALTER SCHEMA "{name}_{suffix}" RENAME TO "{name}"'))


def empty(engine: Engine) -> None:
    """Delete everything that was put into a database that was new."""
    with transaction(engine) as connection:
        for name in SCHEMAS:
            connection.execute(text(f'DROP SCHEMA IF EXISTS "{name}" CASCADE'))
        connection.execute(text("CREATE SCHEMA public"))


def load_server(engine: Engine, file: Path) -> None:
    """Put a copied PostgreSQL database into one that has nothing.

    Raises:
        DumpToolMissing, DumpFailed: As they say.
    """
    wanted = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
    # `public` is there already; its own line in the list would stop the work.
    listed = _run("pg_restore", None, "--list", str(file)).splitlines()
    chosen = file.with_name(f"{file.name}.list")
    chosen.write_text("\n".join(line for line in listed if " SCHEMA - public " not in line), encoding="utf-8")
    _run("pg_restore", engine, *wanted, f"--use-list={chosen}", str(file))


def _run(program: str, engine: Engine | None, *arguments: str) -> str:
    command = [_path_of(program), *arguments]
    environment = dict(os.environ)
    if engine is not None:
        url = make_url(engine.url)
        if url.password:
            # Not as an argument, where everybody on the machine can read it.
            environment["PGPASSWORD"] = str(url.password)
        command.insert(1, f"--dbname={plain(url)}")
    done = subprocess.run(  # noqa: S603 - a program of PostgreSQL's, with fixed arguments
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise DumpFailed(
            f"{program} failed: {' '.join(said[:2])[:500] or done.returncode}",
            "If it speaks of a server version, install the client programs of that version.",
        )
    return done.stdout


def _path_of(program: str) -> str:
    # Debian keeps the programs of each version apart; the newest serves older servers, too.
    versions = [path for path in Path("/usr/lib/postgresql").glob(f"*/bin/{program}") if path.parts[-3].isdigit()]
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    found = str(newest) if newest is not None else shutil.which(program)
    if found is None:
        raise DumpToolMissing(
            f"{program} is not installed here, and only it can copy a PostgreSQL database.",
            "Install PostgreSQL's client programs, such as `apt-get install postgresql-client`, then run this again.",
        )
    return found
