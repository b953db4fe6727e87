"""Parquet files by DuckDB, the one place that knows it. Needs the extra `gainful[parquet]`.

    write_parquet(file, COLUMNS, rows, {"fingerprint": "5f0c…"})   # whole, or not at all
    marks_of(file)                                                 # {"fingerprint": "5f0c…"}
    with asked("SELECT count(*) FROM calls", tables) as answer:    # read only, and of these files alone
        print(answer.columns, list(answer.rows))

A question is untrusted: it runs in a database in memory that may open the files it was given and nothing else, with its
settings locked.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gainful.core.errors import Invalid, Refused, Unavailable

AT_ONCE = 1000
"""Rows of an answer that are fetched together."""

DRAFT = ".writing-"
LEFT_AFTER = 86_400.0
"""Seconds after which nobody is writing a file any more."""

_GLOB = frozenset("*?[")
_CONFIG = {
    "allow_community_extensions": "false",
    # Else it looks for passwords in the person's own folder.
    "allow_persistent_secrets": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # Else a name in a question could mean a variable of this program.
    "python_enable_replacements": "false",
    # Nothing is written anywhere, also where memory is short.
    "temp_directory": "",
}


class ParquetMissing(Unavailable):
    """The library that reads and writes Parquet is not installed."""

    code = "parquet-missing"


class ColdFolderInvalid(Invalid):
    """A folder cannot hold cold months, or holds none, or its files are damaged."""

    code = "cold-folder-invalid"


class QuestionInvalid(Invalid):
    """A question is no SQL that can be answered: a mistake in it, or a table or column that there is not."""

    code = "question-invalid"


class QuestionRefused(Refused):
    """A question is more than one query, or would change, reach or open something."""

    code = "question-refused"


class QuestionTooLarge(Invalid):
    """A question needs more memory than there is."""

    code = "question-too-large"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a question.

    Args:
        columns: Types by name, `month` left out.
        files: By the month that each holds.
    """

    columns: Mapping[str, str]
    files: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question came to; the rows can be read once, while the question is open."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


# --- writing ----------------------------------------------------------------------------------------------------------


def write_parquet(
    file: Path, columns: Mapping[str, str], rows: Iterable[Sequence[object]], marks: Mapping[str, str]
) -> int:
    """Write these rows, in the place of what is there; how many. Whoever reads meanwhile sees the one or the other.

    Args:
        columns: DuckDB's types by name. A TIMESTAMP is given in microseconds since 1970, a DECIMAL as text.
        marks: Kept in the file beside the rows.

    Raises:
        ParquetMissing: The library is not there.
    """
    duckdb = _library()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _tidy(file.parent)
    # In the same folder: only there is putting it in its place one step.
    with tempfile.TemporaryDirectory(prefix=DRAFT, dir=file.parent) as draft:
        lines, made = Path(draft, "rows.jsonl"), Path(draft, "rows.parquet")
        count = _write_lines(lines, list(columns), rows)
        given = ", ".join(f"{_name(name)}: {_text(_given(kind))}" for name, kind in columns.items())
        taken = ", ".join(_taken(name, kind) for name, kind in columns.items())
        noted = ", ".join(f"{_name(name)}: {_text(value)}" for name, value in marks.items())
        form = "FORMAT parquet, COMPRESSION zstd" + (f", KV_METADATA {{{noted}}}" if noted else "")
        with duckdb.connect(":memory:", config=_CONFIG) as connection:
            source = f"read_json({_path(lines)}, format = 'newline_delimited', columns = {{{given}}})"
            connection.execute(f"COPY (SELECT {taken} FROM {source}) TO {_path(made)} ({form})")  # noqa: S608 - ours
        made.chmod(0o600)
        _flush(made)
        made.replace(file)
    return count


def marks_of(file: Path) -> dict[str, str]:
    """The marks that a file holds; none where there is no such file, or it is damaged.

    Raises:
        ParquetMissing: The library is not there.
    """
    duckdb = _library()
    if not file.is_file():
        return {}
    with duckdb.connect(":memory:", config=_CONFIG) as connection:
        try:
            found = connection.execute("SELECT key, value FROM parquet_kv_metadata(?)", [_plain(file)]).fetchall()
        except duckdb.Error:
            return {}
    return {bytes(key).decode(): bytes(value).decode("utf-8", "replace") for key, value in found}


def _tidy(folder: Path) -> None:
    """Remove what processes that were killed have left."""
    for left in folder.glob(f"{DRAFT}*"):
        if time.time() - left.stat().st_mtime > LEFT_AFTER:
            shutil.rmtree(left, ignore_errors=True)


