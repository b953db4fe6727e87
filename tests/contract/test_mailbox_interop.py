"""One Maildir, looked at by a real Dovecot and by us: what one writes the other must read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gainful.connectors.imap import ImapMailbox
from gainful.connectors.maildir import MaildirMailbox
from gainful.sdk.mail import Mailbox
from gainful.sdk.secret import Secret
from gainful.sdk.testing.dovecot import Dovecot
from gainful.sdk.testing.mailbox import INBOX, fetched, grant, message, uids_of


@pytest.fixture
def both(dovecot: Dovecot) -> Iterator[tuple[Mailbox, Mailbox]]:
    """The same three mails over IMAP and as files."""
    user = dovecot.new_user()
    for number in (1, 2, 3):
        dovecot.deliver(user, message(number))
    remote = ImapMailbox(dovecot.url(user), Secret("account:test", dovecot.password))
    assert len(remote.listing(INBOX)) == 3
    local = MaildirMailbox(dovecot.mail_root(user), exclusive=True)
    yield remote, local
    remote.close()
    local.close()


def by_content(mailbox: Mailbox, folder: str = INBOX) -> dict[bytes, frozenset[str]]:
    return {mail.raw.replace(b"\r\n", b"\n"): mail.flags for mail in fetched(mailbox, folder)}


def test_both_see_the_same_mail(both: tuple[Mailbox, Mailbox]) -> None:
    remote, local = both
    assert by_content(remote) == by_content(local)
    assert [mail.raw.replace(b"\r\n", b"\n") for mail in fetched(remote)] == [mail.raw for mail in fetched(local)]


def test_the_server_reads_labels_that_we_write(both: tuple[Mailbox, Mailbox]) -> None:
    remote, local = both
    first, second, _ = uids_of(local)
    local.change_keywords(grant("mail.change_keywords"), INBOX, [first, second], add=["needs_reply"], remove=[])
    local.change_keywords(grant("mail.change_keywords"), INBOX, [second], add=["todo"], remove=[])
    assert [listed.flags for listed in remote.listing(INBOX)] == [{"needs_reply"}, {"needs_reply", "todo"}, set()]
    assert by_content(remote) == by_content(local)


def test_we_read_labels_that_the_server_writes(both: tuple[Mailbox, Mailbox]) -> None:
    remote, local = both
    first, second, third = uids_of(remote)
    remote.change_keywords(grant("mail.change_keywords"), INBOX, [first, third], add=["fyi", "$Later"], remove=[])
    remote.change_keywords(grant("mail.change_keywords"), INBOX, [second, third], add=["todo"], remove=["fyi"])
    assert by_content(local) == by_content(remote)
    assert sorted(sorted(listed.flags) for listed in local.listing(INBOX)) == [
        ["$Later", "fyi"],
        ["$Later", "todo"],
        ["todo"],
    ]


def test_moves_and_drafts_show_on_the_other_side(both: tuple[Mailbox, Mailbox]) -> None:
    remote, local = both
    first, second, _ = uids_of(local)
    local.change_keywords(grant("mail.change_keywords"), INBOX, [first], add=["newsletter"], remove=[])
    local.move(grant("mail.move"), INBOX, [first, second], "Abgelegt & später")
    local.append_draft(grant("mail.append_draft"), message(9))
    remote.reconnect()
    assert by_content(remote, "Abgelegt & später") == by_content(local, "Abgelegt & später")
    assert set(by_content(remote, "Abgelegt & später").values()) == {
        frozenset(),
        frozenset({"newsletter"}),
    }
    assert len(remote.find("Drafts", "<note-9@example.org>")) == 1
    assert by_content(remote, "Drafts") == by_content(local, "Drafts")
    back = remote.move(grant("mail.move"), "Abgelegt & später", uids_of(remote, "Abgelegt & später"), INBOX)
    assert len(back) == 2
    assert by_content(local) == by_content(remote)
    assert len(by_content(local)) == 3
