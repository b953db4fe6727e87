"""What is particular about PostgreSQL, where a team keeps everything.

Stores count on one writer at a time and on texts that compare by their bytes, as SQLite has it. Here PostgreSQL is made
to give the same.
"""

from __future__ import annotations

from enum import IntEnum

import psycopg
from sqlalchemy import URL, Connection, Engine, ExceptionContext, String, create_engine, event, inspect, make_url, text

from gainful.core.errors import Invalid
from gainful.sdk.secret import Secret
from gainful.storage.schema import metadata

LOCK_TIMEOUT_MS = 30_000
"""How long a writer waits for another one; as long as in SQLite."""

IDLE_TIMEOUT_MS = 60_000
"""A writer that says nothing for so long is cut off: its machine is gone, and the others wait for its lock."""

CONNECTIONS = 20
"""A process has at most so many."""

_GOING_OR_COMING = ("57P01", "57P02", "57P03")
"""The server shuts down, has crashed, or is not ready yet."""

_ONE_WRITER = 7182818
"""Key of the advisory lock that every writing transaction takes first, alone or together."""


class Turn(IntEnum):
    """What transactions side by side still do one after the other, in the order in which they take their turns."""

    RUN = 7182821
    """The calls of one run."""
    LABELS = 7182822
    """The labels of objects."""
    LEDGER = 7182823
    """The chain of the books, their balances and what they say of work items."""
    AUDIT = 7182824
    """The chain of the audit log; the last, as every run has its place in it."""


_WRITER = (
    "SELECT {lock}({key}), set_config('synchronous_commit', 'off', true), "
    "set_config('idle_in_transaction_session_timeout', '{timeout}', true)"
)
_ALONE = text(_WRITER.format(lock="pg_advisory_xact_lock", key=_ONE_WRITER, timeout=IDLE_TIMEOUT_MS))
_TOGETHER = text(_WRITER.format(lock="pg_advisory_xact_lock_shared", key=_ONE_WRITER, timeout=IDLE_TIMEOUT_MS))
_TURN = text("SELECT pg_advisory_xact_lock(:turn, hashtext(:name))")
_MARK = text("SELECT pg_logical_emit_message(true, 'gainful', '')")

_SETTINGS = f"-c lock_timeout={LOCK_TIMEOUT_MS} -c timezone=UTC"


def engine_of(url: URL) -> Engine:
    """An engine on a PostgreSQL database.

    A connection is tried before it is used, so that one cut by a restart of the server is replaced unseen.
    """
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=5,
        max_overflow=CONNECTIONS - 5,
        pool_pre_ping=True,
        # A machine that has lost its network is noticed in half a minute, not in two hours.
        connect_args={
            "options": _SETTINGS,
            "application_name": "gainful",
            "connect_timeout": 10,
            "keepalives_idle": 15,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        },
    )
    event.listen(engine, "handle_error", _tell_lost)
    return engine


def _tell_lost(context: ExceptionContext) -> None:
    """Name a server that is away as what it is: a lost connection, after which DBOS waits and tries again.

    By itself it knows some of the driver's messages, and not that of a socket that is not there any more; it would end
    the run without a word.
    """
    error = context.original_exception
    state = getattr(error, "sqlstate", None)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        # Without a state the server said nothing at all; of class 57, 57014 alone is about the statement.
        context.is_disconnect |= state is None or state.startswith("08") or state in _GOING_OR_COMING


def with_password(url: str, password: Secret) -> str:
    """The URL as the driver needs it. Kept in the engine, which shows it to nobody."""
    return make_url(url).set(password=password.reveal()).render_as_string(hide_password=False)


def plain(url: URL) -> str:
    """The URL as people write it, without a password."""
    bare = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(hide_password=False)


def let_alone(connection: Connection) -> None:
    """Wait until no other transaction of ours writes, and keep them out until this one ends.

    Its commit does not wait for the disk, so that the next writer need not, either: see `make_durable`.
    """
    connection.execute(_ALONE)


def let_alone_together(connection: Connection) -> None:
    """As `let_alone`, beside others who do this; those who want to be alone wait for all of them."""
    connection.execute(_TOGETHER)


def take_turn(connection: Connection, turn: Turn, name: str) -> None:
    """Wait until no other transaction has this turn. Two names may share one, which does no harm."""
    connection.execute(_TURN, {"turn": int(turn), "name": name})


def make_durable(connection: Connection) -> None:
    """Wait until all that was committed before is on the disk, together with all others who wait for it.

    What is committed is written in order: an entry that was chained to another one is never kept without it. So writers
    take turns for as long as they write, and wait for the disk side by side, outside the lock.

    Source: https://www.postgresql.org/docs/current/wal-async-commit.html. A commit waits only where its own transaction
    has written something; this message is the least that can be.
    """
    connection.execution_options(isolation_level="AUTOCOMMIT").execute(_MARK)


def check_encoding(connection: Connection, where: str) -> None:
    """Refuse a database that cannot hold every letter.

    Raises:
        Invalid: Its texts are not UTF-8.
    """
    encoding = connection.scalar(text("SHOW server_encoding"))
    if encoding != "UTF8":
        raise Invalid(
            f"The database {where} keeps its texts as {encoding}, which does not hold every letter.",
            "Make another one: createdb --encoding=UTF8 --template=template0 NAME",
        )


def compare_by_bytes(connection: Connection) -> None:
    """Let all texts of ours sort and compare by their bytes, whatever language the server was set up for.

    Instants, keys and ranges of names count on it. Changing a column's collation rewrites its indexes alone.
    """
    inspector = inspect(connection)
    quote = connection.dialect.identifier_preparer.quote
    for table in sorted(set(metadata.tables) & set(inspector.get_table_names())):
        changes = [
            f'ALTER COLUMN {quote(column["name"])} TYPE {column["type"].compile(connection.dialect)} COLLATE "C"'
            for column in inspector.get_columns(table)
            if isinstance(column["type"], String) and column["type"].collation != "C"
        ]
        if changes:
            connection.execute(text(f"ALTER TABLE {quote(table)} {', '.join(changes)}"))
