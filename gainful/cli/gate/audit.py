"""`gainful audit`: who did what and what was decided; whether the log is whole; its checkpoints; the log as a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from gainful.cli import exits
from gainful.cli.books.audit_looks import fix, next_, plant, show_findings, verdict
from gainful.cli.context import Context, json_option
from gainful.cli.screen import console, emit, note, plural, safe, say
from gainful.cli.when import Since

if TYPE_CHECKING:
    from gainful.gate.audit import Recorded
    from gainful.gate.audit_check import AuditReport

_COLOURS = {"allow": "green", "accepted": "green", "done": "green", "deny": "red", "failed": "red", "ask": "yellow"}


@click.group(invoke_without_command=True, short_help="Findings by money; second looks; the audit log.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="So many findings.")
@json_option
@click.pass_context
def audit(ctx: click.Context, limit: int) -> None:
    """Show what was spent for nothing, by money, with its proof and what mends it.

    `fix` mends a finding. `next`, `verdict` and `plant` are about second looks at claimed work. The other commands are
    about the audit log: who asked for what, what was decided by which rules, who approved, and what happened. Each of
    its entries is chained to the one before it, and the chain is signed now and then.
    """
    if ctx.invoked_subcommand is None:
        show_findings(ctx.obj, limit)


audit.add_command(fix)
audit.add_command(next_)
audit.add_command(verdict)
audit.add_command(plant)


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
        told = {name: value for name, value in detail.items() if value not in ("", [], {}, None)}
        yield from ((safe(name, 60), _worded(value)) for name, value in told.items())
    else:
        yield "detail", str(detail)


def _worded(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@audit.command(short_help="Check that the log is whole.")
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
    from gainful.app.guarding.audit import verified

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
        unseen = f"What came after entry {report.signed:,}" if report.signed else "Nothing is signed yet: the end"
        say(f"{unseen} could be cut off unseen. `gainful audit checkpoint` signs what is there now.")
    if not kept:
        say("Checkpoints on this machine can be deleted with the log: keep one elsewhere, and name it by --checkpoint.")


@audit.command()
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it here too.")
@json_option
@click.pass_obj
def checkpoint(context: Context, out: Path | None) -> None:
    """Sign the log as it is now, to be kept on another machine.

    A kept checkpoint shows later whether the log was cut off or written anew, even by somebody who has this machine.
    """
    from gainful.app.guarding.audit import signed

    with context.open() as app:
        made = signed(app.audit, app.clock(), app.approvals.person)
        beside = app.audit.checkpoint_file.path
    if out is not None:
        with _target(out) as file:
            file.write(json.dumps(made.as_json()) + "\n")
    if context.as_json:
        emit(made.as_json())
        return
    say(f"Entry {made.seq:,} is signed with key {made.key}.")
    say(f"Digest {made.digest}")
    say(f"Now copy {safe(str(out or beside))} to another machine: `gainful audit verify --checkpoint FILE` compares.")


@audit.command(short_help="Write the log as JSON Lines.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write here instead of to standard output."
)
@click.option("--run", metavar="RUN", default="", help="Only entries of this run.")
@click.option("--since", type=Since(), help="Only entries since: 2026-11-20, 36h, 7d.")
@json_option
@click.pass_obj
def export(context: Context, output: Path | None, run: str, since: datetime | None) -> None:
    """Write the log as JSON Lines: a line an entry, with its digest and the one before it."""
    count = 0
    with context.open() as app, _target(output) as out:
        for entry in app.audit.rows(since=since, run=run):
            out.write(json.dumps(entry.as_json()) + "\n")
            count += 1
    if output is not None and context.as_json:
        emit({"file": str(output), "lines": count})
    elif output is not None:
        note(f"{plural(count, 'line')} in {safe(str(output))}.")


@contextmanager
def _target(path: Path | None) -> Iterator[IO[str]]:
    """Where to write: a file appears whole or not at all; a pipe or a device is written to as it is."""
    if path is None:
        yield sys.stdout
        return
    path = path.expanduser()
    whole = path.is_file() or not path.exists()
    draft = path.with_name(f"{path.name}.new") if whole else path
    try:
        with draft.open("w", encoding="utf-8") as out:
            yield out
        if whole:
            draft.replace(path)
    except BaseException:
        if whole:
            draft.unlink(missing_ok=True)
        raise
