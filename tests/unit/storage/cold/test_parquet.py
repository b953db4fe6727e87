"""Parquet files are whole or not there; a question reads them, and nothing else whatever it tries."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gainful.storage.cold import parquet
from gainful.storage.cold.parquet import (
    ColdFolderInvalid,
    ParquetMissing,
    QuestionInvalid,
    QuestionRefused,
    QuestionTooLarge,
    Table,
    asked,
    marks_of,
    write_parquet,
)

COLUMNS = {"id": "VARCHAR", "happened_at": "TIMESTAMP", "cost": "DECIMAL(38,9)", "count": "BIGINT", "good": "BOOLEAN"}
ROWS: Sequence[Sequence[object]] = [
    ("a", 1_700_000_000_123_456, "0.000000123", 2**53 + 1, True),
    ('it\'s "b"\\\n', None, None, None, False),
    ("ünï ☃ 😀", 0, "123456789012.5", -1, None),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    found = tmp_path / "cold" / "calls" / "month=2026-10" / "calls.parquet"
    write_parquet(found, COLUMNS, ROWS, {"made": "from 'this'"})
    return found


@pytest.fixture
def tables(file: Path) -> dict[str, Table]:
    return {"calls": Table(COLUMNS, {"2026-10": file}), "runs": Table(COLUMNS, {})}


def answered(question: str, tables: dict[str, Table]) -> list[tuple[Any, ...]]:
    with asked(question, tables) as answer:
        return list(answer.rows)


def in_folder(file: Path) -> list[str]:
    return sorted(one.name for one in file.parent.iterdir())


# --- writing ---


def test_what_is_written_is_read_to_the_last_digit(tables: dict[str, Table]) -> None:
    query = "SELECT id, epoch_us(happened_at), cost::VARCHAR, count, good, month FROM calls"
    assert answered(query, tables) == [
        ("a", 1_700_000_000_123_456, "0.000000123", 2**53 + 1, True, "2026-10"),
        ('it\'s "b"\\\n', None, None, None, False, "2026-10"),
        ("ünï ☃ 😀", 0, "123456789012.500000000", -1, None, "2026-10"),
    ]


def test_nobody_else_may_read_it(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert in_folder(file) == [file.name]


def test_what_fails_half_way_leaves_what_was_there(file: Path) -> None:
    before = file.read_bytes()

    def rows() -> Iterator[Sequence[object]]:
        yield ROWS[0]
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        write_parquet(file, COLUMNS, rows(), {"made": "later"})
    assert file.read_bytes() == before
    assert in_folder(file) == [file.name]


def test_what_a_killed_process_left_is_removed_after_a_day(file: Path) -> None:
    old, fresh = file.parent / ".writing-old", file.parent / ".writing-fresh"
    for left in (old, fresh):
        left.mkdir()
        (left / "rows.jsonl").write_text("{}")
    os.utime(old, (time.time() - 100_000,) * 2)
    write_parquet(file, COLUMNS, ROWS, {})
    assert in_folder(file) == [".writing-fresh", file.name]


def test_marks_are_kept_beside_the_rows(file: Path, tmp_path: Path) -> None:
    assert marks_of(file) == {"made": "from 'this'"}
    assert marks_of(tmp_path / "none.parquet") == {}
    file.write_bytes(file.read_bytes()[:-20])
    assert marks_of(file) == {}


def test_a_folder_whose_name_would_be_a_pattern_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ColdFolderInvalid, match=r"holds one of \* \? \["):
        write_parquet(tmp_path / "a[1]" / "calls.parquet", COLUMNS, ROWS, {})


def test_a_folder_may_be_called_what_it_likes_else(tmp_path: Path) -> None:
    file = tmp_path / 'it\'s a "folder" ; DROP' / "month=2026-10" / "calls.parquet"
    write_parquet(file, COLUMNS, ROWS, {"a": "b"})
    assert marks_of(file) == {"a": "b"}
    assert answered("SELECT count(*) FROM calls", {"calls": Table(COLUMNS, {"2026-10": file})}) == [(3,)]


# --- asking ---


def test_a_table_without_files_is_empty_and_has_its_columns(tables: dict[str, Table]) -> None:
    with asked("SELECT * FROM runs", tables) as answer:
        assert answer.columns == (*COLUMNS, "month")
        assert list(answer.rows) == []


def test_a_file_of_an_earlier_release_lacks_a_column(file: Path, tables: dict[str, Table]) -> None:
    older = file.parents[1] / "month=2026-09" / "calls.parquet"
    write_parquet(older, {"id": "VARCHAR"}, [("old",)], {})
    both = {"calls": Table(COLUMNS, {"2026-09": older, "2026-10": file})}
    assert answered("SELECT id, count FROM calls WHERE month = '2026-09'", both) == [("old", None)]


def test_columns_of_one_name_are_told_apart(tables: dict[str, Table]) -> None:
    with asked("SELECT 1 AS a, 2 AS a, 3 AS a", tables) as answer:
        assert len(set(answer.columns)) == 3
        assert list(answer.rows) == [(1, 2, 3)]


def test_more_rows_than_are_fetched_at_once(tables: dict[str, Table]) -> None:
    assert len(answered("SELECT * FROM range(2500)", tables)) == 2500


@pytest.mark.parametrize(
    "question",
    [
        "",
        "SELECT 1; SELECT 2",
        "COPY calls TO 'PLACE/out.csv'",
        "COPY (SELECT 1) TO 'FILE'",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "ATTACH 'PLACE/other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CREATE TABLE made AS SELECT 1",
        "DROP VIEW calls",
        "EXPORT DATABASE 'PLACE/all'",
        "EXPLAIN ANALYZE SELECT 1",
        "CALL pragma_version()",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_csv('PLACE/secret.txt')",
        "SELECT * FROM read_text('PLACE/secret.txt')",
        "SELECT * FROM read_blob('DIR/../../../../secret.txt')",
        "SELECT * FROM 'PLACE/secret.txt'",
        "SELECT * FROM sniff_csv('PLACE/secret.txt')",
        "SELECT * FROM glob('PLACE/*')",
        "SELECT * FROM read_parquet('DIR/link.parquet')",
        "SELECT * FROM read_csv('/proc/self/environ')",
        "SELECT * FROM 'https://example.org/secret.parquet'",
        "SELECT * FROM read_csv('http://127.0.0.1:9/')",
        "SELECT * FROM read_parquet('s3://bucket/secret.parquet')",
        "SELECT * FROM parquet_metadata('PLACE/secret.txt')",
        "SELECT (SELECT content FROM read_text('PLACE/secret.txt'))",
        "FROM query('COPY (SELECT 1) TO ''PLACE/out.csv''')",
    ],
)
def test_nothing_but_the_months_is_reached(question: str, file: Path, tables: dict[str, Table], tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hush", encoding="utf-8")
    (file.parent / "link.parquet").symlink_to(secret)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    asked_for = question.replace("PLACE", str(tmp_path)).replace("DIR", str(file.parent)).replace("FILE", str(file))
    with pytest.raises((QuestionRefused, QuestionInvalid)):
        answered(asked_for, tables)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "question",
    [
        "SELECT * FROM duckdb_secrets()",
        "SELECT path FROM duckdb_databases() WHERE path IS NOT NULL",
    ],
)
def test_there_is_nothing_else_to_find(question: str, tables: dict[str, Table]) -> None:
    assert answered(question, tables) == []


def test_a_variable_of_this_program_is_no_table(tables: dict[str, Table]) -> None:
    hidden = [("secret",)]
    with pytest.raises(QuestionInvalid, match="hidden does not exist"):
        answered("SELECT * FROM hidden", tables)
    assert hidden


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT nope FROM calls", '"nope" not found'),
        ("SELECT * FROM nope", "nope does not exist"),
        ("SELECT id::INTEGER FROM calls", "Could not convert"),
        ("SELECT sum(count * 1000000) FROM calls", "Overflow"),
    ],
)
def test_a_mistake_is_told_in_one_line(question: str, said: str, tables: dict[str, Table]) -> None:
    with pytest.raises(QuestionInvalid) as told:
        answered(question, tables)
    assert said in told.value.what
    assert "\n" not in told.value.what


def test_a_damaged_file_is_told(file: Path, tables: dict[str, Table]) -> None:
    file.write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    with pytest.raises(ColdFolderInvalid, match="cannot be read"):
        answered("SELECT * FROM calls", tables)


def test_a_question_that_is_too_large_says_so(tables: dict[str, Table], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(parquet._CONFIG, "memory_limit", "50MB")
    with pytest.raises(QuestionTooLarge):
        answered("SELECT list(a) FROM range(100000000) t(a)", tables)


def test_without_the_library_its_name_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ParquetMissing, match="not installed"):
        marks_of(file)
