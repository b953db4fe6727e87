"""`gainful brief`: what came in, what needs you first, what was put away, what it cost."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, say
from gainful.cli.when import Since

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gainful.app import Brief
    from gainful.app.waking.leaving import Left
    from gainful.core.mail import Decided


@click.command(short_help="What came in, what needs you first, what it cost.")
@click.argument("source", required=False)
@click.option("--since", type=Since(), help="Since when: 2026-11-20, 36h, 7d.  [the last brief, or a day]")
@json_option
@click.pass_obj
def brief(context: Context, source: str | None, since: datetime | None) -> None:
    """The morning's page: what needs you first, drafts waiting, what was put away, what it cost and saved."""
    if context.remote:
        _of_remote(context, source, since)
        return
    with context.open() as app:
        found = app.triage.brief(source, since)
        left = app.leaving.waiting()
        stopped = [app.guards.stops.reason(stop.agent) for stop in app.guards.stops.all()]
    if context.as_json:
        emit({**as_json(found), "left_to_you": [_left(one) for one in left], "stopped": stopped})
        return
    from gainful.cli.mail.brief_view import show

    show(found, stopped, left)


def _of_remote(context: Context, source: str | None, since: datetime | None) -> None:
    """What a server tells a program: all but mails, which are for people alone."""
    if source or since:
        context.only_here("A mailbox and --since do")
    with context.far() as desk:
        found = desk.brief()
        if context.as_json:
            emit(found)
            return
        from gainful.cli.remote.remote_view import brief_lines

        for line in desk.made(found, lambda told: list(brief_lines(told, context.remote, desk.clock()))):
            say(line)


def as_json(brief: Brief) -> dict[str, object]:
    """The brief as one JSON object."""
    return {
        "since": brief.since,
        "until": brief.until,
        "came": brief.came,
        "needs_you": _mails(brief.needs_you),
        "undecided": _mails(brief.undecided),
        "drafts": _mails(brief.drafts),
        "put_away": dict(brief.put_away),
        "previewed": brief.previewed,
        "uncertain": [{"id": item.effect.mail_id, "kind": str(item.effect.kind)} for item in brief.uncertain],
        "taken_back": [{"id": truth.mail_id, "detail": truth.detail} for truth in brief.rejected],
        "tokens": brief.tokens.total,
        "cost_usd": float(brief.cost.amount),
        "saved_seconds": None if brief.saved is None else brief.saved.total_seconds(),
        "runs": [run.id for run in brief.runs],
    }


def _left(one: Left) -> dict[str, object]:
    return {"item": one.item, "agent": one.agent, "at": one.at, "about": one.about}


def _mails(items: Sequence[Decided]) -> list[dict[str, object]]:
    return [
        {
            "id": item.record.id,
            "from": item.record.from_addr,
            "subject": item.record.subject,
            "labels": list(item.decision.labels),
            "priority": item.decision.priority.value,
            "reason": item.decision.reason,
        }
        for item in items
    ]
