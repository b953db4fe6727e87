"""`gainful secrets`: which are stored; store, delete them; give them all a new key. None is ever shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gainful.cli.answers import Asker
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, plural, safe, say
from gainful.core.errors import Invalid

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.sdk.secret import Secret
    from gainful.storage.secrets.database_password import DatabasePassword

LONGEST = 100_000
"""Characters read from standard input at most."""


class SecretNameInvalid(Invalid):
    """No connector would ever ask for a secret of this name, or none of it is stored."""

    code = "secret-name-invalid"


class SecretOnCommandLine(Invalid):
    """A secret was typed as an argument, where everybody on the machine can read it."""

    code = "secret-on-command-line"


@click.group(short_help="Passwords and keys: list, store, delete, new key.")
@json_option
def secrets() -> None:
    """Passwords and keys that Gainful keeps sealed. What they hold is never shown."""


@secrets.command("list", short_help="Show the names of the stored secrets.")
@json_option
@click.pass_obj
def list_(context: Context) -> None:
    """Show the names of the stored secrets, and where the key lies that opens them."""
    with context.open() as app:
        stored = app.secrets.listed()
        where = app.secrets.where
    if context.as_json:
        for name, at in stored:
            emit({"secret": name, "stored_at": at})
        return
    for name, at in stored:
        say(f"{safe(name):30} stored {at[:16].replace('T', ' ')}")
    say(f"{plural(len(stored), 'secret')}, sealed with {safe(where)}." if stored else "No secret is stored.")


@secrets.command("set", short_help="Store the secret NAME, typed or read.")
@click.argument("name")
@click.argument("words", nargs=-1, metavar="")
@json_option
@click.pass_obj
def set_(context: Context, name: str, words: tuple[str, ...]) -> None:
    """Store the secret NAME: typed without being shown, or the first line of standard input.

    NAME is `account:` with an account's name, `model-key`, `github`, `git:` with a host, `mcp:` with a word that an MCP
    server's file uses, `oidc` for the client at the identity provider, or `database` for the password of a team's
    database. What was stored under it is replaced.
    """
    if words:
        raise SecretOnCommandLine(
            f"The secret '{name}' was given as an argument, which others on this machine can read.",
            f"Change it, take the line out of your shell's history, and run: gainful secrets set {name} < FILE",
        )
    if name == "database":
        # The database itself cannot be opened without it.
        _of_database(context).put(_read(name))
    else:
        with context.open() as app:
            _check_name(app, name)
            app.secrets.put(name, _read(name))
    if context.as_json:
        emit({"secret": name, "stored": True})
    else:
        say(f"Stored {safe(name)}.")


def _of_database(context: Context) -> DatabasePassword:
    from gainful.storage.secrets.database_password import DatabasePassword
    from gainful.storage.settings.config import Home, load

    home = Home(context.home)
    return DatabasePassword(home, load(home).secrets.keep_key_in)


def _check_name(app: Gainful, name: str) -> None:
    if app.broker.declared(name) and name.isprintable() and len(name) <= 200 and not name.endswith(":"):
        return
    names = [account.secret for account in app.config.accounts if account.is_server]
    raise SecretNameInvalid(
        f"Nothing asks for a secret named '{name[:200]}'.",
        f"Names that are asked for: {', '.join([*names, 'model-key'])}.",
    )


def _read(name: str) -> Secret:
    from gainful.sdk.secret import Secret

    secret: Secret
    if sys.stdin.isatty():
        secret = Asker(quiet=False).ask_password(f"Secret for {name}")
    else:
        secret = Secret(name, sys.stdin.readline(LONGEST).rstrip("\r\n"))
    if not secret:
        raise Invalid(f"Nothing was given for '{name}'; what was stored is as it was.", "Give it on standard input.")
    return secret


@secrets.command()
@click.argument("name")
@json_option
@click.pass_obj
def delete(context: Context, name: str) -> None:
    """Forget the secret NAME."""
    if name != "database":
        _delete(context, name)
    elif not _of_database(context).delete():
        raise SecretNameInvalid("No password of a team's database is stored.", "There is nothing to do.")
    if context.as_json:
        emit({"secret": name, "stored": False})
    else:
        say(f"Deleted {safe(name)}.")


def _delete(context: Context, name: str) -> None:
    with context.open() as app:
        if not app.secrets.delete(name):
            stored = ", ".join(app.secrets.names()) or "none"
            raise SecretNameInvalid(f"No secret named '{name[:200]}' is stored.", f"Stored are: {stored}.")


@secrets.command()
@json_option
@click.pass_obj
def rotate(context: Context) -> None:
    """Seal every secret with a new key, and wipe the old one.

    After a change of `keep_key_in` this also brings the key to its new place. Killed half way, nothing is lost: run it
    again.
    """
    with context.open() as app:
        done = app.secrets.rotate()
    if context.as_json:
        emit({"resealed": done.count, "key": done.where, "old_key_gone": done.retired})
        return
    say(f"Sealed {plural(done.count, 'secret')} with a new key in {safe(done.where)}.")
    if not done.retired:
        say("Now take the old key, the lower line, out of that file.")
