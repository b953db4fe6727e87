"""`gainful triage`: decide about the mail of one mailbox, and with `--apply` do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gainful.cli import exits
from gainful.cli.answers import Asker, read_password
from gainful.cli.context import Context, json_option
from gainful.cli.progress import progress
from gainful.cli.screen import emit, note

if TYPE_CHECKING:
    from gainful.app import TriageRow
    from gainful.sdk.secret import Secret
    from gainful.storage.settings.config import Account


@click.command(short_help="Label, prioritise, draft and file the mail of a mailbox.")
@click.argument("source")
@click.option("--apply", is_flag=True, help="Do it. Without this, only show what would be done.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Look at the newest N mails only.")
@click.option("--all", "show_all", is_flag=True, help="Show every mail, however many.")
@click.option("--password-file", metavar="FILE", help="File whose first line is the password of SOURCE.")
@json_option
@click.pass_obj
def triage(
    context: Context,
    source: str,
    apply: bool,
    limit: int | None,
    show_all: bool,
    password_file: str | None,
) -> None:
    """Label, prioritise, draft and file the mail of SOURCE, cheapest means first.

    SOURCE is an account of your settings, or a mailbox:

    \b
      maildir:~/Mail                     imaps://me@mail.example.org
      mbox:~/old.mbox (report only)      imap://me@localhost:1143

    Shows what it would do; with --apply it does it. Nothing is ever deleted, sent, or marked as read.
    With --json one line per mail: id message_id labels needs_reply priority action decided_by probability
    reason tokens cost_usd.
    """
    from gainful.app.guarding.guards import Stopped
    from gainful.cli.mail.triage_view import show

    with context.open() as app:
        app.accounts.given_password = read_password(password_file) if password_file else None
        app.accounts.ask_password = _ask_password
        if not context.as_json and (quote := app.models.quote()):
            note(f"Uncertain mail goes to {quote}.")
        with progress(quiet=context.as_json) as report:
            found = app.triage.run(source, apply=apply, limit=limit, progress=report)
    if context.as_json:
        for row in found.rows:
            emit(as_json(row))
        if found.stopped:
            raise Stopped(
                found.stopped, "`gainful stop --list` shows who is stopped; `gainful resume` lets them go on."
            )
        return
    show(found, source, show_all=show_all)
    if found.stopped:
        raise click.exceptions.Exit(exits.REFUSED)


def _ask_password(account: Account) -> Secret:
    return Asker(quiet=False).ask_password(f"Password of {account.user}")


def as_json(row: TriageRow) -> dict[str, object]:
    """One mail's decision as the documented JSON object."""
    record, decision = row.record, row.decision
    return {
        "id": record.id,
        "message_id": record.message_id,
        "labels": list(decision.labels),
        "needs_reply": round(decision.needs_reply, 4),
        "priority": decision.priority.value,
        "action": decision.action.value,
        "decided_by": decision.decided_by.value,
        "probability": round(decision.probability, 4),
        "reason": decision.reason,
        "tokens": decision.tokens.total,
        "cost_usd": float(decision.cost),
    }
