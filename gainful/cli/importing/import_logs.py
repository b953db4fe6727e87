"""`gainful import claude-code`, and its likes: what other AI tools wrote down, and what vendors export."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gainful.cli import exits
from gainful.cli.context import Context, json_option
from gainful.cli.importing.import_view import imported_json, imported_lines, skipped_lines
from gainful.cli.screen import emit, note, say

if TYPE_CHECKING:
    from gainful.intake.logs.reading import Format

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class _Source:
    """A command that imports one tool's files.

    Args:
        module: Of its reader.
        about: Whose files they are.
        help: What is said of it beside that.
    """

    name: str
    module: str
    about: str
    help: str = ""


_TOOLS = (
    _Source("claude-code", "claude_code", "Claude Code"),
    _Source("codex", "codex", "Codex"),
    _Source("gemini-cli", "gemini_cli", "Gemini CLI"),
    _Source("copilot", "copilot", "GitHub Copilot", "It writes files where its telemetry goes to one."),
    _Source("openclaw", "openclaw", "OpenClaw", "Releases that keep sessions in a database are not read."),
)
_EXPORTS = (
    _Source(
        "openai",
        "openai_usage",
        "OpenAI",
        "FILE is what `/v1/organization/usage/completions` answers, asked with group_by=model, or `/v1/organization/"
        "costs`: a page, an array of pages, or a page a line. Take one of the two: both are of the same calls.",
    ),
    _Source(
        "anthropic",
        "anthropic_usage",
        "Anthropic",
        "FILE is what `/v1/organizations/usage_report/messages` answers, asked with group_by[]=model, or `/v1/"
        "organizations/cost_report`: a page, an array of pages, or a page a line. Take one of the two: both are of the "
        "same calls.",
    ),
)


_MANY = 20
"""Files that take so long that one likes to see them go by."""


def _import_options(command: Command) -> Command:
    """Options that all of them have."""
    dry = click.option("--dry-run", is_flag=True, help="Only show what would be imported.")
    return dry(json_option(command))


def tool_command(source: _Source) -> click.Command:
    """A command that reads where a tool keeps its files."""

    @click.command(source.name, short_help=f"What {source.about} wrote down.")
    @click.argument("path", required=False, type=click.Path(path_type=Path), metavar="[PATH]")
    @click.option("--person", default="", help="Whose it is.  [you]")
    @_import_options
    @click.pass_obj
    def command(context: Context, path: Path | None, person: str, dry_run: bool) -> int:
        format_ = _format(source.module)
        places = format_.places if path is None else (str(path),)
        return _import(context, format_, _files(places, format_.patterns), person, dry_run)

    command.help = (
        f"Import what {source.about} used, from PATH or from where it keeps its files. Files are read on from where "
        f"they were read to. No text of a prompt or an answer is read. {source.help}"
    ).strip()
    return command


def export_command(source: _Source) -> click.Command:
    """A command that reads an export of a vendor's about a whole organisation."""

    @click.command(source.name, short_help=f"What {source.about} reports for an organisation.")
    @click.argument("file", type=click.Path(path_type=Path))
    @_import_options
    @click.pass_obj
    def command(context: Context, file: Path, dry_run: bool) -> int:
        return _import(context, _format(source.module), _files([str(file)]), "", dry_run)

    command.help = (
        f"Import what an organisation used at {source.about}. {source.help} Each result is booked as one call, which "
        "is nobody's. Days that were not over when the file was written are left for the next one."
    )
    return command


@click.command(short_help="LiteLLM's spend logs.")
@click.argument("file", type=click.Path(path_type=Path))
@_import_options
@click.pass_obj
def litellm(context: Context, file: Path, dry_run: bool) -> int:
    """Import an export of the table LiteLLM_SpendLogs: CSV, a JSON array, or JSON Lines."""
    from gainful.intake.logs.table import LITELLM_SPEND

    return _import(context, LITELLM_SPEND, _files([str(file)]), "", dry_run)


@click.command("csv", short_help="A table of calls whose columns you name.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "columns", multiple=True, required=True, metavar="COLUMN=FIELD", help="What a column is.")
@click.option("--tool", default="csv", show_default=True, help="The product that it is from.")
@click.option("--person", default="", help="Whose the calls are that name nobody.  [nobody]")
@_import_options
@click.pass_obj
def csv_(context: Context, file: Path, columns: tuple[str, ...], tool: str, person: str, dry_run: bool) -> int:
    """Import a table with a header, or JSON with such fields. FIELD is one of at, id, person, agent, provider, model,
    input, cache_read, cache_write, output, cost, run and failed; `at` and `model` are needed, and `input` holds cached
    tokens too.
    """
    from gainful.intake.logs.table import FIELDS, table

    named = dict(one.rpartition("=")[::2] for one in columns)
    wrong = sorted(set(named.values()) - set(FIELDS))
    if wrong or not all(named) or not {"at", "model"} <= set(named.values()):
        problem = f"'{wrong[0]}' is no field" if wrong else "at and model are needed"
        raise click.BadParameter(f"{problem}; fields are {', '.join(FIELDS)}.", param_hint="--map")
    return _import(context, table(named, tool), _files([str(file)]), person, dry_run)


def add_to(group: click.Group) -> None:
    """Give the group all these commands."""
    for source in _TOOLS:
        group.add_command(tool_command(source))
    for source in _EXPORTS:
        group.add_command(export_command(source))
    group.add_command(litellm)
    group.add_command(csv_)


def _format(module: str) -> Format:
    found: Format = importlib.import_module(f"gainful.intake.logs.{module}").FORMAT
    return found


def _import(context: Context, format_: Format, files: Sequence[Path], person: str, dry: bool) -> int:
    from gainful.app.books.importing_logs import ImportingLogs
    from gainful.cli.progress import progress

    with context.open() as app, progress(context.as_json or len(files) < _MANY) as report:
        whose = person or (app.guards.person if format_.personal else "")
        logs = ImportingLogs(app.facts, app.marks, app.prices, whose, app.clock, dry=dry)
        done = logs.files(format_, files, lambda read, of: report("files read", read, of))
    if context.as_json:
        emit(imported_json(done, dry))
    else:
        for line in imported_lines(format_.title, done, dry):
            say(line)
        for line in skipped_lines(done):
            note(line)
    return exits.FINDINGS if done.unread else exits.OK


def _files(places: Sequence[str], patterns: Sequence[str] = ("*",)) -> list[Path]:
    """The files of these places, each once, in order; a file that was named is taken whatever its name."""
    found: dict[Path, Path] = {}
    for place in places:
        whole = Path(os.path.expandvars(place)).expanduser()
        inside = (one for pattern in patterns for one in whole.rglob(pattern)) if whole.is_dir() else (whole,)
        for file in sorted(one for one in inside if one.is_file()):
            found.setdefault(file.resolve(), file)
    return list(found.values())
