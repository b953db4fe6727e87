"""Months of calls, runs and facts as Parquet files, for questions that nobody foresaw.

    cold = ColdMonths(engine, directory)
    cold.export(Path("cold"), "2026-10")     # cold/calls/month=2026-10/calls.parquet, and so on

A month is written again only where it has changed: each file holds a fingerprint of what it was made from. What is
deleted here is gone from the files with the next export. People stand in them under pseudonyms; keys that systems gave
and reasons that people wrote are left out, since both may hold names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, func, select

from gainful.storage.cold.cold_rows import MONTH, TABLES, Month, month_of
from gainful.storage.cold.parquet import Answer, ColdFolderInvalid, Table, asked, marks_of, write_parquet
from gainful.storage.database import reading
from gainful.storage.facts.directory_store import DirectoryStore
from gainful.storage.facts.usage_store import instant
from gainful.storage.schema import batches, facts, reported_calls, reported_runs

FORM = "1"
"""Of the files; another one writes every month anew."""

_FINGERPRINT, _SOURCE = "gainful_fingerprint", "gainful_installation"


@dataclass(frozen=True, slots=True)
class Written:
    """A month that was written."""

    table: str
    month: str
    rows: int


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export has done.

    Args:
        kept: How many files were as they should be.
        removed: How many were removed, since nothing of their month is kept any more.
    """

    written: tuple[Written, ...]
    kept: int
    removed: int


class ColdMonths:
    """The months of one installation."""

    def __init__(self, engine: Engine, directory: DirectoryStore) -> None:
        self._engine = engine
        self._directory = directory

    def export(self, folder: Path, until: str) -> Exported:
        """Write the months up to this one and with it that have changed since they were written last.

        Args:
            until: As `2026-10`.

        Raises:
            ParquetMissing: The library is not there.
            ColdFolderInvalid: The folder holds the months of another installation, or cannot hold any.
            Invalid: `until` is no month.
        """
        last = month_of(until)
        source, same, months = self._overview(last)
        marks = {file: marks_of(file) for table in TABLES for file in files_in(folder, table).values()}
        for file, found in marks.items():
            if found.get(_SOURCE, source) != source:
                raise ColdFolderInvalid(f"{file} is another installation's.", "Name a folder of this one's own.")
        done = _Done()
        for table in TABLES:
            on_disk = files_in(folder, table)
            for name in sorted({*months, *(one for one in on_disk if one <= until)}):
                file = folder / table / f"month={name}" / f"{table}.parquet"
                self._export(file, table, month_of(name), _Origin(source, same), marks.get(file, {}), done)
        return Exported(tuple(done.written), done.kept, done.removed)

    def _overview(self, last: Month) -> tuple[str, dict[str, str], list[str]]:
        """Which installation this is, which pseudonyms are whose, and the months of which anything is known."""
        columns = (reported_calls.c.at, reported_runs.c.at, facts.c.at)
        with reading(self._engine) as connection:
            source = connection.scalar(select(batches.c.digest).order_by(batches.c.seq).limit(1)) or ""
            same = self._directory.survivors_in(connection)
            first = [found for at in columns if (found := connection.scalar(select(func.min(at)))) is not None]
        months, month = [], month_of(instant(min(first)).isoformat()[:7]) if first else None
        while month is not None and month.begin <= last.begin:
            months.append(month.name)
            month = month_of(instant(month.end).isoformat()[:7])
        return source, same, months

    def _export(
        self, file: Path, table: str, month: Month, origin: _Origin, marks: Mapping[str, str], done: _Done
    ) -> None:
        """Bring one file up to date."""
        kind = TABLES[table]
        # One reading: what the fingerprint tells of is what is written.
        with reading(self._engine) as connection:
            traces = kind.traces(connection, month)
            content = json.dumps([FORM, origin.source, sorted(origin.same.items()), traces])
            mark = hashlib.sha256(content.encode()).hexdigest()
            if traces and marks.get(_FINGERPRINT) == mark:
                done.kept += 1
            elif traces:
                rows = kind.rows(connection, month, origin.same)
                count = write_parquet(file, kind.columns, rows, {_FINGERPRINT: mark, _SOURCE: origin.source})
                done.written.append(Written(table, month.name, count))
            elif file.exists():
                file.unlink()
                done.removed += 1


@dataclass(frozen=True, slots=True)
class _Origin:
    """What all files are made from.

    Args:
        source: Digest of the first batch: it tells this installation from others.
        same: Of each pseudonym that turned out to be somebody else's, whose.
    """

    source: str
    same: Mapping[str, str]


@dataclass
class _Done:
    """What an export has done so far."""

    written: list[Written] = field(default_factory=list)
    kept: int = 0
    removed: int = 0


@contextmanager
def cold_answer(folder: Path, question: str) -> Iterator[Answer]:
    """The answer to a question about the months that a folder holds.

    Args:
        question: One SELECT over `calls`, `runs` and `facts`.

    Raises:
        ColdFolderInvalid: It holds none, or they are damaged.
        ParquetMissing, QuestionInvalid, QuestionRefused, QuestionTooLarge: As they say.
    """
    tables = {table: Table(kind.columns, files_in(folder, table)) for table, kind in TABLES.items()}
    if not any(table.files for table in tables.values()):
        raise ColdFolderInvalid(
            f"'{folder}' holds no exported months.", f"Export them first: gainful export parquet {folder}"
        )
    with asked(question, tables) as answer:
        yield answer


def files_in(folder: Path, table: str) -> dict[str, Path]:
    """The files of a table that a folder holds, by month."""
    found = {file.parent.name.removeprefix("month="): file for file in folder.glob(f"{table}/month=*/{table}.parquet")}
    # A link may lead elsewhere: only what lies in the folder itself is read and written.
    return {month: file for month, file in sorted(found.items()) if MONTH.fullmatch(month) and _lies_in(folder, file)}


def _lies_in(folder: Path, file: Path) -> bool:
    return file.resolve() == folder.resolve() / file.relative_to(folder)
