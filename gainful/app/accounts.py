"""Accounts: what the settings say of a mailbox, how it is opened, and under which name the books know it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from gainful.core.errors import Invalid
from gainful.gate.broker import Broker
from gainful.jobs.triage.deciding.facts import PersonRule
from gainful.jobs.triage.settings import Drafts, Settings
from gainful.sdk.mail import Mailbox
from gainful.sdk.secret import Connection, Handle, Secret
from gainful.storage.secrets.secret_store import SecretStore
from gainful.storage.settings.config import Account, Config

PASSWORD_VARIABLE = "GAINFUL_IMAP_PASSWORD"  # noqa: S105 - the name of a variable, not a password


class PasswordMissing(Invalid):
    """A mailbox needs a password and none was stored or given."""

    code = "password-missing"


class Accounts:
    """The mailboxes that can be worked on.

    Args:
        given_password: The one that the person named for this command, such as by a file; before all others.
        ask_password: How to get a password that is neither stored nor in the environment; None: fail instead.
    """

    def __init__(self, config: Config, secrets: SecretStore, broker: Broker) -> None:
        self._config = config
        self._secrets = secrets
        self._broker = broker
        self.given_password: Secret | None = None
        self.ask_password: Callable[[Account], Secret] | None = None

    def named(self, source: str) -> Account:
        """The account with this name, URL or identity; one made from the URL when none is configured.

        Raises:
            SourceInvalid: `source` is neither a name nor a mailbox.
        """
        for account in self._config.accounts:
            if source in (account.name, account.url) or source == identity_of(account):
                return account
        return self._config.account(source)

    def connect(self, account: Account, *, exclusive: bool = False) -> Mailbox:
        """The account's mailbox, signed in.

        Args:
            exclusive: For changing it: a Maildir is then locked against every other Gainful, wherever its home is.

        Raises:
            MailboxUnreachable, LoginRefused, PasswordMissing, Invalid: As they say.
        """
        if account.scheme == "maildir":
            from gainful.connectors.maildir import MaildirMailbox

            return MaildirMailbox(account.path, exclusive=exclusive)
        if account.scheme == "mbox":
            from gainful.connectors.mbox import MboxMailbox

            return MboxMailbox(account.path)
        from gainful.connectors.imap import ImapMailbox

        url = account.url
        if account.cafile:
            url += f"{'&' if '?' in url else '?'}cafile={quote(account.cafile)}"
        return ImapMailbox(url, self.handle(account, "imap"), auth=account.auth)

    def handle(self, account: Account, connector: str) -> Handle:
        """The way to the account's password or token, for a connector that declares it."""
        return self._broker.handle(account.secret, Connection(connector, account.name), lambda: self._password(account))

    def _password(self, account: Account) -> Secret:
        """The account's password or token: given for this command, in its file, sealed, in the environment, or asked.

        Sealed goes before the environment, whose one variable would otherwise stand for every account of a server.

        Raises:
            PasswordMissing: None of these has it.
        """
        given = (
            self.given_password
            or secret_in_file(account.password_file, account.secret, account.name)
            or self._secrets.get(account.secret)
            or _in_environment(account)
        )
        if given is None and self.ask_password is not None:
            given = self.ask_password(account)
        if given is None:
            raise PasswordMissing(
                f"No password is stored for {account.url}.",
                f"Run `gainful init --account-url {account.url}`, or set {PASSWORD_VARIABLE}.",
            )
        return given

    def settings(self, account: Account) -> Settings:
        """What the person has chosen about triage of this account."""
        rules = tuple(
            PersonRule(rule.label, from_=rule.sender, subject=rule.subject, list_id=rule.list_id, to=rule.to)
            for rule in self._config.rules
        )
        return Settings(
            owner=account.own_addresses,
            owner_name=account.display_name,
            drafts=Drafts(self._config.triage.drafts),
            archive=self._config.triage.archive,
            vips=self._config.triage.vips,
            rules=rules,
        )


def _in_environment(account: Account) -> Secret | None:
    value = os.environ.get(PASSWORD_VARIABLE)
    return Secret(account.secret, value) if value else None


def secret_in_file(file: str, secret: str, whose: str) -> Secret | None:
    """The first line of a password file; None when the settings name none.

    Args:
        secret: The name under which it would be sealed.
        whose: Which account or calendar it is for.

    Raises:
        PasswordMissing: Nothing usable stands there.
    """
    if not file:
        return None
    try:
        with Path(file).expanduser().open(encoding="utf-8") as opened:
            found = opened.readline(10_000).strip()
    except (OSError, UnicodeDecodeError) as error:
        found, reason = "", getattr(error, "strerror", None) or "it is not text"
    else:
        reason = "it is empty"
    if not found:
        raise PasswordMissing(
            f"The password file {file} of {whose} cannot be used: {reason}.",
            "Write the password or token into its first line, or take password_file out of the settings.",
        )
    return Secret(secret, found)


def identity_of(account: Account) -> str:
    """The name under which the books know an account, however its URL is written."""
    if account.is_server:
        from gainful.connectors.imap.address import ImapAddress

        return ImapAddress.parse(account.url).account
    return f"{account.scheme}:{account.path.resolve()}"
