"""From any exception to what the person sees: code, what happened, the next move; and the exit status."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Sequence

import click

from gainful.cli import exits
from gainful.cli.screen import safe
from gainful.core.errors import GainfulError
from gainful.core.redaction import redact

CODES = {
    "usage": (exits.INVALID, "The command line is not understood: an unknown command, option or value."),
    "file-unusable": (exits.INVALID, "A file or directory that was named cannot be read or written."),
    "system": (exits.UNAVAILABLE, "The operating system refused something; often passing."),
    "interrupted": (exits.INTERRUPTED, "The person stopped the command."),
    "unexpected": (exits.UNEXPECTED, "Something nobody foresaw."),
}
"""Codes of failures that are no `GainfulError`; the reference is generated from this."""

WHERE = {
    "RUN": "`gainful runs` lists runs.",
    "RUN|MAIL": "`gainful runs` lists runs, `gainful brief` mails.",
    "MAIL": "`gainful brief` lists mails, each with its id.",
    "APPROVAL": "`gainful approvals` lists what waits, each with its id.",
    "AGENT": "`gainful agent list` lists agents.",
    "SERVICE": "`gainful deploy status` lists services.",
    "SOURCE": "It is maildir:PATH, mbox:PATH, imaps://USER@HOST or the name of a mailbox that `gainful init` set up.",
}
"""Where somebody finds what an argument stands for, by the name that help gives it."""


def report(error: BaseException, *, as_json: bool) -> int:
    """Print the failure to standard error and answer the exit status. Never a traceback, unless GAINFUL_DEBUG asks."""
    if isinstance(error, KeyboardInterrupt | click.Abort):
        _print("interrupted", "Stopped.", "Nothing is half done; run the command again to go on.", as_json)
        return exits.INTERRUPTED
    if os.environ.get("GAINFUL_DEBUG"):
        click.echo(redact("".join(traceback.format_exception(error))), err=True, nl=False)
    if isinstance(error, GainfulError):
        _print(error.code, error.what, error.next_move, as_json, error.also)
        return error.exit_code
    if isinstance(error, click.ClickException):
        _print("usage", _sentence(error.format_message()), _usage_hint(error), as_json)
        return exits.INVALID
    if isinstance(error, OSError):
        return _system(error, as_json)
    if known := _of_database(error):
        return report(known, as_json=as_json)
    what = f"Something unforeseen happened ({type(error).__name__})."
    _print("unexpected", what, "Run it again with GAINFUL_DEBUG=1 to see where, and please report it.", as_json)
    return exits.UNEXPECTED


def _of_database(error: BaseException) -> GainfulError | None:
    if "sqlalchemy" not in sys.modules:
        # Nothing has reached a database yet, and loading what explains its errors takes half a second.
        return None
    from gainful.storage.errors import of_database

    return of_database(error)


def _system(error: OSError, as_json: bool) -> int:
    # Of a copy the second name is the one that was written.
    name = error.filename2 if error.filename2 and error.errno in (errno.ENOSPC, errno.EDQUOT) else error.filename
    where = f" ({name})" if name else ""
    what = f"{error.strerror or type(error).__name__}{where}."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        _print("disk-full", f"The disk is full{where}.", "Free some space and run this again.", as_json)
        return exits.UNAVAILABLE
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR):
        _print("file-unusable", what, "Check the path and who may read and write it.", as_json)
        return exits.INVALID
    _print("system", what, "Try again; GAINFUL_DEBUG=1 shows where it happened.", as_json)
    return exits.UNAVAILABLE


def _usage_hint(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None:
        return ""
    missing = error.param if isinstance(error, click.MissingParameter) else None
    where = WHERE.get(missing.make_metavar(context), "") if missing is not None else ""
    return f"{where} See `{context.command_path} --help`.".lstrip()


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _print(code: str, what: str, next_move: str, as_json: bool, also: Sequence[str] = ()) -> None:
    what, next_move = redact(what), redact(next_move)
    if as_json:
        told = {"code": code, "what": what, "next_move": next_move, **({"also": list(also)} if also else {})}
        click.echo(json.dumps({"error": told}), err=True)
        return
    click.echo(f"{click.style(f'error [{code}]', fg='red', bold=True)} {safe(what, 2000)}", err=True)
    if next_move:
        click.echo(f"  {safe(next_move, 2000)}", err=True)
    for sentence in also:
        click.echo(f"also {safe(sentence, 2000)}", err=True)
