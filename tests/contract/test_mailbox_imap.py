"""The mailbox contract over IMAP, against a real Dovecot."""

from __future__ import annotations

import imaplib

import pytest

from gainful.connectors.imap import ImapMailbox
from gainful.sdk.mail import Mailbox
from gainful.sdk.secret import Secret
from gainful.sdk.testing.dovecot import Dovecot
from gainful.sdk.testing.local_server import HOST
from gainful.sdk.testing.mailbox import MailboxContract


class TestImapMailbox(MailboxContract):
    @pytest.fixture(autouse=True)
    def account(self, dovecot: Dovecot) -> None:
        self.server = dovecot
        self.user = dovecot.new_user()

    def make(self) -> Mailbox:
        return ImapMailbox(self.server.url(self.user), Secret("account:test", self.server.password))

    def deliver(self, raw: bytes) -> None:
        self.server.deliver(self.user, raw)

    def deliver_many(self, mails: list[bytes]) -> None:
        self.server.seed(self.user, mails)

    def set_flags(self, folder: str, uid: str, flags: str) -> None:
        client = imaplib.IMAP4(HOST, self.server.imap_port)
        client.login(self.user, self.server.password)
        client.select(folder)
        assert client.uid("STORE", uid, "+FLAGS", f"({flags})")[0] == "OK"
        client.logout()

    def cut(self) -> None:
        assert self.server.cut() >= 1
