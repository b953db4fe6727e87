"""Opens the database, brings it up to date, and runs transactions on it.

    engine = open_database(home / "gainful.db")      # or "postgresql://user@host/name"
    with transaction(engine) as connection: ...      # writes; all or nothing, one writer at a time
    with side_by_side(engine) as connection: ...     # writes; takes turns only where it says so
    with reading(engine) as connection: ...          # reads; takes no lock
    close_database(engine)                           # the last of it: nobody can use it any more

The engine is an ordinary pooled one: threads share it, and DBOS takes it as its system database.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError

from gainful.core.errors import Invalid
from gainful.storage import server
from gainful.storage.errors import DatabaseClosed, DatabaseForbidden, DatabaseNewer, explain
from gainful.storage.migrations import HEAD, REVISIONS
from gainful.storage.server import Turn

BUSY_TIMEOUT_MS = 30_000
"""How long a writer waits for another one. DBOS waits as long."""


def open_database(path_or_url: Path | str, *, migrate: bool = True) -> Engine:
    """An engine on this database: created, migrated and private to its owner.

    Args:
        path_or_url: A file for SQLite, or a `postgresql://` URL.
        migrate: Whether it gets the tables that this Gainful knows.

    Raises:
        DatabaseNewer: A newer Gainful made it.
        DatabaseCorrupt, DatabaseForbidden, DatabaseLocked, DiskFull, DatabaseUnreachable: As they say.
    """
    if isinstance(path_or_url, str) and "://" in path_or_url:
        engine = _server_engine(path_or_url)
    else:
        engine = _file_engine(Path(path_or_url).expanduser())
    try:
        if migrate:
            _bring_up_to_date(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def close_database(engine: Engine) -> None:
    """Let go of the database for good: whoever asks it for a connection from now on gets `DatabaseClosed`.

    A disposed engine would connect anew for a thread that outlives it, and make the file again that has been deleted,
    or put another one in its place, meanwhile.
    """
    event.listen(engine, "do_connect", _refuse)
    engine.dispose()


def ended() -> DatabaseClosed:
    """What whoever asks for something after its end is told."""
    return DatabaseClosed("This Gainful is ending.", "Ask again when it runs; what was under way goes on then.")


def _refuse(*_of_connecting: Any) -> NoReturn:
    raise ended()


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A connection in one transaction that no other writer shares: committed at the end, rolled back on any error.

    The write lock is taken at once (`BEGIN IMMEDIATE` in SQLite, one advisory lock in PostgreSQL), so that what is read
    here is still true when it is written, and waiting happens at the start rather than failing half way.
    """
    with _writing(engine, server.let_alone) as connection:
        yield connection


@contextmanager
def side_by_side(engine: Engine) -> Iterator[Connection]:
    """A `transaction` that keeps out those of the other kind, but not those of its own; in SQLite there is one kind.

    For what every run does again and again. What is read here may have changed when it is written, unless a `take_turn`
    or the row's own lock has kept it.
    """
    with _writing(engine, server.let_alone_together) as connection:
        yield connection


@contextmanager
def _writing(engine: Engine, let_alone: Callable[[Connection], None]) -> Iterator[Connection]:
    with translated(engine), engine.connect() as connection:
        with connection.begin():
            if engine.dialect.name == "sqlite":
                _begin(connection, "BEGIN IMMEDIATE")
            else:
                let_alone(connection)
            yield connection
        if engine.dialect.name != "sqlite":
            server.make_durable(connection)


def take_turn(connection: Connection, turn: Turn, name: str = "") -> None:
    """Wait until nobody else has this turn, and keep it to the end of the transaction.

    Several are taken in the order of `Turn`, or two could wait for each other.

    Args:
        name: Which of many, where each has its own turn.
    """
    if connection.dialect.name != "sqlite":
        server.take_turn(connection, turn, name)


def await_durable(engine: Engine) -> None:
    """Wait until all that anybody has committed is on the disk; for those who let the outside world know of it."""
    if engine.dialect.name != "sqlite":
        with translated(engine), engine.connect() as connection:
            server.make_durable(connection)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one consistent state of the database and blocks nobody."""
    with translated(engine), engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            _begin(connection, "BEGIN")
            yield connection
            return
        # Committed and not rolled back: after a rollback the driver forgets the statements it has had prepared.
        with connection.execution_options(isolation_level="REPEATABLE READ").begin():
            yield connection


def _begin(connection: Connection, statement: str) -> None:
    """Begin a transaction by the driver itself: through SQLAlchemy it would cost as much as a small query."""
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(statement)
    except sqlite3.Error as error:
        raise DBAPIError.instance(statement, None, error, sqlite3.Error) from error


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turns the driver's errors about the database's condition into ours; others pass unchanged."""
    try:
        yield
    except DBAPIError as error:
        ours = explain(error, location(engine))
        if ours is None:
            raise
        raise ours from error


def is_shared(engine: Engine) -> bool:
    """Whether other machines may use it, too."""
    return engine.dialect.name != "sqlite"


def location(engine: Engine) -> str:
    """Where the database is, for a person: the file, or the URL without its password."""
    if engine.dialect.name == "sqlite":
        return engine.url.database or ":memory:"
    return server.plain(engine.url)


def _server_engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _file_engine(Path(parsed.database or ""))
    if parsed.get_backend_name() != "postgresql":
        raise Invalid(
            f"'{parsed.get_backend_name()}' is not a database Gainful can use.",
            "Give a file for SQLite, or a postgresql:// URL.",
        )
    return server.engine_of(parsed)


def _file_engine(path: Path) -> Engine:
    _make_private_file(path)
    engine = create_engine(f"sqlite:///{path}", pool_size=10, max_overflow=20)
    event.listen(engine, "connect", _configure)
    return engine


def _make_private_file(path: Path) -> None:
    """Creates the file with mode 0600 before SQLite does: its WAL and shared memory copy that mode."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        if path.stat().st_mode & 0o077:
            with suppress(PermissionError):
                path.chmod(0o600)
    except OSError as error:
        raise DatabaseForbidden(
            f"The database {path} cannot be opened for writing: {error.strerror}.",
            "Check who owns the file and its folder, or name another place with --home.",
        ) from error


def _configure(connection: sqlite3.Connection, _record: Any) -> None:
    # DBOS runs on this engine too and counts on these: a transaction starts as IMMEDIATE before the first write.
    connection.isolation_level = "IMMEDIATE"
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA journal_mode=WAL")
    # FULL: the books promise that what was committed survives a power cut; NORMAL may lose the last commits.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _bring_up_to_date(engine: Engine) -> None:
    """Runs the missing migrations. One cheap query when there are none: alembic is not even imported."""
    with reading(engine) as connection:
        stored = _stored_revision(connection)
    if stored == HEAD:
        return
    with transaction(engine) as connection:
        # Asked again under the lock: another process may have migrated while we waited for it.
        stored = _stored_revision(connection)
        if stored == HEAD:
            return
        if stored and stored not in REVISIONS:
            raise DatabaseNewer(
                f"The database {location(engine)} is at revision {stored}; this Gainful knows {HEAD} and older.",
                "Upgrade Gainful (pip install --upgrade gainful), or name another place with --home.",
            )
        if engine.dialect.name == "postgresql":
            server.check_encoding(connection, location(engine))
        _migrate(connection)
        if engine.dialect.name == "postgresql":
            server.compare_by_bytes(connection)


def _stored_revision(connection: Connection) -> str:
    """The revision this database is at; empty when it is new."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return ""
    return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
