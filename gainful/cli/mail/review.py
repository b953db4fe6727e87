"""`gainful review`: the quickest way to teach it. One mail at a time, one key each."""

from __future__ import annotations

import string
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gainful.cli.answers import AnswerMissing
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, note, plural, safe, say

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.core.mail import Decided

LONGEST = timedelta(minutes=5)
"""A longer look at one mail was a break; only so much of it is booked as time given."""

_KEYS = "123456789" + "".join(letter for letter in string.ascii_lowercase if letter not in "sq")


@click.command(short_help="Teach it, one mail and one key at a time.")
@click.argument("source", required=False)
@click.option("-n", "--count", type=click.IntRange(min=1), default=20, show_default=True, help="How many mails.")
@json_option
@click.pass_obj
def review(context: Context, source: str | None, count: int) -> None:
    """Show the mails that your word teaches most about, undecided ones first, and take your label for each.

    Return confirms the guess, s skips, q ends. Every answer is learned from; the time you give is booked as a cost.
    With --json it only lists the mails; answer with `gainful correct`.
    """
    with context.open() as app:
        mails = app.triage.to_review(source, count)
        if context.as_json:
            for item in mails:
                emit({"id": item.record.id, "subject": item.record.subject, "guess": _guess(app, item)})
            return
        if not mails:
            note("Nothing to review: every mail of the last 30 days has your word, or none has been triaged yet.")
            return
        if not sys.stdin.isatty():
            raise AnswerMissing(
                "A review needs somebody at a terminal.", "Use `gainful correct ID --label LABEL` in scripts."
            )
        _ask(app, mails)


def _ask(app: Gainful, mails: list[Decided]) -> None:
    keys = dict(zip(_KEYS, app.labels.values(), strict=False))
    legend = "   ".join(f"{key} {label.name}" for key, label in keys.items())
    taught = 0
    for number, item in enumerate(mails, 1):
        say("")
        say(f"{number}/{len(mails)}  {safe(item.record.from_name or item.record.from_addr, 40)}")
        say(f"     {safe(item.record.subject, 90) or '(no subject)'}")
        say(f"     {safe(item.decision.reason, 120)}")
        say(f"     {legend}   return = {_guess(app, item) or 'skip'}   s skip   q end")
        started = time.monotonic()
        label = _answer(app, item, {key: label.name for key, label in keys.items()})
        if label is None:
            break
        if label:
            app.triage.correct(item.record.id, label, min(timedelta(seconds=time.monotonic() - started), LONGEST))
            taught += 1
    say(f"{plural(taught, 'mail')} taught. The next run knows.")


def _answer(app: Gainful, item: Decided, keys: dict[str, str]) -> str | None:
    """A label's name; empty to skip; None to end."""
    while True:
        key = click.getchar()
        if key in ("q", "\x03", "\x04", "\x1b"):
            return None
        if key == "s":
            return ""
        if key in ("\r", "\n"):
            return _guess(app, item)
        if key in keys:
            return keys[key]


def _guess(app: Gainful, item: Decided) -> str:
    """The label that was given or, of an undecided mail, the likeliest one."""
    if item.decision.label:
        return app.triage.label_name(item.decision.label)
    plain = {key: score for key, score in item.scores.items() if key in app.labels}
    return app.triage.label_name(max(plain, key=lambda key: plain[key])) if plain else ""
