"""`gainful import`: what other tools and systems report, into the books."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.import_outcomes import git, outcomes
from gainful.cli.rejects import Rejects, lines_of
from gainful.cli.screen import emit, note, plural, safe, say

if TYPE_CHECKING:
    from gainful.intake.logs.reading import Read


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
    from gainful.app.importing import Importing
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


def _tool_command(name: str, module: str, about: str) -> click.Command:
    """A command that imports one tool's files."""

    @click.command(name, short_help=f"What {about} wrote down.")
    @click.argument("path", required=False, type=click.Path(path_type=Path), metavar="[PATH]")
    @click.option("--person", default="", help="Whose it is.  [you]")
    @json_option
    @click.pass_obj
    def command(context: Context, path: Path | None, person: str) -> int:
        import importlib

        reader = importlib.import_module(f"gainful.intake.logs.{module}")
        places = [path] if path is not None else [Path(place) for place in reader.PLACES]
        return _import(context, name, _files(places, reader.PATTERN), reader.read, person)

    command.help = (
        f"Import what {about} used, from PATH or from where it keeps its files. Files that have not changed are left "
        "out. No text of a prompt or an answer is read."
    )
    return command


def _import(context: Context, tool: str, files: list[Path], read: Callable[[Path], Iterator[Read]], person: str) -> int:
    from gainful.app.importing_logs import ImportingLogs

    with context.open() as app:
        done = ImportingLogs(app.facts, app.marks, person or app.guards.person).files(tool, files, read)
    if context.as_json:
        skipped = [{"file": str(one.file), "line": one.line, "reason": one.reason} for one in done.skipped]
        emit(
            {
                **{name: getattr(done, name) for name in ("files", "unchanged", "new", "doubled", "unread")},
                "skipped": skipped,
            }
        )
    else:
        unchanged = f" {done.unchanged:,} had not changed." if done.unchanged else ""
        whence = plural(done.files, "file")
        say(f"{plural(done.new, 'new call')} in {whence}, {done.doubled:,} known already.{unchanged}")
        if done.unread:
            note(f"{plural(done.unread, 'line')} could not be read:")
            for one in done.skipped:
                place = f"{safe(str(one.file), 200)}, line {one.line}" if one.line else safe(str(one.file), 200)
                note(f"  {place}: {safe(one.reason, 200)}")
    return exits.FINDINGS if done.unread else exits.OK


def _files(places: list[Path], pattern: str) -> list[Path]:
    """The files of these places, in order; a file that was named is taken whatever its name."""
    found: list[Path] = []
    for place in places:
        whole = place.expanduser()
        found += [whole] if whole.is_file() else sorted(one for one in whole.glob(pattern) if one.is_file())
    return found


for _name, _module, _about in (
    ("claude-code", "claude_code", "Claude Code"),
    ("codex", "codex", "Codex"),
    ("gemini-cli", "gemini_cli", "Gemini CLI"),
):
    import_.add_command(_tool_command(_name, _module, _about))


@import_.command(short_help="LiteLLM's spend logs.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--person", default="", help="Whose the calls are that name nobody.  [you]")
@json_option
@click.pass_obj
def litellm(context: Context, file: Path, person: str) -> int:
    """Import an export of the table LiteLLM_SpendLogs: CSV, a JSON array, or JSON Lines."""
    from gainful.intake.logs.table import LITELLM, read

    return _import(context, "litellm", _files([file], "*"), lambda one: read(one, LITELLM, "litellm"), person)


@import_.command("csv", short_help="A table of calls whose columns you name.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "columns", multiple=True, required=True, metavar="COLUMN=FIELD", help="What a column is.")
@click.option("--tool", default="csv", show_default=True, help="The product that it is from.")
@click.option("--person", default="", help="Whose the calls are that name nobody.  [you]")
@json_option
@click.pass_obj
def csv_(context: Context, file: Path, columns: tuple[str, ...], tool: str, person: str) -> int:
    """Import a table with a header. FIELD is one of at, id, person, agent, provider, model, input, cache_read,
    cache_write, output, cost and run; `at` and `model` are needed, and `input` holds cached tokens too.
    """
    from gainful.intake.logs.table import FIELDS, read

    named = dict(one.rpartition("=")[::2] for one in columns)
    wrong = sorted(set(named.values()) - set(FIELDS))
    if wrong or not all(named) or not {"at", "model"} <= set(named.values()):
        problem = f"'{wrong[0]}' is no field" if wrong else "at and model are needed"
        raise click.BadParameter(f"{problem}; fields are {', '.join(FIELDS)}.", param_hint="--map")
    return _import(context, tool, _files([file], "*"), lambda one: read(one, named, tool), person)


for _command in (git, outcomes):
    import_.add_command(_command)
