"""On PostgreSQL the database behaves as the file does: one writer, texts by their bytes, and it says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, delete, insert, select, text

from gainful.core.errors import Invalid
from gainful.sdk.testing.postgres import Postgres
from gainful.storage import server
from gainful.storage.database import open_database, reading, side_by_side, take_turn, transaction
from gainful.storage.errors import DatabaseForbidden, DatabaseLocked, DatabaseUnreachable, TextUnkeepable
from gainful.storage.migrations import HEAD
from gainful.storage.schema import marks, metadata
from gainful.storage.server import Turn

Writing = Callable[[Engine], AbstractContextManager[Connection]]


def test_texts_compare_by_their_bytes_whatever_the_servers_language(postgres: Postgres, team_url: str) -> None:
    words = ["forgotten:run", "forgotten", "Z", "a", "é", "forgotten;"]
    engine = open_database(team_url)
    with transaction(engine) as connection:
        connection.execute(insert(marks), [{"name": word, "value": ""} for word in words])
    with reading(engine) as connection:
        assert list(connection.scalars(select(marks.c.name).order_by(marks.c.name))) == sorted(words)
        between = select(marks.c.name).where(marks.c.name >= "forgotten:", marks.c.name < "forgotten;")
        assert list(connection.scalars(between)) == ["forgotten:run"]
        # The server itself would have it otherwise: the test proves something.
        assert connection.scalar(text("SELECT 'a' < 'Z'"))
    engine.dispose()


def test_migrations_build_exactly_the_schema_on_a_server(team_url: str) -> None:
    engine = open_database(team_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def count(engine: Engine, writing: Writing, turn: Turn | None = None) -> str:
    """How far forty come who each add one to what they read."""

    def add(_: int) -> None:
        with writing(engine) as connection:
            if turn is not None:
                take_turn(connection, turn)
            number = int(connection.scalar(select(marks.c.value).where(marks.c.name == "n")) or 0)
            connection.execute(delete(marks).where(marks.c.name == "n"))
            connection.execute(insert(marks), [{"name": "n", "value": str(number + 1)}])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    with reading(engine) as connection:
        return str(connection.scalar(select(marks.c.value)))


@pytest.mark.parametrize(("writing", "turn"), [(transaction, None), (side_by_side, Turn.LEDGER)])
def test_alone_or_in_turns_what_was_read_is_still_true_when_it_is_written(
    team_url: str, writing: Writing, turn: Turn | None
) -> None:
    engine = open_database(team_url)
    assert count(engine, writing, turn) == "40"
    engine.dispose()


def test_some_transactions_write_side_by_side(team_url: str) -> None:
    engine = open_database(team_url)
    both = Barrier(2, timeout=120)

    def add(name: str) -> None:
        with side_by_side(engine) as connection:
            both.wait()
            connection.execute(insert(marks), [{"name": name, "value": ""}])
            both.wait()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, "ab"))
    with reading(engine) as connection:
        assert list(connection.scalars(select(marks.c.name).order_by(marks.c.name))) == ["a", "b"]
    engine.dispose()


@pytest.mark.parametrize("kinds", [(transaction, side_by_side), (side_by_side, transaction)])
def test_the_two_kinds_of_transactions_keep_each_other_out(
    team_url: str, monkeypatch: pytest.MonkeyPatch, kinds: tuple[Writing, Writing]
) -> None:
    monkeypatch.setattr(server, "_SETTINGS", "-c lock_timeout=100")
    engine = open_database(team_url)
    first, second = kinds
    with first(engine), pytest.raises(DatabaseLocked), second(engine):
        raise AssertionError("both write at once")
    engine.dispose()


def test_a_turn_is_waited_for_by_its_name(team_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_SETTINGS", "-c lock_timeout=100")
    engine = open_database(team_url)
    with side_by_side(engine) as one:
        take_turn(one, Turn.RUN, "run1")
        with side_by_side(engine) as other:
            take_turn(other, Turn.RUN, "run2")
            take_turn(other, Turn.AUDIT)
        with pytest.raises(DatabaseLocked), side_by_side(engine) as other:
            take_turn(other, Turn.RUN, "run1")
    engine.dispose()


def test_a_look_leaves_prepared_statements_as_they_were(team_url: str) -> None:
    engine = open_database(team_url)
    for _ in range(10):
        with reading(engine) as connection:
            connection.execute(select(marks.c.name).where(marks.c.name == "a")).all()
    with reading(engine) as connection:
        prepared = connection.scalar(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%marks%'"))
    assert prepared
    engine.dispose()


def test_two_processes_migrate_once(postgres: Postgres) -> None:
    url = postgres.url(postgres.create())
    with ThreadPoolExecutor(3) as pool:
        engines = list(pool.map(lambda _: open_database(url), range(3)))
    assert postgres.ask(str(engines[0].url.database), "SELECT version_num FROM alembic_version") == [(HEAD,)]
    for engine in engines:
        engine.dispose()


def test_a_server_that_is_away(postgres: Postgres) -> None:
    with pytest.raises(DatabaseUnreachable, match="cannot be reached"):
        open_database("postgresql://gainful@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnreachable) as raised:
        open_database(postgres.url("there-is-no-such-database"))
    assert raised.value.retry_after


@pytest.mark.parametrize("password", ["", ":wrong"])
def test_a_server_that_wants_another_password_never_has_it_told(postgres: Postgres, password: str) -> None:
    url = postgres.address("postgres").replace("gainful@", f"gainful{password}@")
    with pytest.raises(DatabaseForbidden) as raised:
        open_database(url)
    assert "wrong" not in f"{raised.value}{raised.value.as_json()}"


def test_a_writer_that_waits_too_long_gives_up(team_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_SETTINGS", "-c lock_timeout=100")
    engine = open_database(team_url)
    with transaction(engine), pytest.raises(DatabaseLocked), transaction(engine):
        raise AssertionError("two write at once")
    engine.dispose()


def test_a_database_that_holds_few_letters_is_refused(postgres: Postgres) -> None:
    postgres.ask(
        "postgres", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C' LOCALE_PROVIDER libc"
    )
    with pytest.raises(Invalid, match="LATIN1"):
        open_database(postgres.url("latin"))


def test_what_was_written_is_on_the_disk_when_the_transaction_is_over(team_url: str) -> None:
    engine = open_database(team_url)
    for number in range(20):
        with transaction(engine) as connection:
            connection.execute(insert(marks), [{"name": str(number), "value": ""}])
            written = connection.scalar(text("SELECT pg_current_wal_insert_lsn()"))
        with reading(engine) as connection:
            flushed = text("SELECT pg_current_wal_flush_lsn() > CAST(:written AS pg_lsn)")
            assert connection.scalar(flushed, {"written": str(written)})
    engine.dispose()


def test_a_character_that_the_server_cannot_keep_is_told_as_that(team_url: str) -> None:
    engine = open_database(team_url)
    with pytest.raises(TextUnkeepable), transaction(engine) as connection:
        connection.execute(insert(marks), [{"name": "a\0b", "value": ""}])
    with pytest.raises(TextUnkeepable), reading(engine) as connection:
        connection.execute(select(marks.c.name).where(marks.c.name == "a\0b")).all()
    with reading(engine) as connection:
        assert connection.execute(select(marks.c.name)).all() == []
    engine.dispose()


def test_an_ordinary_user_may_write(postgres: Postgres) -> None:
    name = postgres.create()
    postgres.ask("postgres", "DROP ROLE IF EXISTS plain")
    postgres.ask("postgres", "CREATE ROLE plain LOGIN")
    postgres.ask("postgres", f'ALTER DATABASE "{name}" OWNER TO plain')
    engine = open_database(postgres.url(name).replace("gainful@", "plain@"))
    with transaction(engine) as connection:
        connection.execute(insert(marks), [{"name": "a", "value": ""}])
    with reading(engine) as connection:
        assert connection.execute(select(marks.c.name)).scalars().all() == ["a"]
    engine.dispose()
    postgres.drop(name)
    postgres.ask("postgres", "DROP ROLE plain")
