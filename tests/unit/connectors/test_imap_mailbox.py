"""IMAP mailboxes on servers that lack something, and when the connection breaks."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from gainful.connectors.imap import ImapMailbox
from gainful.connectors.imap.folders import Folders
from gainful.core.errors import Invalid
from gainful.core.mail import Role
from gainful.sdk.mail import Ability, MailboxUnreachable, ServerRefused
from gainful.sdk.secret import Secret
from gainful.sdk.testing.dovecot import Dovecot
from gainful.sdk.testing.mailbox import INBOX, fetched, grant, message, uids_of

Opened = Callable[..., ImapMailbox]


@pytest.fixture
def inbox(dovecot: Dovecot) -> Iterator[tuple[Dovecot, str, ImapMailbox]]:
    user = dovecot.new_user()
    mailbox = ImapMailbox(dovecot.url(user), Secret("account:test", dovecot.password))
    yield dovecot, user, mailbox
    mailbox.close()


@pytest.fixture(scope="module")
def bare_dovecot(dovecot: Dovecot) -> Iterator[Dovecot]:
    """A server that offers nothing beyond the base protocol."""
    with Dovecot(capability="IMAP4rev1") as server:
        yield server


def test_without_extensions_only_what_is_safe_is_done(opened: Opened, bare_dovecot: Dovecot) -> None:
    user = bare_dovecot.new_user()
    bare_dovecot.deliver(user, message(1))
    mailbox = opened(bare_dovecot.url(user), bare_dovecot.password)
    assert mailbox.abilities == {Ability.KEYWORDS, Ability.DRAFTS, Ability.WAIT}
    with pytest.raises(ServerRefused):
        mailbox.move(grant("mail.move"), INBOX, uids_of(mailbox), "Archive")
    mailbox.change_keywords(grant("mail.change_keywords"), INBOX, uids_of(mailbox), add=["todo"], remove=[])
    assert [listed.flags for listed in mailbox.listing(INBOX)] == [{"todo"}]
    assert mailbox.folder(Role.DRAFTS) == "Drafts"


def test_without_idle_the_server_is_asked_for_news(opened: Opened, bare_dovecot: Dovecot) -> None:
    user = bare_dovecot.new_user()
    mailbox = opened(bare_dovecot.url(user), bare_dovecot.password, noop_every=timedelta(seconds=0.1))
    mailbox.listing(INBOX)
    assert mailbox.wait(INBOX, timedelta(seconds=0.3)) is False
    arrival = threading.Timer(0.3, bare_dovecot.deliver, [user, message(1)])
    arrival.start()
    assert mailbox.wait(INBOX, timedelta(seconds=120)) is True
    arrival.join()


def test_a_cut_is_told_and_the_next_calls_ask_to_reconnect(inbox: tuple[Dovecot, str, ImapMailbox]) -> None:
    server, user, mailbox = inbox
    server.deliver(user, message(1))
    (uid,) = uids_of(mailbox)
    assert server.cut() >= 1
    for _ in range(2):
        with pytest.raises(MailboxUnreachable):
            mailbox.listing(INBOX)
    with pytest.raises(MailboxUnreachable):
        list(mailbox.fetch(INBOX, [uid], 1000))
    mailbox.reconnect()
    assert uids_of(mailbox) == [uid]


def test_cuts_at_any_moment_lose_and_double_nothing(inbox: tuple[Dovecot, str, ImapMailbox]) -> None:
    server, user, mailbox = inbox
    server.seed(user, [message(number) for number in range(60)])
    moments = random.Random(7)
    for _ in range(12):
        cut = threading.Timer(moments.random() * 0.04, server.cut)
        cut.start()
        with contextlib.suppress(MailboxUnreachable):
            for folder, other in ((INBOX, "Archive"), ("Archive", INBOX)) * 3:
                uids = uids_of(mailbox, folder)
                chosen = moments.sample(uids, len(uids) // 2)
                mailbox.change_keywords(grant("mail.change_keywords"), INBOX, chosen, add=["todo"], remove=[])
                mailbox.move(grant("mail.move"), folder, chosen, other)
        cut.join()
        mailbox.reconnect()
    mails = fetched(mailbox) + fetched(mailbox, "Archive")
    assert sorted(mail.raw for mail in mails) == sorted(message(number) for number in range(60))
    assert {mail.flags for mail in mails} <= {frozenset(), frozenset({"todo"})}


def test_a_cut_while_waiting_ends_the_wait(inbox: tuple[Dovecot, str, ImapMailbox]) -> None:
    server, _, mailbox = inbox
    mailbox.listing(INBOX)
    cut = threading.Timer(0.3, server.cut)
    cut.start()
    begun = time.monotonic()
    with pytest.raises(MailboxUnreachable):
        mailbox.wait(INBOX, timedelta(seconds=60))
    cut.join()
    assert time.monotonic() - begun < 30


def test_mail_that_came_during_a_cut_ends_the_next_wait(inbox: tuple[Dovecot, str, ImapMailbox]) -> None:
    server, user, mailbox = inbox
    mailbox.listing(INBOX)
    server.cut()
    server.deliver(user, message(1))
    mailbox.reconnect()
    assert mailbox.wait(INBOX, timedelta(seconds=120)) is True


@pytest.mark.parametrize("news", [b"* 2 EXISTS\r\n", b"* OK Still here\r\n* 1 EXPUNGE\r\n"])
def test_news_in_one_packet_with_the_begin_of_idle_are_not_missed(
    opened: Opened, odd_server: Callable[..., Any], news: bytes
) -> None:
    server = odd_server(
        {
            "EXAMINE": b"* 1 EXISTS\r\nTAG OK done\r\n",
            "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\nTAG OK done\r\n",
            "IDLE": b"+ idling\r\n" + news,
        }
    )
    mailbox = opened(server.url, "x", timeout=timedelta(seconds=5))
    begun = time.monotonic()
    assert mailbox.wait(INBOX, timedelta(seconds=60)) is True
    assert time.monotonic() - begun < 30


def test_a_sign_of_life_is_no_news(opened: Opened, odd_server: Callable[..., Any]) -> None:
    server = odd_server(
        {
            "EXAMINE": b"* 1 EXISTS\r\nTAG OK done\r\n",
            "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\nTAG OK done\r\n",
            "IDLE": b"+ idling\r\n* OK Still here\r\n",
        }
    )
    assert opened(server.url, "x").wait(INBOX, timedelta(seconds=0.2)) is False


def test_an_error_in_the_callers_code_does_not_mix_up_answers(inbox: tuple[Dovecot, str, ImapMailbox]) -> None:
    server, user, mailbox = inbox
    server.deliver(user, message(1))
    for _ in mailbox.fetch(INBOX, uids_of(mailbox), 10_000):
        break
    assert len(mailbox.listing(INBOX)) == 1


def test_no_command_deletes_expunges_or_sets_seen(opened: Opened, odd_server: Callable[..., Any]) -> None:
    described = (
        b"* 1 EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] ok\r\n"
        b"* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 2] ok\r\nTAG OK [READ-WRITE] done\r\n"
    )
    row = (
        b'* 1 FETCH (UID 1 FLAGS () RFC822.SIZE 9 INTERNALDATE "02-Mar-2026 09:00:00 +0000" BODY[] {9}\r\n'
        b"A: b\r\n\r\nc)\r\n"
    )
    server = odd_server(
        {
            "SELECT": described,
            "EXAMINE": described.replace(b"READ-WRITE", b"READ-ONLY"),
            "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN MOVE UIDPLUS\r\nTAG OK done\r\n",
            "LIST": b'* LIST () "." INBOX\r\n* LIST () "." Archive\r\nTAG OK done\r\n',
            "UID FETCH": row + b"TAG OK done\r\n",
            "UID MOVE": b"* OK [COPYUID 8 1 5] Moved\r\n* 1 EXPUNGE\r\nTAG OK done\r\n",
            "APPEND": b"TAG NO [TRYCREATE] no\r\n",
        }
    )
    mailbox = opened(server.url, "x")
    assert [mail.raw for mail in fetched(mailbox)] == [b"A: b\r\n\r\nc"]
    mailbox.change_keywords(grant("mail.change_keywords"), INBOX, ["1"], add=["todo"], remove=["fyi"])
    (place,) = mailbox.move(grant("mail.move"), INBOX, ["1"], "Archive").values()
    assert (place.folder, place.validity, place.uid) == ("Archive", "8", "5")
    with pytest.raises(ServerRefused):
        mailbox.append_draft(grant("mail.append_draft"), message(1))
    mailbox.close()
    said = [line.split(b" ", 1)[1].strip() for line in server.heard if b" " in line]
    commands = {line.split()[0] + (b" " + line.split()[1] if line.startswith(b"UID") else b"") for line in said}
    assert commands <= {
        b"CAPABILITY", b"AUTHENTICATE", b"LIST", b"EXAMINE", b"SELECT", b"UID FETCH", b"UID STORE", b"UID MOVE",
        b"CREATE", b"SUBSCRIBE", b"APPEND", b"LOGOUT",
    }  # fmt: skip
    stores = [line for line in said if line.startswith(b"UID STORE")]
    assert stores == [b"UID STORE 1 +FLAGS.SILENT (todo)", b"UID STORE 1 -FLAGS.SILENT (fyi)"]
    assert all(b"PEEK" in line for line in said if b"BODY" in line)


def test_without_copyuid_the_new_places_are_unknown(opened: Opened, odd_server: Callable[..., Any]) -> None:
    server = odd_server(
        {
            "SELECT": b"* 1 EXISTS\r\n* OK [PERMANENTFLAGS (\\Seen)] ok\r\nTAG OK done\r\n",
            "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN MOVE\r\nTAG OK done\r\n",
            "LIST": b'* LIST () "/" INBOX\r\n* LIST () "/" Archive\r\nTAG OK done\r\n',
        }
    )
    mailbox = opened(server.url, "x")
    assert Ability.KEYWORDS not in mailbox.abilities
    with pytest.raises(ServerRefused):
        mailbox.change_keywords(grant("mail.change_keywords"), INBOX, ["1"], add=["todo"], remove=[])
    assert mailbox.move(grant("mail.move"), INBOX, ["1"], "Archive") == {}
    assert not [line for line in server.heard if b"STORE" in line]


def test_an_inbox_that_may_only_be_read(opened: Opened, odd_server: Callable[..., Any]) -> None:
    server = odd_server(
        {
            "SELECT": b"* 0 EXISTS\r\n* OK [PERMANENTFLAGS (\\*)] ok\r\nTAG OK [READ-ONLY] done\r\n",
            "EXAMINE": b"* 0 EXISTS\r\nTAG OK [READ-ONLY] done\r\n",
            "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN MOVE\r\nTAG OK done\r\n",
            "LIST": b'* LIST () "/" INBOX\r\nTAG OK done\r\n',
        }
    )
    mailbox = opened(server.url, "x")
    assert mailbox.abilities == {Ability.DRAFTS, Ability.WAIT}
    with pytest.raises(ServerRefused):
        mailbox.change_keywords(grant("mail.change_keywords"), INBOX, ["1"], add=["todo"], remove=[])
    assert mailbox.listing(INBOX) == []
    assert mailbox.folder(Role.ARCHIVE) == "Archive"


@pytest.mark.parametrize(
    "rows",
    [
        b"* 1 FETCH (UID 1 FLAGS (\\Seen)\r\n",
        b"* 1 FETCH (UID x RFC822.SIZE 5)\r\n",
        b"* 1 FETCH BOGUS\r\n",
        b"* 1 FETCH (UID)\r\n",
    ],
)
def test_answers_without_sense_are_a_broken_connection(
    opened: Opened, odd_server: Callable[..., Any], rows: bytes
) -> None:
    server = odd_server({"EXAMINE": b"* 1 EXISTS\r\nTAG OK done\r\n", "UID FETCH": rows + b"TAG OK done\r\n"})
    with pytest.raises(MailboxUnreachable):
        opened(server.url, "x").listing(INBOX)


def test_uids_of_another_kind_are_refused(inbox: tuple[Dovecot, str, ImapMailbox]) -> None:
    _, _, mailbox = inbox
    for uid in ("1:*", "*", "1 (FLAGS)", "1772442000.M1P1.host"):
        with pytest.raises(Invalid):
            mailbox.flags(INBOX, [uid])


def test_a_draft_with_a_nul_is_refused(inbox: tuple[Dovecot, str, ImapMailbox]) -> None:
    with pytest.raises(Invalid):
        inbox[2].append_draft(grant("mail.append_draft"), b"Subject: x\r\n\r\n\0\r\n")


def test_many_large_mails_come_in_several_rounds(
    inbox: tuple[Dovecot, str, ImapMailbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, user, mailbox = inbox
    monkeypatch.setattr("gainful.connectors.imap.mailbox.FETCH_BYTES", 25_000)
    monkeypatch.setattr("gainful.connectors.imap.mailbox.FETCH_COUNT", 5)
    server.seed(user, [message(number, body="x" * 70 * number * 10 + "\r\n") for number in range(1, 31)])
    uids = uids_of(mailbox)
    assert [mail.place.uid for mail in mailbox.fetch(INBOX, uids, 10**6)] == uids
    partly = list(mailbox.fetch(INBOX, uids, 10_000))
    assert sorted(int(mail.place.uid) for mail in partly) == [int(uid) for uid in uids]
    assert {mail.complete for mail in partly} == {True, False}


LINES = [
    (frozenset(), "/", "INBOX"),
    (frozenset({"\\noselect"}), "/", "[Gmail]"),
    (frozenset({"\\all"}), "/", "[Gmail]/Alle Nachrichten"),
    (frozenset({"\\drafts"}), "/", "[Gmail]/Entwürfe"),
    (frozenset({"\\junk"}), "/", "[Gmail]/Spam"),
]


def test_roles_by_special_use() -> None:
    folders = Folders(LINES, "")
    assert folders.role(Role.ARCHIVE) == "[Gmail]/Alle Nachrichten"
    assert folders.role(Role.DRAFTS) == "[Gmail]/Entwürfe"
    assert folders.role(Role.JUNK) == "[Gmail]/Spam"
    assert folders.role(Role.SENT) is None
    assert folders.role(Role.INBOX) == "INBOX"


def test_a_view_of_all_mail_is_no_archive() -> None:
    folders = Folders([(frozenset(), "/", "INBOX"), (frozenset({"\\all"}), "/", "virtual/All")], "")
    assert folders.role(Role.ARCHIVE) is None


@pytest.mark.parametrize(
    ("name", "separator", "prefix", "role"),
    [
        ("Archiv", "/", "", Role.ARCHIVE),
        ("INBOX.Brouillons", ".", "INBOX.", Role.DRAFTS),
        ("Inbox/Papelera", "/", "", Role.TRASH),
        ("[Gmail]/Gesendet", "/", "", Role.SENT),
        ("Junk E-mail", "/", "", Role.JUNK),
    ],
)
def test_roles_by_common_names(name: str, separator: str, prefix: str, role: Role) -> None:
    lines = [(frozenset[str](), separator, "INBOX"), (frozenset[str](), separator, name)]
    assert Folders(lines, prefix).role(role) == name


def test_an_archive_deep_down_is_nobodys_archive() -> None:
    folders = Folders([(frozenset(), "/", "Projects/Archive"), (frozenset({"\\noselect"}), "/", "Archive")], "INBOX/")
    assert folders.role(Role.ARCHIVE) is None
    assert folders.default(Role.ARCHIVE) == "INBOX/Archive"
