"""`gainful import git` and `gainful import outcomes`: what systems of record say came of work."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.importing.rejects import Rejects, lines_of
from gainful.cli.screen import emit, note, plural, safe, say
from gainful.cli.when import Since

if TYPE_CHECKING:
    from gainful.app.worth.pull_requests import Found


STALE = timedelta(days=1)
"""How old a copy of a repository may be before a person is told that it is."""


@click.command("git", short_help="Pull requests of a repository: merged, survived, reverted.")
@click.argument("path", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--branch", default="main", show_default=True, help="What pull requests are merged into.")
@click.option("--name", default="", help="What the repository is called.  [its folder]")
@click.option("--since", type=Since(), help="Leave out what was merged before.")
@click.option("--agent", "agents", multiple=True, metavar="ADDRESS=AGENT", help="An address in commits is an agent's.")
@json_option
@click.pass_obj
def git(context: Context, path: Path, branch: str, name: str, since: datetime | None, agents: tuple[str, ...]) -> None:
    """Import the pull requests of a local repository at PATH, as often as you like. Nothing is fetched: fetch first.

    A merge commit, or a commit whose first line ends in `(#123)`, is a pull request. It is claimed by its author and
    accepted by whoever else merged it; lines that are left after 14 and 30 days are counted; a commit that reverts it
    within 30 days undoes it. ADDRESS is one that an agent has as an author or co-author.
    """
    from gainful.app.worth.pull_requests import KNOWN_AGENTS, PullRequests
    from gainful.cli.progress import progress
    from gainful.intake.judges.pull_request import Agents

    named = dict(one.rpartition("=")[::2] for one in agents)
    if not all(named) or not all(named.values()):
        raise click.BadParameter("write ADDRESS=AGENT, such as bot@example.org=fixer.", param_hint="--agent")
    whose = Agents({**KNOWN_AGENTS, **{address.lower(): agent for address, agent in named.items()}})
    whole = path.expanduser().resolve()
    with context.open() as app, progress(context.as_json) as report:
        found = PullRequests(app.facts, app.marks, app.clock).read(
            whole, name or whole.name.removesuffix(".git"), branch, whose, since,
            lambda done, of: report("pull requests", done, of),
        )  # fmt: skip
        stale = found.until is not None and app.clock() - found.until > STALE
    _tell(context, found, stale=stale)


def _tell(context: Context, found: Found, *, stale: bool) -> None:
    if context.as_json:
        names = ("pulls", "accepted", "reverted", "counted", "new", "doubled", "until")
        emit({name: getattr(found, name) for name in names})
        return
    say(
        f"{plural(found.pulls, 'pull request')}: {found.accepted:,} merged by somebody else, "
        f"{found.reverted:,} reverted. Lines counted {plural(found.counted, 'time')}."
    )
    say(f"{plural(found.new, 'new fact')}, {found.doubled:,} known already.")
    if stale:
        note(f"This copy tells nothing of what came after {found.until:%Y-%m-%d %H:%M} UTC: fetch, and import again.")


@click.command(short_help="Events about outcomes and tickets, one a line.")
@click.argument("file", metavar="FILE.jsonl")
@click.option("--system", required=True, metavar="NAME", help="Which system says so, such as `desk`.")
@json_option
@click.pass_obj
def outcomes(context: Context, file: str, system: str) -> int:
    """Import events about outcomes, and about tickets, from JSON Lines; `-` reads standard input.

    They are those that the webhook takes: docs/how-to/outcomes.md has them all. A line that is none goes to
    FILE.rejected.jsonl with its reason.
    """
    beside = Path("outcomes.rejected.jsonl") if file == "-" else Path(f"{file}.rejected.jsonl")
    with lines_of(file) as lines, Rejects(beside) as rejects, context.open() as app:
        done = app.told.lines(lines, system, rejects)
    if context.as_json:
        emit({"new": done.new, "doubled": done.doubled, "rejected": done.rejected, "rejected_file": rejects.written})
    else:
        say(f"{plural(done.new, 'new fact')}, {done.doubled:,} known already.")
        if done.rejected:
            note(f"{plural(done.rejected, 'line is', 'lines are')} no event; see {rejects.written}:")
            for one in rejects.first:
                note(f"  line {one.number}: {safe(one.reason, 300)}")
    return exits.FINDINGS if done.rejected else exits.OK
