"""`gainful import`: what other tools and systems report, into the books."""

from __future__ import annotations

from pathlib import Path

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.importing.import_logs import add_to
from gainful.cli.importing.import_outcomes import git, outcomes
from gainful.cli.importing.rejects import Rejects, lines_of
from gainful.cli.screen import emit, note, plural, safe, say


@click.group("import", short_help="Take in what other tools and systems report.")
@json_option
def import_() -> None:
    """Take in what other tools and systems report. Importing the same thing twice changes nothing."""


@import_.command(short_help="Facts about work, as any system can write them.")
@click.argument("file", metavar="FILE.jsonl")
@json_option
@click.pass_obj
def events(context: Context, file: str) -> int:
    """Import facts from JSON Lines, one fact a line; `-` reads standard input.

    docs/reference/events.md has every kind of fact. A line that is none goes to FILE.rejected.jsonl with its reason.
    Mend it in FILE and import that again: what is known is left alone.
    """
    from gainful.app.books.importing import Importing
    from gainful.cli.progress import progress

    beside = Path("events.rejected.jsonl") if file == "-" else Path(f"{file}.rejected.jsonl")
    with (
        lines_of(file) as lines,
        Rejects(beside) as rejects,
        context.open() as app,
        progress(context.as_json) as report,
    ):
        done = Importing(app.facts).events(lines, rejects, lambda read: report("lines read", read, 0))
    if context.as_json:
        emit({"new": done.new, "doubled": done.doubled, "rejected": done.rejected, "rejected_file": rejects.written})
    else:
        say(f"{plural(done.new, 'new fact')}, {done.doubled:,} known already.")
        if done.rejected:
            note(f"{plural(done.rejected, 'line is', 'lines are')} no fact; see {rejects.written}:")
            for one in rejects.first:
                note(f"  line {one.number}: {safe(one.reason, 300)}")
    return exits.FINDINGS if done.rejected else exits.OK


add_to(import_)
for _command in (git, outcomes):
    import_.add_command(_command)
