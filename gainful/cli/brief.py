"""`gainful brief`: what came in, what needs you first, what was put away, what it cost."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit
from gainful.cli.when import Since


@click.command(short_help="What came in, what needs you first, what it cost.")
@click.argument("source", required=False)
@click.option("--since", type=Since(), help="Since when: 2026-11-20, 36h, 7d.  [the last brief, or a day]")
@json_option
@click.pass_obj
def brief(context: Context, source: str | None, since: datetime | None) -> None:
    """The morning's page: what needs you first, drafts waiting, what was put away, what it cost and saved."""
    with context.open() as app:
        found = app.brief(source, since)
    if context.as_json:
        emit(asdict(found))
        return
    from gainful.cli.brief_view import show

    show(found)
