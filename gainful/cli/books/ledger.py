"""`gainful ledger`: what was spent and on what; whether the books are whole; the books as files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.screen import console, dollars, emit, note, plural, safe, say
from gainful.cli.when import Since

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gainful.ledger.chain import Recorded
    from gainful.ledger.report import Spending


@click.group(invoke_without_command=True, short_help="Show, verify or export the books.")
@click.option("--run", metavar="RUN", default="", help="Only entries of this run.")
@click.option("--since", type=Since(), help="Only entries since: 2026-11-20, 36h, 7d.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The last N entries.")
@json_option
@click.pass_context
def ledger(ctx: click.Context, run: str, since: datetime | None, limit: int) -> None:
    """Show the books: spending by day, then the last entries. With --json one line per entry."""
    if ctx.invoked_subcommand:
        return
    from gainful.ledger.export import jsonl_lines
    from gainful.ledger.report import by_day

    context: Context = ctx.obj
    if context.remote:
        with context.far() as desk:
            days, count, last = desk.ledger(run, since, limit)
    else:
        with context.open() as app:
            entries = list(app.ledger.rows(since=since, run=run))
        days, count, last = by_day(entries), len(entries), entries[-limit:]
    if context.as_json:
        for line in jsonl_lines(last):
            emit(json.loads(line))
        return
    _show(days, count, last)


def _show(by_day: Mapping[str, Spending], count: int, last: Sequence[Recorded]) -> None:
    from rich.table import Table
    from rich.text import Text

    from gainful.ledger.report import Spending

    screen = console()
    if not count:
        say("The books are empty so far.")
        return
    days = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    days.add_column("day", min_width=len("2026-11-29"), header_style="dim")
    for name in ("cost", "model calls", "tool calls", "prompt tokens", "output tokens", "your seconds"):
        days.add_column(name, justify="right", header_style="dim")
    for day, spent in [*by_day.items(), ("in all", sum(by_day.values(), Spending()))]:
        days.add_row(
            safe(day, 20),
            dollars(spent.cost.amount),
            f"{spent.calls:,}",
            f"{spent.tool_calls:,}",
            f"{spent.tokens.prompt:,}",
            f"{spent.tokens.output:,}",
            f"{spent.human_seconds.normalize():f}",
            style="bold" if day == "in all" else "",
        )
    screen.print(days)
    screen.print(Text(f"\nThe last {plural(len(last), 'entry', 'entries')} of {count:,}", style="bold"))
    screen.print(_statement(last))


def _statement(entries: Iterable[Recorded]) -> object:
    from rich.table import Table
    from rich.text import Text

    from gainful.ledger.entry import plain

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    entries = list(entries)
    amounts = [plain(posting.amount) for entry in entries for posting in entry.postings]
    # A long name goes on in the next line; of figures and times nothing may be missing.
    table.add_column(justify="right", min_width=max(len(str(entry.seq)) for entry in entries))
    table.add_column(min_width=len("2026-11-29 16:56"))
    table.add_column(overflow="fold")
    table.add_column(justify="right", min_width=max(map(len, amounts), default=0))
    table.add_column(min_width=max((len(posting.unit) for entry in entries for posting in entry.postings), default=0))
    for entry in entries:
        when = Text(safe(entry.at[:16].replace("T", " ")), style="dim")
        about = " ".join(
            part for part in (safe(entry.kind, 40), safe(entry.work_item, 40), safe(entry.memo, 80)) if part
        )
        table.add_row(Text(str(entry.seq), style="dim"), when, Text(about, style="bold"), "", "")
        for posting in entry.postings:
            item = "" if posting.work_item == entry.work_item else f"  {safe(posting.work_item, 40)}"
            account = Text.assemble("  ", safe(posting.account, 80), (item, "dim"))
            table.add_row("", "", account, plain(posting.amount), Text(safe(posting.unit, 20), style="dim"))
    return table


@ledger.command(short_help="Check that the books are whole and add up.")
@click.option("--head", default="", metavar="DIGEST", help="A digest you kept: finds out whether the end was cut off.")
@json_option
@click.pass_obj
def verify(context: Context, head: str) -> None:
    """Check that nothing in the books was changed, taken out, or does not add up. Exit status 6 if so."""
    with context.open() as app:
        findings = app.ledger.verify(head)
        present = app.ledger.head()
        count = sum(1 for _ in app.ledger.rows())
    if context.as_json:
        listed = [{"check": found.check, "message": found.message, "seq": found.seq} for found in findings]
        emit({"sound": not findings, "entries": count, "head": present, "findings": listed})
    elif findings:
        for found in findings:
            say(f"{click.style('wrong', fg='red', bold=True)} [{found.check}] {safe(found.message)}")
        say("Keep a copy of the database as it is, then compare it with a backup or an earlier export.")
    else:
        sound = click.style("sound", fg="green", bold=True)
        say(f"{sound}: {plural(count, 'entry', 'entries')}, each balanced, none changed.")
        say(f"Head {present}")
        say("Keep that digest elsewhere; `gainful ledger verify --head DIGEST` then also sees a cut-off end.")
    if findings:
        raise click.exceptions.Exit(exits.FINDINGS)


@ledger.command(short_help="Write the books as CSV or JSON Lines.")
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("-o", "--output", metavar="FILE", help="Write here instead of to standard output.")
@click.option("--run", metavar="RUN", default="", help="Only entries of this run.")
@click.option("--since", type=Since(), help="Only entries since: 2026-11-20, 36h, 7d.")
@json_option
@click.pass_obj
def export(context: Context, form: str, output: str | None, run: str, since: datetime | None) -> None:
    """Write the books as CSV (FOCUS columns, a line a posting) or JSON Lines (a line an entry)."""
    kind = "csv" if form == "csv" else "jsonl"
    count = 0
    with context.open() as app, _target(output) as out:
        for line in app.ledger.export("csv" if kind == "csv" else "jsonl", since=since, run=run):
            out.write(line)
            count += 1
        head = app.ledger.head()
    if output and context.as_json:
        emit({"file": output, "format": kind, "lines": count, "head": head})
    elif output:
        note(f"{plural(count, 'line')} in {output}. Head {head}")


@contextmanager
def _target(output: str | None) -> Iterator[IO[str]]:
    if output is None:
        yield sys.stdout
        return
    with Path(output).expanduser().open("w", encoding="utf-8", newline="") as out:
        yield out
