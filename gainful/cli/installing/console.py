"""`gainful console`: who may open the console, and the tokens of programs."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gainful.cli.answers import AnswerMissing
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, note, plural, safe, say

if TYPE_CHECKING:
    from gainful.app.console import Role

ROLES = ("employee", "lead", "auditor", "owner")
SCOPES = ("read", "answer", "audit", "operate", "report", "manage")


@click.group(short_help="Who may open the console; tokens of programs.")
@json_option
def console() -> None:
    """Let people into the console, and programs into its API.

    The console itself is served by `gainful serve --port 8787`, which prints where it is and, at the first start, a
    code with which the first account is made there.
    """


@console.command(short_help="Show who may open the console.")
@json_option
@click.pass_obj
def accounts(context: Context) -> None:
    """Show every account with its role."""
    with context.open() as app:
        found = app.access.accounts()
    if context.as_json:
        for one in found:
            emit({"person": one.person, "role": one.role, "made_at": one.made_at})
        return
    for one in found:
        say(f"{safe(one.person, 80)}  {one.role}, since {one.made_at:%Y-%m-%d}")
    if not found:
        say("Nobody yet. `gainful serve --port 8787` prints how the first account is made.")


@console.command(short_help="Let somebody in.")
@click.argument("person", metavar="PERSON")
@click.option("--role", type=click.Choice(ROLES), default="employee", show_default=True, help="What they may do.")
@click.option("--by-provider", is_flag=True, help="Without a password: the identity provider signs them in.")
@json_option
@click.pass_obj
def add(context: Context, person: str, role: str, by_provider: bool) -> None:
    """Make an account for PERSON; its first password is typed, or is the first line of standard input.

    With --by-provider there is none: who first comes from the identity provider under this name is taken to be PERSON.
    """
    password = None if by_provider else _password(context)
    with context.open() as app:
        app.access.add(person, _role(role), password, app.guards.person)
    _tell(context, person, f"{safe(person, 80)} can sign in as {role}.")


@console.command(short_help="Give somebody another role.")
@click.argument("person", metavar="PERSON")
@click.argument("role", type=click.Choice(ROLES))
@json_option
@click.pass_obj
def role(context: Context, person: str, role: str) -> None:
    """Give PERSON another ROLE; they sign in again."""
    with context.open() as app:
        app.access.change_role(person, _role(role), app.guards.person)
    _tell(context, person, f"{safe(person, 80)} is {role} from now on.")


@console.command(short_help="Give somebody another password.")
@click.argument("person", metavar="PERSON")
@json_option
@click.pass_obj
def password(context: Context, person: str) -> None:
    """Give PERSON another password, typed or on standard input; every session of theirs ends."""
    with context.open() as app:
        app.access.change_password(person, _password(context), app.guards.person)
    _tell(context, person, f"{safe(person, 80)} has another password, and signs in again.")


@console.command(short_help="Let somebody in no more.")
@click.argument("person", metavar="PERSON")
@json_option
@click.pass_obj
def remove(context: Context, person: str) -> None:
    """Remove the account of PERSON; their sessions and tokens end."""
    with context.open() as app:
        app.access.remove(person, app.guards.person)
    _tell(context, person, f"{safe(person, 80)} is not let in any more.")


@console.command(short_help="Make a token for a program.")
@click.argument("name", metavar="NAME")
@click.option("--person", required=True, help="In whose name it acts; they need an account.")
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="May be repeated.")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How long it lives.")
@json_option
@click.pass_obj
def token(context: Context, name: str, person: str, scopes: tuple[str, ...], days: int) -> None:
    """Make the token NAME for the API. It is shown this once."""
    from gainful.app.console import Role, Scope, rights_of

    with context.open() as app:
        made = app.access.add_token(
            name, person, [Scope(one) for one in scopes], timedelta(days=days), app.guards.person
        )
        role = next(one.role for one in app.access.accounts() if one.person == person)
    idle = [one for one in scopes if not rights_of(Role(role), (one,))]
    if idle:
        note(f"As {role} {safe(person, 80)} may not: {', '.join(idle)}. The token may, once their role is larger.")
    if context.as_json:
        emit({"name": name, "token": made})
    else:
        say(made)


@console.command(short_help="Show the tokens that there are.")
@click.option("--remove", "removed", metavar="NAME", default="", help="Let this one be worth nothing any more.")
@json_option
@click.pass_obj
def tokens(context: Context, removed: str) -> None:
    """Show every token: in whose name it acts, what it may do, and until when."""
    with context.open() as app:
        if removed:
            app.access.remove_token(removed, app.guards.person)
        found = app.access.tokens()
    if context.as_json:
        for one in found:
            emit({"name": one.name, "person": one.person, "scopes": list(one.scopes), "expires_at": one.expires_at})
        return
    for one in found:
        say(
            f"{safe(one.name, 60)}  {', '.join(one.scopes)}, for {safe(one.person, 80)} until {one.expires_at:%Y-%m-%d}"
        )
    if not found:
        say("There is no token." if not removed else f"'{safe(removed, 60)}' is worth nothing any more; none is left.")
    elif removed:
        say(f"'{safe(removed, 60)}' is worth nothing any more; {plural(len(found), 'token')} left.")


@console.command(short_help="Check the identity provider.")
@json_option
@click.pass_obj
def oidc(context: Context) -> None:
    """Show what to register at the identity provider, and check whether it can be used.

    Its settings stand under [console.oidc]; the client's secret is stored with `gainful secrets set oidc`.
    """
    from gainful.app.console.provider_check import OUT, examined, redirect_uris

    with context.open() as app:
        settings = app.config.console.oidc
        uris = redirect_uris(app.config)
        after = redirect_uris(app.config, OUT) if settings.sign_out != "off" else []
        if not context.as_json and settings.on:
            # First: who sets it up needs these before the provider can answer.
            say("Register at the provider:")
            say(f"  client id       {safe(settings.client_id, 200)}")
            for uri in uris:
                say(f"  redirect URI    {safe(uri, 300)}")
            for uri in after:
                say(f"  after sign-out  {safe(uri, 300)}")
            say("  grant           authorization code, with PKCE (S256)")
        found = examined(app.by_provider)
    if context.as_json:
        emit({**found, "redirect_uris": uris, "post_logout_redirect_uris": after})
        return
    say("The provider:")
    for name, value in found.items():
        say(f"  {name.replace('_', ' '):15} {safe(str(value), 300)}")


def _role(name: str) -> Role:
    from gainful.app.console import Role

    return Role(name)


def _password(context: Context) -> str:
    """A password, typed twice, or the first line that comes in."""
    if sys.stdin.isatty() and not context.as_json:
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    given = sys.stdin.readline().rstrip("\n")
    if not given:
        raise AnswerMissing("No password was given.", "Type it at a terminal, or let it be the first line of input.")
    return given


def _tell(context: Context, person: str, said: str) -> None:
    if context.as_json:
        emit({"person": person})
    else:
        say(said)
