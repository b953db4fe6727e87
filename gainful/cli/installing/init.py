"""`gainful init`: asks for a mailbox, tries it, seals its password, and writes the settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from gainful.cli.answers import Asker, given_password, read_password
from gainful.cli.context import Context, json_option
from gainful.cli.screen import emit, note, plural, safe, say
from gainful.core.errors import Invalid

if TYPE_CHECKING:
    from gainful.app import Gainful
    from gainful.sdk.secret import Secret
    from gainful.storage.settings.config import Account, Config


@click.command(short_help="Set up a mailbox: ask, test, seal the password.")
@click.option("--account-url", metavar="URL", help="The mailbox: maildir:PATH, mbox:PATH, imaps://USER@HOST.")
@click.option("--name", help="What to call it: a short name to type.")
@click.option("--address", "addresses", multiple=True, metavar="ADDRESS", help="Your own address; may be repeated.")
@click.option("--display-name", metavar="NAME", help="Your name, for drafts.")
@click.option("--auth", type=click.Choice(["password", "xoauth2"]), help="How to sign in.")
@click.option("--cafile", metavar="FILE", help="Certificate authority of a server that the system does not know.")
@click.option("--password-file", metavar="FILE", help="File whose first line is the password or token.")
@click.option("--model", metavar="PROVIDER:NAME", help="Language model for uncertain mail, such as openai:gpt-5-mini.")
@click.option("--model-url", metavar="URL", help="Address of an OpenAI-compatible server.")
@click.option("--model-key-file", metavar="FILE", help="File whose first line is the model's key.")
@click.option("--yes", is_flag=True, help="Ask nothing; take the defaults for what is not given.")
@json_option
@click.pass_obj
def init(context: Context, /, yes: bool, **given: Any) -> None:
    """Set up a mailbox: ask, test the connection, seal the password, write the settings.

    Run it again for another mailbox. The password is asked for, or taken from GAINFUL_IMAP_PASSWORD or
    --password-file; it is stored encrypted and never stands in the settings.
    """
    from gainful.storage.settings.config import Home, load
    from gainful.storage.settings.file import append, render_account, render_model

    home = Home(context.home)
    config = load(home)
    ask = Asker(quiet=yes)
    account = _account(config, given, ask)
    secret = None
    if account.is_server:
        what = "Access token" if account.auth == "xoauth2" else "Password"
        secret = given_password(given["password_file"]) or ask.ask_password(f"{what} of {account.user}")
    home.prepare()
    with context.open() as app:
        tested = _try(app, account, secret)
        app.guards.adopt("triage")
        model, key = _model(config, given, ask)
        # Secret first: settings that name an account always have what they need.
        if secret is not None:
            app.secrets.put(account.secret, secret)
        if key:
            from gainful.storage.settings.config import MODEL_KEY

            app.secrets.put(MODEL_KEY, key)
    append(home, render_account(account))
    if model:
        append(home, render_model(model))
    _say_done(context, account, tested, str(home.config))


def _account(config: Config, given: dict[str, Any], ask: Asker) -> Account:
    from pydantic import ValidationError

    from gainful.storage.settings.config import Account

    if not given["account_url"]:
        note("Mailboxes are written like maildir:~/Mail, mbox:~/old.mbox or imaps://me@mail.example.org")
    url = given["account_url"] or ask.ask("Mailbox", "--account-url", None)
    probe = config.account(url)
    if probe in config.accounts:
        raise Invalid(f"This mailbox is set up already, as '{probe.name}'.", f"Triage it: gainful triage {probe.name}")
    name = given["name"] or ask.ask("Name to type for it", "--name", _free_name(config, probe))
    addresses = given["addresses"]
    if not addresses:
        default = ", ".join(probe.own_addresses)
        answer = ask.ask("Your own addresses, with commas between", "--address", default)
        addresses = tuple(part for part in re.split(r"[,\s]+", answer) if part)
    display = given["display_name"]
    if display is None:
        display = ask.ask("Your name, for drafts", "--display-name", "")
    auth = given["auth"] or "password"
    try:
        return Account(
            name=name,
            url=url,
            addresses=addresses,
            display_name=display,
            auth=auth,
            cafile=given["cafile"] or "",
        )
    except ValidationError as error:
        found = error.errors()[0]
        raise Invalid(f"The {found['loc'][0]} cannot be used: {found['msg']}.", "Give another one.") from None


def _free_name(config: Config, account: Account) -> str:
    """A name that no account has: the host's, the folder's, with a number if need be."""
    from urllib.parse import urlsplit

    word = (urlsplit(account.url).hostname or "mail") if account.is_server else account.path.name
    base = re.sub(r"[^A-Za-z0-9]+", "-", word).strip("-").lower()[:40] or "mail"
    taken = {known.name for known in config.accounts}
    return next(name for n in range(1, 1000) if (name := base if n == 1 else f"{base}-{n}") not in taken)


def _model(config: Config, given: dict[str, Any], ask: Asker) -> tuple[Any, Secret | None]:
    from gainful.storage.settings.config import Model

    if config.model.name:
        if given["model"]:
            raise Invalid("A language model is set up already.", "Change [model] in gainful.toml.")
        return None, None
    name = given["model"] or ask.ask("Language model for uncertain mail (empty: none)", "--model", "")
    if not name:
        return None, None
    if given["model_key_file"]:
        key = read_password(given["model_key_file"])
    else:
        key = ask.ask_password("Its key (empty: from the environment)", "")
    return Model(name=name, base_url=given["model_url"] or ""), key


def _try(app: Gainful, account: Account, secret: Secret | None) -> dict[str, Any]:
    """What the mailbox answered: number of mails in the inbox, and what it can do."""
    from gainful.core.mail import Role

    if secret is not None:
        app.accounts.ask_password = lambda _account: secret
    mailbox = app.accounts.connect(account)
    try:
        inbox = mailbox.folder(Role.INBOX) or "INBOX"
        count = len(mailbox.listing(inbox))
        return {"mails": count, "abilities": sorted(ability.value for ability in mailbox.abilities)}
    finally:
        mailbox.close()


def _say_done(context: Context, account: Account, tested: dict[str, Any], file: str) -> None:
    if context.as_json:
        emit({"account": account.name, "settings": file, **tested})
        return
    can = ", ".join(tested["abilities"]) or "reading only"
    works = click.style("It works", fg="green", bold=True)
    say(f"{works}: {plural(tested['mails'], 'mail')} in the inbox; can do: {can}.")
    say(f"Settings: {safe(file)}")
    say("What triage may ever do: `gainful manifest show triage`. Stop it at any time: `gainful stop triage`.")
    say("")
    say(f"  gainful triage {account.name}            shows what it would do")
    say(f"  gainful triage {account.name} --apply    does it; `gainful undo` takes it back")
    say("  gainful serve                  every night, and new mail as it comes")
