"""`gainful board` and `gainful worth`: what work was worth, by team or agent, and altogether."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, say
from gainful.cli.when import Since

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.app.worth import Viewer


@click.command("board", short_help="What work was worth, by team, agent, or who asked to be shown.")
@click.option(
    "--by", type=click.Choice(["team", "agent", "person"]), default="team", show_default=True, help="What is ranked."
)
@click.option("--since", type=Since(), help="From then on: 2026-11-20, 90d.  [a year of what is known]")
@click.option("--until", type=Since(), help="Until then.  [now]")
@click.option("--limit", type=click.IntRange(min=1), help="So many rows.  [20; with --json all]")
@click.option("--public", is_flag=True, help="As everybody sees it: small groups together, agents of few left out.")
@json_option
@click.pass_obj
def board(
    context: Context,
    by: Literal["team", "agent", "person"],
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    public: bool,
) -> None:
    """Rank by what work was surely worth: the low end, P10, of its net worth. Tokens are a cost here, and no score.

    People stand on a board by themselves only where they asked to.
    """
    with context.open() as app:
        told = app.worth.tell(since, until)
        rows = app.worth.board(by, _viewer(app, public=public), limit or (1_000_000 if context.as_json else 20))
        names = app.directory.names(row.unit for row in rows) if by == "person" else {}
    from gainful.cli.board_view import board_lines
    from gainful.worth.json import standing_json

    if context.as_json:
        for number, row in enumerate(rows, 1):
            emit({"rank": number, **standing_json(row), "unit": names.get(row.unit, row.unit)})
        return
    for line in board_lines(by, rows, names, told):
        say(line)


def _viewer(app: Gainful, *, public: bool) -> Viewer:
    from gainful.app.worth import Role, Viewer

    return Viewer("", Role.EMPLOYEE) if public else app.viewer


@click.command("worth", short_help="What the money bought, on one page.")
@click.option("--since", type=Since(), help="From then on: 2026-11-20, 90d.  [a year of what is known]")
@click.option("--until", type=Since(), help="Until then.  [now]")
@json_option
@click.pass_obj
def worth(context: Context, since: datetime | None, until: datetime | None) -> None:
    """Show what work cost and was worth, with what is not known about it; how many people have something of it."""
    from gainful.cli.board_view import telling_json, worth_lines

    with context.open() as app:
        told = app.worth.tell(since, until)
        weeks = app.worth.engagement_together()
        findings = app.worth.findings(3)
        settings = app.worth.settings
    if context.as_json:
        emit(telling_json(told, weeks, settings))
        return
    for line in worth_lines(told, weeks, findings, settings):
        say(line)
