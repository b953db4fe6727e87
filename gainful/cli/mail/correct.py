"""`gainful correct`: teach it what a mail really is."""

from __future__ import annotations

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, note, safe, say


@click.command(short_help="Teach it what a mail really is.")
@click.argument("mail_id", metavar="MAIL")
@click.option("--label", required=True, help="The right label: its key or its name.")
@json_option
@click.pass_obj
def correct(context: Context, mail_id: str, label: str) -> None:
    """Say that MAIL should carry another label. Learned from at once, for this sender and this kind of mail."""
    with context.open() as app:
        found = app.triage.correct(mail_id, label)
    if context.as_json:
        emit(
            {
                "id": found.record.id,
                "before": found.before,
                "label": found.label,
                "mended": found.mended,
                "problem": found.problem,
            }
        )
        return
    subject = safe(found.record.subject, 60) or "(no subject)"
    if found.before == found.label:
        say(f"Confirmed: '{subject}' is {found.label}. Learned.")
    else:
        say(f"'{subject}' was {safe(found.before)}, is {found.label}. Learned; the next run knows.")
    if found.mended:
        say("It has the right label in the mailbox too, and lies where mail of that label belongs.")
    if found.problem:
        note(f"In the mailbox it keeps its old label: {safe(found.problem, 500)}")
