"""Searching, reading and drafting mail, in a Maildir on disk and on a real mail server."""

from __future__ import annotations

import email
import email.policy
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from gainful.connectors.imap import ImapMailbox
from gainful.connectors.mail import Box, mail_tools
from gainful.connectors.mail.errors import MailNotFound, MailToolUnreachable
from gainful.connectors.maildir import MaildirMailbox
from gainful.connectors.mbox import MboxMailbox
from gainful.core.errors import Refused
from gainful.core.label import TYPED, Integrity
from gainful.core.mail import Mail, Role
from gainful.core.value import Json, uniform
from gainful.jobs.triage.reading.reader import Reader
from gainful.policy.attribution import returned
from gainful.sdk.grant import Grant
from gainful.sdk.letter import LetterInvalid, message_id
from gainful.sdk.mail import Mailbox, MailboxUnreachable, NoSuchFolder
from gainful.sdk.operation import Operation
from gainful.sdk.secret import Secret
from gainful.sdk.testing.dovecot import Dovecot
from gainful.sdk.tool import Found

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


@dataclass
class Account:
    """An account with a mailbox of some kind."""

    open: Callable[[], Mailbox]
    deliver: Callable[[bytes], None]


@pytest.fixture(params=["maildir", "dovecot"])
def account(request: pytest.FixtureRequest, tmp_path: Path) -> Account:
    if request.param == "maildir":
        return maildir(tmp_path / "Maildir")
    server: Dovecot = request.getfixturevalue("dovecot")
    user = server.new_user()
    return Account(
        lambda: ImapMailbox(server.url(user), Secret("account:test", server.password)), partial(server.deliver, user)
    )


def maildir(root: Path) -> Account:
    for part in ("cur", "new", "tmp"):
        (root / part).mkdir(parents=True)
    numbers = itertools.count(1)

    def deliver(raw: bytes) -> None:
        (root / "new" / f"1772442000.M{next(numbers):04}P1.host").write_bytes(raw.replace(b"\r\n", b"\n"))

    return Account(partial(MaildirMailbox, root), deliver)


def tools(account: Account, reader: Reader, **more: Account) -> dict[str, Operation]:
    boxes = {name: Box(one.open, "ada@example.org", "Ada") for name, one in {"work": account, **more}.items()}
    read = lambda raws: reader.read(raws) if raws else []  # noqa: E731
    return {tool.spec.name: tool for tool in mail_tools(boxes, read, "helper", lambda: NOW)}


def call(made: Mapping[str, Operation], name: str, key: str = "k1", **given: Json) -> Json:
    return made[name].call(Grant(key, name), given)


def mail(
    number: int, sender: str = "Bo <bo@example.org>", subject: str = "", body: str = "Hello.", head: str = ""
) -> bytes:
    return (
        f"From: {sender}\r\nTo: ada@example.org\r\nSubject: {subject or f'Number {number}'}\r\n{head}"
        f"Message-ID: <m{number}@example.org>\r\nDate: Sun, 22 Nov 2026 07:00:00 +0000\r\n\r\n{body}\r\n"
    ).encode()


def flags(account: Account, folder: str = "INBOX") -> list[frozenset[str]]:
    mailbox = account.open()
    try:
        return [one.flags for one in mailbox.listing(folder)]
    finally:
        mailbox.close()


# --- searching ---


def test_the_newest_mails_are_found_and_stay_unseen(account: Account, reader: Reader) -> None:
    for number in range(5):
        account.deliver(mail(number))
    made = tools(account, reader)
    found = call(made, "mail.search", limit=3)
    assert len(found) == 3
    assert {line["from"] for line in found} == {"bo@example.org"}
    assert all(line["unread"] for line in found)
    assert {line["subject"] for line in call(made, "mail.search")} == {f"Number {number}" for number in range(5)}
    assert not any("\\Seen" in kept for kept in flags(account))


def test_by_sender_subject_and_day(account: Account, reader: Reader) -> None:
    account.deliver(mail(1, "Bo Beck <bo@example.org>", "Lunch on Monday"))
    account.deliver(mail(2, "cy@example.net", "=?utf-8?q?Gr=C3=B6=C3=9Fe?="))
    made = tools(account, reader)

    def subjects(**given: Json) -> list[str]:
        return [line["subject"] for line in call(made, "mail.search", **given)]

    assert subjects(**{"from": "beck"}) == ["Lunch on Monday"]
    assert subjects(**{"from": "EXAMPLE.NET"}) == ["Größe"]
    assert subjects(subject="größe") == ["Größe"]
    assert subjects(subject="lunch", **{"from": "cy"}) == []
    assert subjects(since="2099-01-01") == []
    assert len(subjects(since="2020-01-01", folder="inbox")) == 2
    with pytest.raises(MailNotFound, match="no day"):
        subjects(since="yesterday")


