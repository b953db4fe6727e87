"""`gainful import`: what other tools and systems report, into the books."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.import_logs import add_to
from gainful.cli.screen import emit, note, plural, safe, say

if TYPE_CHECKING:
    from gainful.intake.events.reader import Rejected


@click.group("import", short_help="Take in what other tools and systems report.")
@json_option
def import_() -> None:
    """Take in what other tools and systems report. Importing the same thing twice changes nothing."""


@import_.command(short_help="Facts about work, as any system can write them.")
@click.argument("file", metavar="FILE.jsonl")
@json_option
@click.pass_obj
def events(context: Context, file: str) -> int:
    """Import facts from JSON Lines, one fact a line; `-` reads standard input.

    docs/reference/events.md has every kind of fact. A line that is none goes to FILE.rejected.jsonl with its reason.
    Mend it in FILE and import that again: what is known is left alone.
    """
    from gainful.app.importing import Importing
    from gainful.cli.progress import progress

    beside = Path("events.rejected.jsonl") if file == "-" else Path(f"{file}.rejected.jsonl")
    with (
        _lines(file) as lines,
        _Rejects(beside) as rejects,
        context.open() as app,
        progress(context.as_json) as report,
    ):
        done = Importing(app.facts).events(lines, rejects, lambda read: report("lines read", read, 0))
    if context.as_json:
        emit({"new": done.new, "doubled": done.doubled, "rejected": done.rejected, "rejected_file": rejects.written})
    else:
        say(f"{plural(done.new, 'new fact')}, {done.doubled:,} known already.")
        if done.rejected:
            note(f"{plural(done.rejected, 'line is', 'lines are')} no fact; see {rejects.written}:")
            for one in rejects.first:
                note(f"  line {one.number}: {safe(one.reason, 300)}")
    return exits.FINDINGS if done.rejected else exits.OK


add_to(import_)


@contextmanager
def _lines(file: str) -> Iterator[IO[str]]:
    if file == "-":
        yield sys.stdin
        return
    try:
        opened = Path(file).expanduser().open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise click.BadParameter(f"{file} cannot be read: {error.strerror}.", param_hint="FILE.jsonl") from None
    with opened:
        yield opened


class _Rejects:
    """Writes lines that are no facts beside the file; the file is made at the first of them."""

    SHOWN = 5

    def __init__(self, file: Path) -> None:
        self._file = file
        self._out: IO[str] | None = None
        self.first: list[Rejected] = []

    def __enter__(self) -> _Rejects:
        return self

    def __exit__(self, *_: object) -> None:
        if self._out is not None:
            self._out.close()

    @property
    def written(self) -> str:
        """The file that was made; empty where none was."""
        return str(self._file) if self._out is not None else ""

    def __call__(self, rejected: Rejected) -> None:
        if self._out is None:
            self._out = self._file.open("w", encoding="utf-8")
        if len(self.first) < self.SHOWN:
            self.first.append(rejected)
        row = {"line": rejected.number, "reason": rejected.reason, "content": rejected.line}
        self._out.write(json.dumps(row, ensure_ascii=False) + "\n")
