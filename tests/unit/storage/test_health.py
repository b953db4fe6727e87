from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from gainful.storage.database import open_database, transaction
from gainful.storage.health import damage


def test_a_whole_file_has_no_damage(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "gainful.sqlite")
    assert damage(engine) == ""
    engine.dispose()


def test_a_row_without_its_index_entry_is_damage(tmp_path: Path) -> None:
    engine = open_database(tmp_path / "gainful.sqlite")
    with transaction(engine) as connection:
        connection.execute(text("CREATE TABLE things (name TEXT)"))
        connection.execute(text("INSERT INTO things VALUES (NULL), ('a')"))
        connection.execute(text("PRAGMA writable_schema=ON"))
        changed = "UPDATE sqlite_schema SET sql = 'CREATE TABLE things (name TEXT NOT NULL)' WHERE name = 'things'"
        connection.execute(text(changed))
    engine.dispose()
    engine = open_database(tmp_path / "gainful.sqlite")
    assert "NULL value in things.name" in damage(engine)
    engine.dispose()
