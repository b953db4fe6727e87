"""Sending mail as the person: once for each key, with a copy among the sent mail. Against a real mail server."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from gainful.connectors.imap import ImapMailbox
from gainful.connectors.smtp import Outbox, SmtpServer, smtp_tools
from gainful.connectors.smtp.errors import SmtpRefused, SmtpUnreachable
from gainful.core.errors import Broken
from gainful.core.mail import Role
from gainful.core.tool import Act, Effect
from gainful.core.value import Json
from gainful.sdk.grant import Grant
from gainful.sdk.letter import LetterInvalid, message_id
from gainful.sdk.mail import Mailbox, MailboxUnreachable
from gainful.sdk.operation import ArgumentInvalid, Operation
from gainful.sdk.secret import Handle, Secret
from gainful.sdk.testing.dovecot import Dovecot
from gainful.sdk.testing.memory_mailbox import Mailstore, MemoryMailbox
from gainful.sdk.tool import Found

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
HELLO = {"to": ["bo@example.org"], "subject": "Größe", "text": "Hallo."}


class Post:
    """One account at the real server."""

    def __init__(self, server: Dovecot, relay: Any) -> None:
        self.server, self.relay, self.user = server, relay, server.new_user()
        relay.texts.clear()
        relay.lines.clear()

    def mailbox(self) -> Mailbox:
        return ImapMailbox(self.server.url(self.user), Secret("account:x", self.server.password))

    def outbox(self, **more: Any) -> Outbox:
        handle = Handle.of(Secret("account:x", self.server.password))
        smtp = SmtpServer(
            "localhost", self.server.submissions_port, True, self.user, handle, cafile=str(self.server.cafile)
        )
        return Outbox(**{"server": smtp, "open": self.mailbox, "address": self.user, "name": "Ada", **more})

    def tool(self, **more: Any) -> Operation:
        (made,) = smtp_tools({"work": self.outbox(**more)}, "helper", lambda: NOW)
        return made

    def sent(self) -> list[Any]:
        mailbox = self.mailbox()
        folder = str(mailbox.folder(Role.SENT))
        raws = list(mailbox.fetch(folder, [one.place.uid for one in mailbox.listing(folder)], 1_000_000))
        mailbox.close()
        return [(email.message_from_bytes(raw.raw, policy=email.policy.default), raw.flags) for raw in raws]


@pytest.fixture
def account(post: Dovecot, relay: Any) -> Post:
    return Post(post, relay)


def call(tool: Operation, key: str = "k1", **given: Json) -> Json:
    return tool.call(Grant(key, "mail.send"), {**HELLO, **given})


def test_it_is_egress() -> None:
    (tool,) = smtp_tools({}, "helper", lambda: NOW)
    assert (tool.spec.effect, tool.spec.act) == (Effect.EGRESS, Act.SEND)


def test_a_mail_is_sent_and_a_copy_filed_as_read(account: Post) -> None:
    tool = account.tool()
    assert tool.find("k1", HELLO) is None
    answer = call(tool, cc=["cy@example.org"], answers="<m1@example.org>")
    assert answer == {"account": "work", "message_id": message_id("k1", account.user), "filed": True}
    (text,) = account.relay.texts
    message = email.message_from_bytes(text, policy=email.policy.default)
    assert (message["From"], message["To"], message["Cc"]) == (
        f"Ada <{account.user}>", "bo@example.org", "cy@example.org",
    )  # fmt: skip
    assert (message["Subject"], message["In-Reply-To"]) == ("Größe", "<m1@example.org>")
    assert (message["X-Gainful-Agent"], message["Auto-Submitted"]) == ("helper", "auto-generated")
    assert message["Bcc"] is None
    to = [line for line in account.relay.lines if line.upper().startswith("RCPT")]
    assert [line.partition(":")[2].split()[0] for line in to] == ["<bo@example.org>", "<cy@example.org>"]
    ((copy, flags),) = account.sent()
    assert copy["Message-ID"] == answer["message_id"]
    assert "\\Seen" in flags
    assert tool.find("k1", HELLO) == Found(done=True, answer=answer)
    assert tool.find("k2", HELLO) is None


def test_a_server_that_files_by_itself_gets_no_second_copy(account: Post) -> None:
    mailbox = account.mailbox()
    tool = account.tool()

    class Files(SmtpServer):
        def send(self, sender: str, recipients: Any, raw: bytes) -> None:
            super().send(sender, recipients, raw)
            mailbox.append_sent(Grant("k", "mail.send"), raw)  # type: ignore[attr-defined]

    plain = account.outbox().server
    files = Files(plain.host, plain.port, True, plain.user, plain.secret, cafile=plain.cafile)
    tool = account.tool(server=files)
    assert call(tool)["filed"] is True
    mailbox.close()
    assert len(account.sent()) == 1


@pytest.mark.parametrize(
    "given",
    [
        {"to": []},
        {"to": ["bo"]},
        {"to": ["bo@example.org\r\nDATA"]},
        {"cc": ["a@b\nBcc: c@d"]},
        {"subject": "x\r\nBcc: eve@example.org"},
        {"answers": "<a@b>\r\nX: y"},
        {"account": "home"},
    ],
)
def test_what_mail_cannot_carry_goes_to_nobody(account: Post, given: dict[str, Json]) -> None:
    with pytest.raises(LetterInvalid):
        call(account.tool(), **given)
    assert account.relay.texts == []
    assert account.sent() == []


def test_recipients_are_a_list_and_the_grant_is_for_this(account: Post) -> None:
    with pytest.raises(ArgumentInvalid):
        call(account.tool(), to="bo@example.org")
    with pytest.raises(ArgumentInvalid):
        call(account.tool(), bcc=["eve@example.org"])
    with pytest.raises(Broken):
        account.tool().call(Grant("k1", "mail.draft"), HELLO)
    assert account.relay.texts == []


def test_refused_for_one_is_sent_to_nobody(account: Post) -> None:
    tool = account.tool()
    with pytest.raises(SmtpRefused, match="no such user"):
        call(tool, to=["bo@example.org", "no@example.org"])
    assert account.relay.texts == []
    assert account.sent() == []
    assert tool.find("k1", HELLO) is None


def unreachable() -> Mailbox:
    raise MailboxUnreachable("No route.", "Check the network.")


def test_sent_but_not_filed_is_sent(account: Post) -> None:
    tool = account.tool(open=unreachable)
    assert call(tool)["filed"] is False
    assert len(account.relay.texts) == 1
    with pytest.raises(SmtpUnreachable):
        tool.find("k1", HELLO)


class NoSent(MemoryMailbox):
    """A mailbox that keeps no sent mail."""

    append_sent = None  # type: ignore[assignment]


def test_a_mailbox_that_keeps_no_sent_mail(account: Post) -> None:
    opened: Callable[[], Mailbox] = partial(NoSent, Mailstore())
    assert call(account.tool(open=opened))["filed"] is False
    assert len(account.relay.texts) == 1


def test_a_sender_whose_address_is_none(account: Post) -> None:
    with pytest.raises(LetterInvalid):
        call(account.tool(address="ada@exämple.org"))
    assert account.relay.texts == []