def test_long_headers_are_read_and_a_long_body_is_not(account: Account, reader: Reader) -> None:
    account.deliver(mail(1, subject="Far below", head="X-Trace: " + "x" * 900 + "\r\n" + "X-More: y\r\n" * 900))
    account.deliver(mail(2, subject="Long", body="word " * 100_000))
    made = tools(account, reader)
    assert {line["subject"] for line in call(made, "mail.search")} == {"Far below", "Long"}


def test_no_more_is_looked_at_than_is_needed(account: Account, reader: Reader) -> None:
    for number in range(120):
        account.deliver(mail(number, subject="Special" if number == 3 else ""))
    read: list[int] = []

    def counting(raws: Sequence[tuple[bytes, bool]]) -> list[Mail]:
        read.append(len(raws))
        return reader.read(raws)

    made = {tool.spec.name: tool for tool in mail_tools({"work": Box(account.open, "a@b")}, counting, "x", lambda: NOW)}
    assert len(call(made, "mail.search", limit=10)) == 10
    assert read == [50]
    assert len(call(made, "mail.search", subject="special")) == 1
    assert sum(read[1:]) == 120


def test_what_is_not_there(account: Account, reader: Reader) -> None:
    made = tools(account, reader)
    assert call(made, "mail.search") == []
    with pytest.raises(NoSuchFolder):
        call(made, "mail.search", folder="Nowhere")
    with pytest.raises(MailNotFound, match="no account 'home'"):
        call(made, "mail.search", account="home")
    for wrong in ("", "x", "work:1:2", "work:1:2:INBOX:x", "home:1:2:INBOX"):
        with pytest.raises(MailNotFound):
            call(made, "mail.read", id=wrong)
    with pytest.raises((MailNotFound, NoSuchFolder)):
        call(made, "mail.read", id="work:1:2:Nowhere")


# --- reading ---


def test_a_mail_is_read_and_stays_unseen(account: Account, reader: Reader) -> None:
    account.deliver(
        mail(1, body="Can you come?\r\n\r\nOn Monday Ada wrote:\r\n> Maybe.", head="Reply-To: x@example.net\r\n")
    )
    made = tools(account, reader)
    (line,) = call(made, "mail.search")
    found = call(made, "mail.read", id=line["id"])
    assert found["text"].startswith("Can you come?")
    assert found["message_id"] == "<m1@example.org>"
    assert "Maybe" in found["quoted"]
    assert (found["reply_to"], found["unread"], found["problem"]) == ("x@example.net", True, "")
    assert found["id"] == line["id"]
    assert not any("\\Seen" in kept for kept in flags(account))


def test_hostile_mails_are_read_and_do_no_harm(account: Account, reader: Reader) -> None:
    bomb = "<div>" * 5000 + "hi"
    account.deliver(mail(1, '"Ada" <eve@example.net>, bo@example.org', "a\x1b[2Jb"))
    account.deliver(mail(2, head="Content-Type: text/html; charset=punycode\r\n", body=bomb))
    account.deliver(mail(3, head="Content-Type: multipart/mixed; boundary=a\r\n", body="--a\r\n" * 1000))
    account.deliver(b"\r\n\r\nno head at all")
    made = tools(account, reader)
    lines = call(made, "mail.search")
    assert len(lines) == 4
    for line in lines:
        found = call(made, "mail.read", id=line["id"])
        assert "\x1b" not in str(found)


def test_an_id_of_an_older_mailbox_is_none(account: Account, reader: Reader) -> None:
    account.deliver(mail(1))
    made = tools(account, reader)
    (line,) = call(made, "mail.search")
    name, _validity, uid, folder = line["id"].split(":")
    with pytest.raises(MailNotFound, match="any more"):
        call(made, "mail.read", id=":".join((name, "999", uid, folder)))


