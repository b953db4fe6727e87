"""`gainful remote`: servers of others that this command line can ask, by their names."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gainful.cli.answers import AnswerMissing, Asker
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, safe, say
from gainful.core.errors import GainfulError

if TYPE_CHECKING:
    from gainful.app.remote import Remote

LONGEST = 1000
"""Letters of a token that are read."""


@click.group(short_help="Servers that this command line can ask.")
@json_option
def remote() -> None:
    """Name servers that this command line can ask in place of this machine, by their API.

    \b
      gainful remote add team https://gainful.example.org < TOKEN
      gainful --remote team approvals

    A token is made on the server: `gainful console token NAME --person YOU --scope read --scope answer`.
    """


@remote.command(short_help="Name a server, with a token for it.")
@click.argument("name", metavar="NAME")
@click.argument("url", metavar="URL")
@click.option("--cafile", metavar="FILE", default="", help="PEM file of the authority that signed its certificate.")
@json_option
@click.pass_obj
def add(context: Context, name: str, url: str, cafile: str) -> None:
    """Call the server at URL by NAME. Its token is typed, or is the first line of standard input, and is tried at once.

    What was called NAME before is replaced. URL is https://HOST[:PORT]; plain http only for this machine. The token is
    kept sealed, together with the address that it is for.
    """
    from pathlib import Path

    from gainful.app.remote import RemoteDesk
    from gainful.sdk.secret import Secret

    if sys.stdin.isatty():
        token = Asker(quiet=False).ask_password(f"Token for {name}")
    else:
        token = Secret("token", sys.stdin.readline(LONGEST).strip())
    if not token:
        raise AnswerMissing("No token was given.", "Type it at a terminal, or let it be the first line of input.")
    whole = str(Path(cafile).expanduser().absolute()) if cafile else ""
    with context.here() as app:
        made = app.remotes.made(name, url, token, whole)
        with RemoteDesk(made) as desk:
            who = desk.who
        app.remotes.keep(made)
    if context.as_json:
        emit({"remote": name, "url": made.url, "person": who.person, "role": who.role, "rights": list(who.rights)})
        return
    say(f"'{name}' is {made.url}, where you are {safe(who.person, 80)}, {safe(who.role, 20)}.")
    say(f"The token may {safe(', '.join(who.rights), 200) or 'nothing'}. Use it: gainful --remote {name} runs")


@remote.command("list", short_help="Show the servers that are named.")
@click.option("--check", is_flag=True, help="Ask each whether it takes the token still.")
@json_option
@click.pass_obj
def list_(context: Context, check: bool) -> None:
    """Show the servers that are named. Tokens are never shown."""
    with context.here() as app:
        found = [app.remotes.find(name) for name in app.remotes.names()]
    for one in found:
        told, said = _checked(one) if check else ({}, "")
        if context.as_json:
            emit({"remote": one.name, "url": one.url, "cafile": one.cafile, **told})
        else:
            say(f"{one.name}  {one.url}{said}")
    if not found and not context.as_json:
        say("No server is named. `gainful remote add NAME URL` names one.")


def _checked(one: Remote) -> tuple[dict[str, object], str]:
    """What a server says of the token, for programs and for people."""
    from gainful.app.remote import RemoteDesk

    try:
        with RemoteDesk(one) as desk:
            who = desk.who
    except GainfulError as error:
        return {"error": error.as_json()}, f"  {error.code}: {safe(error.what, 300)}"
    told: dict[str, object] = {"person": who.person, "role": who.role, "rights": list(who.rights)}
    return told, f"  {safe(who.person, 80)} may {safe(', '.join(who.rights), 200)}"


@remote.command(short_help="Forget a server and its token.")
@click.argument("name", metavar="NAME")
@json_option
@click.pass_obj
def remove(context: Context, name: str) -> None:
    """Forget the server NAME, and its token here. On the server, `gainful console tokens --remove` ends the token."""
    with context.here() as app:
        app.remotes.remove(name)
    if context.as_json:
        emit({"remote": name, "removed": True})
    else:
        say(f"'{safe(name, 60)}' is forgotten here. Its token lives on there until somebody removes it.")
