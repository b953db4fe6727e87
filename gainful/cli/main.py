"""The entry: the group of commands, and the one place where failures become messages and exit statuses.

At import time only click may be loaded here and in the commands' modules: `gainful --help` stays under 0.3 s.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

import gainful
from gainful.cli import failure
from gainful.cli.agents.agent import agent
from gainful.cli.agents.mcp import mcp
from gainful.cli.agents.tools import tools
from gainful.cli.agents.try_ import try_
from gainful.cli.books.ask import ask
from gainful.cli.books.board import board, worth
from gainful.cli.books.budget import budget
from gainful.cli.books.export import export
from gainful.cli.books.ledger import ledger
from gainful.cli.books.outcome import outcome
from gainful.cli.books.people import people
from gainful.cli.books.report import report
from gainful.cli.completion import completion
from gainful.cli.context import Context, home_of, json_option
from gainful.cli.deploying.deploy import deploy
from gainful.cli.gate.approvals import approvals
from gainful.cli.gate.audit import audit
from gainful.cli.gate.manifest import manifest
from gainful.cli.gate.secrets import secrets
from gainful.cli.gate.stop import resume, stop
from gainful.cli.importing.import_ import import_
from gainful.cli.installing.backup import backup, restore
from gainful.cli.installing.calendar import calendar
from gainful.cli.installing.chat import chat
from gainful.cli.installing.console import console
from gainful.cli.installing.doctor import doctor
from gainful.cli.installing.init import init
from gainful.cli.installing.serve import serve
from gainful.cli.installing.slack import slack
from gainful.cli.mail.brief import brief
from gainful.cli.mail.correct import correct
from gainful.cli.mail.review import review
from gainful.cli.mail.triage import triage
from gainful.cli.mail.undo import undo
from gainful.cli.remote.remote import remote
from gainful.cli.runs.runs import runs
from gainful.cli.runs.why import why
from gainful.cli.screen import emit, say
from gainful.cli.showing.demo import demo

REACHING = frozenset(
    {
        *(
            "approvals",
            "brief",
            "runs",
            "why",
            "stop",
            "resume",
            "agent",
            "deploy",
            "worth",
            "board",
            "ledger",
            "budget",
        ),
        *("audit", "remote", "version", "completion"),
    }
)
"""Commands of which at least a part works through a remote server, or that need none."""

LAST_MOMENT = 0.2
"""Seconds that threads have for ending by themselves once a command is over."""


class Commands(click.Group):
    """The commands in the order in which a person meets them, not in that of the alphabet, under titles."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.titles: dict[str, str] = {}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click hands it in
        """Names as they were added."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the same
        """Every command with a line about it, one title after another."""
        widest = max(map(len, self.commands))
        limit = formatter.width - widest - 6
        rows: dict[str, list[tuple[str, str]]] = {}
        for name, command in self.commands.items():
            # As wide as the widest of all, so that the lines of every title begin in one column.
            rows.setdefault(self.titles[name], []).append((name.ljust(widest), command.get_short_help_str(limit)))
        for title, lines in rows.items():
            with formatter.section(title):
                formatter.write_dl(lines)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings: ~/.gainful/gainful.toml. What exit statuses mean: docs/reference/exit-codes.md.",
)
@click.option("--home", metavar="DIR", help="Where settings, database and key lie.  [GAINFUL_HOME or ~/.gainful]")
@click.option(
    "--remote", metavar="NAME", envvar="GAINFUL_REMOTE", help="Ask this server; see `gainful remote`.  [GAINFUL_REMOTE]"
)
@json_option
@click.version_option(gainful.__version__, "-V", "--version", prog_name="gainful", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, home: str | None, remote: str | None) -> None:
    """Work agents that keep honest books. Tokens are a cost, never a score.

    Begin with `gainful init`, or try a mailbox without setting anything up:

    \b
      gainful triage maildir:~/Mail              shows what it would do
      gainful triage maildir:~/Mail --apply      does it; `gainful undo` takes it back
    """
    if home is not None:
        ctx.obj.home = home_of(home)
    ctx.obj.remote = remote or ""
    if remote and ctx.invoked_subcommand not in REACHING:
        ctx.obj.only_here(f"`gainful {ctx.invoked_subcommand}` does")


@click.command()
@json_option
@click.pass_obj
def version(context: Context) -> None:
    """Show the version."""
    if context.as_json:
        emit({"version": gainful.__version__, "python": sys.version.split()[0]})
    else:
        say(f"gainful {gainful.__version__}")


SECTIONS = {
    "Begin": (init, demo, try_, doctor, serve, console),
    "Mail": (triage, brief, review, correct, undo),
    "Agents": (agent, approvals, runs, why, stop, resume, manifest, tools, mcp, chat, slack, calendar),
    "Services": (deploy,),
    "Worth and money": (worth, board, outcome, audit, budget, ledger, import_, export, ask, people),
    "This installation": (secrets, backup, restore, remote, report, completion, version),
}
"""The commands by what somebody is about, in the order in which they meet them."""

for _title, _commands in SECTIONS.items():
    for _command in _commands:
        cli.add_command(_command)
        cli.titles[str(_command.name)] = _title


def run(arguments: Sequence[str]) -> int:
    """Run one command line and answer its exit status. Prints; raises nothing."""
    as_json = "--json" in arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show a letter shows a question mark; it does not stop the work.
            stream.reconfigure(errors="replace")
    try:
        context = Context(home_of(None))
        answer = cli.main(list(arguments), prog_name="gainful", standalone_mode=False, obj=context)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0 if not arguments else 2
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has enough: `gainful … | head`; click turns that into SystemExit.
        # Python would complain at exit about what it could not write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt) as error:
        return failure.report(error, as_json=as_json)
    return answer if isinstance(answer, int) else 0


def main() -> None:
    """The console script `gainful`."""
    status = run(sys.argv[1:])
    # What is left goes with the process: to sweep it up first costs a server most of a second of computing.
    gc.freeze()
    _leave(status)


def _leave(status: int) -> NoReturn:
    """End the process, also under threads that are at work.

    Python would wait for them, for as long as a model thinks or a call hangs, while other processes have been told that
    this one is gone and take up its runs. What a thread had begun is found as after a crash.
    """
    until = time.monotonic() + LAST_MOMENT
    main_thread = threading.main_thread()
    others = [thread for thread in threading.enumerate() if thread is not main_thread and not thread.daemon]
    for thread in others:
        thread.join(max(0.0, until - time.monotonic()))
    if any(thread.is_alive() for thread in others):
        for stream in (sys.stdout, sys.stderr):
            # Whoever read it may be gone; there is nobody left to tell.
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)
    sys.exit(status)