def test_what_a_stranger_can_write_and_what_not(account: Account, reader: Reader) -> None:
    account.deliver(mail(1))
    made = tools(account, reader)
    lines = call(made, "mail.search")
    asked = {"account": uniform("work", TYPED)}
    (line,) = returned(made["mail.search"].spec, asked, lines, {}).items or ()
    assert {name for name, part in (line.fields or {}).items() if part.whole.integrity is Integrity.TRUSTED} == {
        "id", "received_at", "unread", "size",
    }  # fmt: skip


# --- drafting ---


def test_a_draft_lies_among_the_drafts_and_nowhere_else(account: Account, reader: Reader) -> None:
    made = tools(account, reader)
    given: dict[str, Json] = {
        "to": ["bo@example.org"],
        "subject": "Größe",
        "text": "Hallo",
        "answers": "<m1@example.org>",
    }
    assert made["mail.draft"].find("k1", given) is None
    answer = call(made, "mail.draft", **given)
    mailbox = account.open()
    folder = mailbox.folder(Role.DRAFTS)
    assert folder == answer["folder"]
    (place,) = mailbox.find(str(folder), answer["message_id"])
    (raw,) = mailbox.fetch(place.folder, [place.uid], 100_000)
    assert {"\\Draft", "\\Seen"} <= raw.flags
    assert mailbox.listing("INBOX") == []
    mailbox.close()
    message = email.message_from_bytes(raw.raw, policy=email.policy.default)
    assert (message["To"], message["Subject"], message["In-Reply-To"]) == (
        "bo@example.org",
        "Größe",
        "<m1@example.org>",
    )
    assert message["From"] == "Ada <ada@example.org>"
    assert made["mail.draft"].find("k1", given) == Found(done=True, answer=answer)
    assert made["mail.draft"].find("k2", given) is None
    assert answer["message_id"] == message_id("k1", "ada@example.org")


def test_a_draft_needs_no_recipient_but_a_sound_one(account: Account, reader: Reader) -> None:
    made = tools(account, reader)
    call(made, "mail.draft", subject="x", text="y")
    for wrong in ({"to": ["bo"]}, {"cc": ["a@b\r\nBcc: c@d"]}, {"answers": "x"}):
        with pytest.raises(LetterInvalid):
            call(made, "mail.draft", key="k2", subject="x", text="y", **wrong)


# --- several accounts, and what goes wrong ---


def test_the_first_account_is_meant_where_none_is_named(tmp_path: Path, reader: Reader) -> None:
    first, second = maildir(tmp_path / "first"), maildir(tmp_path / "second")
    second.deliver(mail(1))
    made = tools(first, reader, home=second)
    assert call(made, "mail.search") == []
    (line,) = call(made, "mail.search", account="home")
    assert line["id"].startswith("home:")
    assert call(made, "mail.read", id=line["id"])["subject"] == "Number 1"


def test_a_mailbox_that_takes_no_drafts_says_so(tmp_path: Path, reader: Reader) -> None:
    (tmp_path / "mbox").write_bytes(b"From bo@example.org Sun Nov 22 07:00:00 2026\n" + mail(1).replace(b"\r\n", b"\n"))
    made = tools(Account(partial(MboxMailbox, tmp_path / "mbox"), lambda _: None), reader)
    assert len(call(made, "mail.search")) == 1
    with pytest.raises(Refused):
        call(made, "mail.draft", subject="x", text="y")


class Failing(MaildirMailbox):
    """Breaks off when something is to be stored."""

    def append_draft(self, grant: Grant, raw: bytes):  # type: ignore[no-untyped-def]
        raise MailboxUnreachable("It broke off.", "Try again.")

    def listing(self, folder: str, after: str | None = None):  # type: ignore[no-untyped-def]
        raise MailboxUnreachable("It broke off.", "Try again.")


def test_what_may_have_happened_is_told_apart_from_what_has_not(tmp_path: Path, reader: Reader) -> None:
    maildir(tmp_path / "Maildir")

    def cannot() -> Mailbox:
        raise MailboxUnreachable("No route.", "Check the network.")

    absent, failing = Account(cannot, lambda _: None), Account(partial(Failing, tmp_path / "Maildir"), lambda _: None)
    for account, sent in ((absent, False), (failing, True)):
        with pytest.raises(MailToolUnreachable) as caught:
            call(tools(account, reader), "mail.draft", subject="x", text="y")
        assert caught.value.sent is sent
    with pytest.raises(MailToolUnreachable) as reading:
        call(tools(failing, reader), "mail.search")
    assert reading.value.sent is False
