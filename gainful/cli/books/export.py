"""`gainful export`: what is kept, as files for other programs."""

from __future__ import annotations

from pathlib import Path

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, plural, say


@click.group(short_help="Write calls, runs and facts as Parquet files.")
@json_option
def export() -> None:
    """Write what is kept as files for other programs. People stand in them under pseudonyms."""


@export.command(short_help="Months of calls, runs and facts, for questions nobody foresaw.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--until", default="", metavar="MONTH", help="The last month: 2026-10.  [the last that is over]")
@json_option
@click.pass_obj
def parquet(context: Context, folder: Path, until: str) -> None:
    """Write calls, runs and facts into DIR, a Parquet file a month each; only months that changed since the last time.

    What the books keep no longer is removed from DIR as well. `gainful ask` answers questions about them.
    """
    with context.open() as app:
        done = app.cold.export(folder.expanduser(), until)
    if context.as_json:
        written = [{"table": one.table, "month": one.month, "rows": one.rows} for one in done.written]
        emit({"written": written, "kept": done.kept, "removed": done.removed})
        return
    for one in done.written:
        say(f"{one.table:6} {one.month}  {plural(one.rows, 'row')}")
    parts = [f"{plural(len(done.written), 'file')} written", f"{done.kept:,} as they were"]
    parts += [f"{done.removed:,} removed"] if done.removed else []
    say(f"{', '.join(parts)}.")
