"""How a remote server's brief and a list of runs look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from gainful.app.as_json import instant
from gainful.cli.screen import plural, safe
from gainful.gate.approval_sheet import until

if TYPE_CHECKING:
    from gainful.core.run import Run

STATES = {"running": "cyan", "waiting": "yellow", "failed": "red", "stopped": "red", "done": "green"}


def brief_lines(told: Mapping[str, Any], remote: str, now: datetime) -> Iterator[str]:
    """What waits for a word, who is stopped, and what is being deployed."""
    yield click.style(f"Your brief of '{safe(remote, 60)}'", bold=True)
    for reason in told["stopped"]:
        yield click.style(safe(str(reason)), fg="red", bold=True)
    yield ""
    yield from _approvals(told["approvals"], now)
    for one in told["deployments"]:
        revision = safe(str(one["revision"]), 40)
        yield f"Deploying {safe(str(one['service']), 60)} {revision}: {safe(str(one['state']), 20)}"
    yield "Mails are told to nobody by a token: open the console, or ask where the mailbox is."


def _approvals(rows: Iterable[Mapping[str, Any]] | None, now: datetime) -> Iterator[str]:
    if rows is None:
        yield "What waits for a word is told to tokens with the scope 'answer' alone."
        return
    listed = list(rows)
    yield f"{plural(len(listed), 'approval')} waiting for a word." if listed else "Nothing waits for your word."
    for one in listed:
        yield f"  {safe(str(one['id']), 20)}  {safe(str(one['agent']), 40)}  {safe(str(one['title']), 200)}"
        yield f"    {safe(str(one['gist']), 200)}"
        yield click.style(f"    expires {until(instant(one['expires_at']), now)}", dim=True)


def run_lines(runs: Iterable[Run]) -> Iterator[str]:
    """A line each: when, what, how far, why."""
    for one in runs:
        state = click.style(f"{safe(one.state, 11):11}", fg=STATES.get(one.state))
        act = "" if one.applied else "  preview"
        when = f"{one.started_at:%Y-%m-%d %H:%M}"
        yield f"{safe(one.id, 40)}  {when}  {state}  {safe(one.job, 30):18}  {safe(one.trigger, 60)}{act}"
