"""`gainful board` and `gainful worth`: what work was worth, by team or agent, and altogether."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import click

from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, say
from gainful.cli.when import Since
from gainful.worth.months import begin_of, end_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gainful.app import Gainful
    from gainful.app.worth import Chosen, Telling, Unit, Viewer


@click.command("board", short_help="What work was worth, by team, agent, or who asked to be shown.")
@click.option(
    "--by", type=click.Choice(["team", "agent", "person"]), default="team", show_default=True, help="What is ranked."
)
@click.option("--since", type=Since(), help="From its month on: 2026-09-01, 90d.  [a year of what is known]")
@click.option("--until", type=Since(), help="Until then, whole months.  [now]")
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
    most = limit or (1_000_000 if context.as_json else 20)
    names: Mapping[str, str] = {}
    if context.remote:
        _as_told(context, since, until, public=public)
        with context.far() as desk:
            rows, told = desk.board(by)[:most], desk.worth()[0]
    else:
        with context.open() as app:
            viewer = _viewer(app, public=public)
            told = app.worth.tell_for(viewer)
            if since is None and until is None:
                rows = app.worth.board(by, viewer, most)
            else:
                chosen = _chosen(app, viewer, since, until, by)
                told, rows = _of(told, chosen), list(chosen.rows)[:most]
            names = app.directory.names(row.unit for row in rows) if by == "person" else {}
    from gainful.app.as_json import board_json
    from gainful.cli.books.board_view import board_lines

    if context.as_json:
        for row in board_json(rows, names):
            emit(row)
        return
    for line in board_lines(by, rows, names, told):
        say(line)


def _as_told(context: Context, since: datetime | None, until: datetime | None, *, public: bool = False) -> None:
    """Refuse what a server is not asked for: it tells its books as they were told last, and to whom is its matter."""
    if since is not None or until is not None or public:
        context.only_here("--since, --until and --public do")


def _viewer(app: Gainful, *, public: bool) -> Viewer:
    from gainful.app.worth import Role, Viewer

    return Viewer("", Role.EMPLOYEE) if public else app.viewer


def _chosen(app: Gainful, viewer: Viewer, since: datetime | None, until: datetime | None, by: Unit) -> Chosen:
    """The whole months from the one of the first day to the one of the last."""
    end = (until or app.clock()) - timedelta(microseconds=1)
    begin = since or begin_of(next(iter(app.worth.months.known(viewer)), f"{end:%Y-%m}"))
    return app.worth.months.over(app.worth.months.chosen(viewer, begin.date(), end.date()), by, viewer)


def _of(told: Telling, chosen: Chosen) -> Telling:
    """The same telling, as far as it is about those months; baselines, looks and the hold-out are of all of it."""
    begin, end = begin_of(chosen.months[0]), end_of(chosen.months[-1])
    return replace(told, kept=replace(told.kept, since=begin, until=end, organisation=chosen.whole))


@click.command("worth", short_help="What the money bought, on one page.")
@click.option("--since", type=Since(), help="From its month on: 2026-09-01, 90d.  [a year of what is known]")
@click.option("--until", type=Since(), help="Until then, whole months.  [now]")
@json_option
@click.pass_obj
def worth(context: Context, since: datetime | None, until: datetime | None) -> None:
    """Show what work cost and was worth, with what is not known about it; how many people have something of it."""
    from gainful.app.as_json import telling_json
    from gainful.cli.books.board_view import worth_lines

    if context.remote:
        _as_told(context, since, until)
        with context.far() as desk:
            told, weeks, settings = desk.worth()
            findings = desk.findings()[:3]
    else:
        with context.open() as app:
            told = app.worth.tell()
            weeks, findings = app.worth.engagement_together(app.viewer), app.worth.findings(3)
            if since is not None or until is not None:
                told = _of(told, _chosen(app, app.viewer, since, until, "team"))
                first, end = told.kept.since, told.kept.until
                weeks = [one for one in weeks if f"{first:%Y-%m-%d}" <= one.week < f"{end:%Y-%m-%d}"]
                findings = app.worth.findings_for(app.viewer, 3, (first, end))
            settings = app.worth.settings
    if context.as_json:
        emit(telling_json(told, weeks, settings))
        return
    for line in worth_lines(told, weeks, findings, settings):
        say(line)