def _write_lines(file: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    count = 0
    with file.open("w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(dict(zip(names, row, strict=True)), separators=(",", ":")) + "\n")
            count += 1
    return count


def _given(kind: str) -> str:
    return "BIGINT" if kind == "TIMESTAMP" else kind


def _taken(name: str, kind: str) -> str:
    return f"make_timestamp({_name(name)}) AS {_name(name)}" if kind == "TIMESTAMP" else _name(name)


def _flush(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- asking -----------------------------------------------------------------------------------------------------------


@contextmanager
def asked(question: str, tables: Mapping[str, Table]) -> Iterator[Answer]:
    """The answer to a question, which may read these tables and nothing else.

    Args:
        question: One SELECT, in DuckDB's SQL.

    Raises:
        ParquetMissing: The library is not there.
        QuestionInvalid, QuestionRefused, QuestionTooLarge, ColdFolderInvalid: As they say; also while rows are read.
    """
    duckdb = _library()
    with duckdb.connect(":memory:", config=_CONFIG) as connection, _explained(duckdb):
        _open(duckdb, connection, tables)
        paths = ", ".join(_path(file) for table in tables.values() for file in table.files.values())
        connection.execute(f"SET allowed_paths = [{paths}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        statements = duckdb.extract_statements(question)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise QuestionRefused(
                "Only one query that reads is answered.", "Ask one SELECT: nothing else changes or opens anything here."
            )
        result = connection.execute(statements[0])
        names = tuple(column[0] for column in result.description)
        yield Answer(_distinct(names), _fetched(result))


def _open(duckdb: Any, connection: Any, tables: Mapping[str, Table]) -> None:
    """Make the tables; their files are looked into for their columns."""
    try:
        for name, table in tables.items():
            connection.execute(_view(name, table))
    except duckdb.Error as error:
        raise _damaged(error) from None


def _view(name: str, table: Table) -> str:
    """The statement that makes a table: of its files, or empty where there are none."""
    if not table.files:
        columns = {**table.columns, "month": "VARCHAR"}
        empty = ", ".join(f"NULL::{kind} AS {_name(column)}" for column, kind in columns.items())
        return f"CREATE VIEW {_name(name)} AS SELECT {empty} WHERE false"
    files = ", ".join(_path(file) for file in table.files.values())
    # By name: a file of an earlier release may lack a column.
    how = "union_by_name = true, hive_partitioning = true, hive_types = {month: VARCHAR}"
    return f"CREATE VIEW {_name(name)} AS SELECT * FROM read_parquet([{files}], {how})"  # noqa: S608 - of quoted paths


def _fetched(result: Any) -> Iterator[tuple[Any, ...]]:
    while rows := result.fetchmany(AT_ONCE):
        yield from rows


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names of columns, each another one: they become the keys of an object."""
    found: list[str] = []
    for name in names:
        number, made = 1, name
        while made in found:
            number += 1
            made = f"{name}_{number}"
        found.append(made)
    return tuple(found)


@contextmanager
def _explained(duckdb: Any) -> Iterator[None]:
    """Turns the library's errors into ours."""
    try:
        yield
    except duckdb.PermissionException as error:
        raise QuestionRefused(
            f"That would reach outside the exported months: {_said(error)}", "Ask of calls, runs and facts alone."
        ) from None
    except duckdb.OutOfMemoryException:
        raise QuestionTooLarge(
            "The answer needs more memory than this machine has.",
            "Ask for less: name the columns, and the months in WHERE month = '2026-10'.",
        ) from None
    except duckdb.IOException as error:
        raise _damaged(error) from None
    except duckdb.Error as error:
        raise QuestionInvalid(
            _said(error), "`DESCRIBE calls` shows its columns; see docs/how-to/cold-months.md."
        ) from None


def _damaged(error: Exception) -> ColdFolderInvalid:
    return ColdFolderInvalid(f"A file cannot be read: {_said(error)}", "Export again: what is damaged is written anew.")


def _said(error: Exception) -> str:
    """The first line of what the library says."""
    first = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
    return first if first.endswith((".", "!", "?")) else f"{first}."


# --- names ------------------------------------------------------------------------------------------------------------


def _library() -> Any:
    try:
        import duckdb
    except ImportError:
        raise ParquetMissing(
            "Cold months need a library that is not installed.", "Install it with `pip install 'gainful[parquet]'`."
        ) from None
    return duckdb


def _plain(file: Path) -> str:
    """The path as the library takes it for one file, and not for a pattern.

    Raises:
        ColdFolderInvalid: It would be taken for a pattern.
    """
    path = str(file.absolute())
    if _GLOB & set(path):
        raise ColdFolderInvalid(f"The path '{path}' holds one of * ? [.", "Choose a folder without them.")
    return path


def _path(file: Path) -> str:
    return _text(_plain(file))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
