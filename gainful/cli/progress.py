"""Progress on standard error: a moving bar on a terminal, one line a stage elsewhere, nothing with JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Report = Callable[[str, int, int], None]
"""Called with the stage's name, how much is done, and of how much (0 where unknown)."""


@contextmanager
def progress(quiet: bool) -> Iterator[Report]:
    """A function to report progress to, for as long as the work lasts."""
    if quiet:
        yield lambda _stage, _done, _total: None
    elif sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        yield _lines()


def _lines() -> Report:
    begun: set[str] = set()

    def report(stage: str, _done: int, total: int) -> None:
        if stage not in begun:
            begun.add(stage)
            click.echo(f"{stage}: {total:,}" if total else stage, err=True)

    return report


@contextmanager
def _bars() -> Iterator[Report]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
    )

    from gainful.cli.screen import console

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console(sys.stderr), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                for done_with in tasks.values():
                    bars.update(done_with, visible=False)
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield report
