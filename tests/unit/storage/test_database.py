"""The database opens private, current and safe to share; and says clearly why when it cannot."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select, text

import gainful.storage.database as database_module
from gainful.core.errors import Invalid
from gainful.storage.database import close_database, open_database, reading, transaction
from gainful.storage.errors import (
    DatabaseClosed,
    DatabaseCorrupt,
    DatabaseForbidden,
    DatabaseLocked,
    DatabaseNewer,
    DiskFull,
)
from gainful.storage.migrations import HEAD, REVISIONS
from gainful.storage.schema import answers, metadata

ANSWER = {"model": "m", "answer": "{}", "at": "2026-01-01T00:00:00+00:00"}


def test_migrations_build_exactly_the_schema(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "g.db")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_revisions_are_those_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database_module.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == HEAD
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(REVISIONS)


def test_file_is_private_and_durable(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "g.db"
    engine = open_database(path)
    with transaction(engine) as connection:
        connection.execute(insert(answers).values(digest="a", **ANSWER))
        assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}
    with engine.connect() as connection:
        pragmas = {name: connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")}
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_an_open_file_is_made_private(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    open_database(path).dispose()
    path.chmod(0o644)
    open_database(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_second_start_does_not_import_alembic(tmp_path: Path) -> None:
    open_database(tmp_path / "g.db").dispose()
    code = (
        "import sys; from gainful.storage.database import open_database; open_database(sys.argv[1]);"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path / "g.db")], check=False).returncode == 0


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "g.db")
    with pytest.raises(RuntimeError, match="on purpose"), transaction(engine) as connection:
        connection.execute(insert(answers).values(digest="a", **ANSWER))
        raise RuntimeError("on purpose")
    with reading(engine) as connection:
        assert connection.execute(select(answers)).all() == []


def test_a_reader_sees_one_state_and_blocks_no_writer(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "g.db")
    with reading(engine) as reader:
        before = reader.execute(select(answers)).all()
        with transaction(engine) as writer:
            writer.execute(insert(answers).values(digest="a", **ANSWER))
        assert reader.execute(select(answers)).all() == before == []


def test_threads_wait_for_each_other(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "g.db")
    with transaction(engine) as connection:
        connection.execute(insert(answers).values(digest="n", **ANSWER | {"answer": "0"}))

    def add() -> None:
        for _ in range(10):
            with transaction(engine) as connection:
                seen = int(connection.scalar(select(answers.c.answer)) or 0)
                connection.execute(answers.update().values(answer=str(seen + 1)))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert connection.scalar(select(answers.c.answer)) == "40"


def test_a_newer_database_is_refused_and_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    open_database(path).dispose()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    with pytest.raises(DatabaseNewer, match=r"revision 9999.*Upgrade Gainful"):
        open_database(path)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    path.write_bytes(b"these are not the tables you are looking for" * 100)
    with pytest.raises(DatabaseCorrupt, match=r"g\.db is damaged.*\.recover"):
        open_database(path)


def test_a_damaged_page(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    engine = open_database(path)
    with transaction(engine) as connection:
        for number in range(500):
            connection.execute(insert(answers).values(digest=f"{number:064}", **ANSWER | {"answer": "x" * 400}))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size // 2)
        file.write(b"\xff" * (size // 2 - 8192))
    with pytest.raises(DatabaseCorrupt), reading(open_database(path)) as connection:
        connection.execute(select(answers)).all()


def test_a_locked_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_TIMEOUT_MS", 50)
    path = tmp_path / "g.db"
    engine = open_database(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseLocked, match="held by another process"), transaction(engine):
        pass
    holder.close()


def test_a_full_disk(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "g.db")
    with pytest.raises(DiskFull, match="full"), transaction(engine) as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        connection.execute(insert(answers).values(digest="a", **ANSWER | {"answer": "x" * 100_000}))
    with reading(engine) as connection:
        assert connection.execute(select(answers)).all() == []


def test_who_outlives_a_closed_database_does_not_bring_it_back(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "g.db")
    with reading(engine) as connection:
        close_database(engine)
        # Whoever has a connection may finish.
        assert connection.execute(select(answers)).all() == []
    for path in tmp_path.iterdir():
        path.unlink()
    with pytest.raises(DatabaseClosed, match="ending"), reading(engine):
        pass
    with pytest.raises(DatabaseClosed), transaction(engine):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(DatabaseForbidden, match="cannot be opened"):
        open_database(tmp_path / "home" / "g.db")


def test_another_database_product_is_refused() -> None:
    with pytest.raises(Invalid, match="'mysql'"):
        open_database("mysql://localhost/x")
