"""Files of lines: those that can be used, and those that cannot, beside them with their reason."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gainful.intake.events.reader import Rejected


@contextmanager
def lines_of(file: str) -> Iterator[IO[str]]:
    """The file to read, for as long as it is read; `-` is standard input."""
    if file == "-":
        yield sys.stdin
        return
    try:
        opened = Path(file).expanduser().open(encoding="utf-8", errors="replace")
    except OSError as error:
        raise click.BadParameter(f"{file} cannot be read: {error.strerror}.", param_hint="FILE.jsonl") from None
    with opened:
        yield opened


class Rejects:
    """Writes lines that cannot be used beside the file they are from; what it writes is made at the first of them."""

    SHOWN = 5

    def __init__(self, file: Path) -> None:
        self._file = file
        self._out: IO[str] | None = None
        self.first: list[Rejected] = []

    def __enter__(self) -> Rejects:
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
