"""`gainful ask`: questions in SQL about exported months."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import console, decimal, emit, note, safe


@click.command(short_help="Answer a question in SQL about exported months.")
@click.argument("question", metavar="SQL")
@click.option(
    "--in", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path), help="What was exported."
)
@click.option("--limit", type=click.IntRange(min=1), help="So many rows at most.  [100; with --json all]")
@json_option
@click.pass_obj
def ask(context: Context, question: str, folder: Path, limit: int | None) -> None:
    """Answer one SELECT over the tables `calls`, `runs` and `facts` that `gainful export parquet` wrote into DIR.

    It is read only, reaches no network, and opens no file but those.
    """
    from gainful.storage.cold.cold_months import cold_answer

    with cold_answer(folder.expanduser(), question) as answer:
        if context.as_json:
            for row in islice(answer.rows, limit):
                emit({name: _plain(value) for name, value in zip(answer.columns, row, strict=True)})
            return
        most = limit or 100
        rows = list(islice(answer.rows, most + 1))
    _show(answer.columns, rows[:most])
    if len(rows) > most:
        note(f"Only the first {most:,} rows; --limit shows more, --json all.")


def _show(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for name in columns:
        table.add_column(Text(safe(name, 60)), header_style="dim", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_text(value)) for value in row))
    console().print(table)


def _text(value: Any) -> str:
    found = _plain(value)
    return "–" if found is None else safe(str(found), 500)


def _plain(value: Any) -> Any:
    """The value as JSON has it; numbers that JSON has not become nothing."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, bytes):
        return value.hex()
    if value is None or isinstance(value, bool | int | str):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return decimal(value) if hasattr(value, "as_tuple") else str(value)
