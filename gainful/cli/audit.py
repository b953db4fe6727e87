"""`gainful audit`: who did what and what was decided; whether the log is whole; its checkpoints; the log as a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.screen import console, emit, note, plural, safe, say
from gainful.cli.when import Since

if TYPE_CHECKING:
    from gainful.gate.audit import Recorded
    from gainful.gate.audit_check import AuditReport

_COLOURS = {"allow": "green", "accepted": "green", "done": "green", "deny": "red", "failed": "red", "ask": "yellow"}


@click.group(short_help="Show, verify, sign or export the audit log.")
def audit() -> None:
    """Who asked for what, what was decided by which rules, who approved, and what happened.

    Each entry is chained to the one before it, and the chain is signed now and then.
    """


@audit.command()
@click.argument("run", required=False, default="")
@click.option("--since", type=Since(), help="Only entries since: 2026-11-20, 36h, 7d.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The last N entries.")
@json_option
@click.pass_obj
def show(context: Context, run: str, since: datetime | None, limit: int) -> None:
    """Show the last entries, or those of one RUN. With --json one line per entry."""
    with context.open() as app:
        entries = list(app.audit.rows(since=since, run=run, limit=limit))
    if context.as_json:
        for entry in entries:
            emit(entry.as_json())
    elif entries:
        console().print(_statement(entries))
    else:
        say(f"The audit log holds nothing about run '{safe(run, 60)}'." if run else "The audit log is empty so far.")


def _statement(entries: Iterable[Recorded]) -> object:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for entry in entries:
        when = Text(safe(entry.at, 19).replace("T", " "), style="dim")
        verdict = safe(entry.verdict, 40)
        about = Text.assemble((safe(entry.kind, 20), "bold"), " ", safe(entry.tool, 80), " ")
        about.append(verdict, style=_COLOURS.get(verdict, ""))
        table.add_row(Text(str(entry.seq), style="dim"), when, about)
        for name, value in _particulars(entry):
            table.add_row("", "", Text.assemble((f"  {name} ", "dim"), safe(value, 600)))
    return table


def _particulars(entry: Recorded) -> Iterable[tuple[str, str]]:
    """What else an entry says, a name and a text each."""
    stored = entry.as_json()
    who = entry.actor if entry.actor == entry.agent else " for ".join(filter(None, (entry.actor, entry.agent)))
    where = " step ".join(filter(None, (entry.run_id, entry.step)))
    rules = stored["rules"]
    shown = {
        "by": who,
        "run": where,
        "rules": ", ".join(map(str, rules)) if isinstance(rules, list) else str(rules),
        "approval": entry.approval,
        "effect": entry.effect,
    }
    yield from ((name, value) for name, value in shown.items() if value)
    detail = stored["detail"]
    if isinstance(detail, dict):
        yield from ((safe(name, 60), _worded(value)) for name, value in detail.items())
    else:
        yield "detail", str(detail)


def _worded(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@audit.command()
@click.option(
    "--checkpoint",
    "kept",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Checkpoints that you kept elsewhere.",
)
@json_option
@click.pass_obj
def verify(context: Context, kept: tuple[Path, ...]) -> None:
    """Find the first entry that was changed, taken out, moved or cut off. Exit status 6 if there is one."""
    from gainful.app.audit import verified

    with context.open() as app:
        report = verified(app.audit, kept)
    if context.as_json:
        listed = [{"check": found.check, "message": found.message, "seq": found.seq} for found in report.findings]
        emit(
            {
                "sound": not report.findings,
                "entries": report.entries,
                "head": report.head,
                "signed": report.signed,
                "checkpoints": report.checkpoints,
                "findings": listed,
            }
        )
    elif report.findings:
        for found in report.findings:
            say(f"{click.style('wrong', fg='red', bold=True)} [{found.check}] {safe(found.message)}")
        say("Keep a copy of the database as it is, then compare it with a backup or an earlier export.")
    else:
        _say_sound(report, kept=bool(kept))
    if report.findings:
        raise click.exceptions.Exit(exits.FINDINGS)


def _say_sound(report: AuditReport, *, kept: bool) -> None:
    sound = click.style("sound", fg="green", bold=True)
    say(f"{sound}: {plural(report.entries, 'entry', 'entries')}, none changed, none missing in between.")
    if report.checkpoints:
        say(f"Signed up to entry {report.signed:,}; {plural(report.checkpoints, 'checkpoint')} looked at, all agree.")
    if report.entries > report.signed:
        newest = f"after entry {report.signed:,}" if report.signed else "of it, since nothing is signed yet"
        say(f"An end cut off {newest} cannot be seen. `gainful audit checkpoint` signs what is there now.")
    if not kept:
        say("Checkpoints on this machine can be deleted with the log: keep one elsewhere, and name it by --checkpoint.")


@audit.command()
@click.option("-o", "--out", type=click.File("w", encoding="utf-8", atomic=True), help="Write it here too.")
@json_option
@click.pass_obj
def checkpoint(context: Context, out: IO[str] | None) -> None:
    """Sign the log as it is now, to be kept on another machine.

    A kept checkpoint shows later whether the log was cut off or written anew, even by somebody who has this machine.
    """
    from gainful.app.audit import signed

    with context.open() as app:
        made = signed(app.audit, app.clock())
        beside = app.audit.checkpoint_file.path
    if out is not None:
        out.write(json.dumps(made.as_json()) + "\n")
    if context.as_json:
        emit(made.as_json())
        return
    say(f"Entry {made.seq:,} is signed with key {made.key}.")
    say(f"Digest {made.digest}")
    where = safe(out.name) if out is not None else str(beside)
    say(f"Now copy {where} to another machine: `gainful audit verify --checkpoint FILE` compares.")


@audit.command()
@click.option("-o", "--output", type=click.File("w", encoding="utf-8", atomic=True), help="Not to standard output.")
@click.option("--run", metavar="RUN", default="", help="Only entries of this run.")
@click.option("--since", type=Since(), help="Only entries since: 2026-11-20, 36h, 7d.")
@json_option
@click.pass_obj
def export(context: Context, output: IO[str] | None, run: str, since: datetime | None) -> None:
    """Write the log as JSON Lines: a line an entry, with its digest and the one before it."""
    count = 0
    out = sys.stdout if output is None else output
    with context.open() as app:
        for entry in app.audit.rows(since=since, run=run):
            out.write(json.dumps(entry.as_json()) + "\n")
            count += 1
    if output is not None and context.as_json:
        emit({"file": output.name, "lines": count})
    elif output is not None:
        note(f"{plural(count, 'line')} in {safe(output.name)}.")
