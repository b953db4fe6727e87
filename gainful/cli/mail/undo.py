"""`gainful undo`: put a run's mails, or one mail, back as they were."""

from __future__ import annotations

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, plural, safe, say


@click.command(short_help="Put mails back as they were.")
@click.argument("target", metavar="RUN|MAIL")
@click.option("--dry-run", is_flag=True, help="Only show what would be put back.")
@json_option
@click.pass_obj
def undo(context: Context, target: str, dry_run: bool) -> None:
    """Put back what a run, or what was done to one mail: folder, labels and drafts.

    What you changed yourself since then stays as you left it, and is listed.
    """
    with context.open() as app:
        report = app.triage.undo(target, dry_run=dry_run)
    if context.as_json:
        left = [{"id": mail, "subject": subject, "reason": reason} for mail, subject, reason in report.left]
        emit({"target": target, "dry_run": dry_run, "run_id": report.run_id, "restored": report.restored, "left": left})
        return
    verb = "would be put back" if dry_run else "put back as before" if report.restored else "put back"
    say(f"{plural(len(report.restored), 'mail')} {verb}.")
    if report.left:
        say(
            f"{plural(len(report.left), 'mail')} left as they are:" if len(report.left) > 1 else "1 mail left as it is:"
        )
        for mail, subject, reason in report.left:
            say(f"  {mail}  {safe(subject, 60)}: {safe(reason)}")
