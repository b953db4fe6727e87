"""The contract that every mail connector fulfils, as test classes to inherit. Needs pytest.

A connector's test derives from `MailboxContract` (or `ReadingContract` when it is read-only), and says in the hooks
how to open the account and how mail arrives. Each test begins with an account of its own, without mail.
"""

# ruff: noqa: S101 - these are tests

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from gainful.core.errors import Invalid, Refused
from gainful.core.mail import Place, RawMail, Role
from gainful.sdk.grant import Grant
from gainful.sdk.mail import Ability, Mailbox, MailboxUnreachable, NoSuchFolder

INBOX = "INBOX"
LIMIT = 1_000_000
HOSTILE_IDS = (
    '<a"b@example.org>',
    '" OR ALL "',
    "<a@example.org>\r\nA1 LOGOUT",
    "<a@example.org>\nx",
    "<\x00@example.org>",
    "<grün@example.org>",
    "<a\\@example.org>",
    "{5}",
    "{5+}",
    "(",
    "*",
    "",
    " ",
    "<" + "a" * 5000 + "@example.org>",
)
BAD_KEYWORDS = ("two words", 'quo"te', "back\\slash", "paren(", "star*", "per%cent", "grün", "", "x" * 51, "line\nend")


def grant(tool: str) -> Grant:
    """A grant as the gate mints it, for one call in a test."""
    return Grant(key=f"test-{tool}", tool=tool)


def message(number: int, *, body: str = "A short note.\r\n", headers: str = "") -> bytes:
    """A mail whose Message-ID and subject tell its number."""
    return (
        f"From: Ada Writer <ada{number}@example.org>\r\nTo: reader@example.org\r\n"
        f"Subject: Note {number}\r\nMessage-ID: <note-{number}@example.org>\r\n"
        f"Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n{headers}\r\n{body}"
    ).encode()


def fetched(mailbox: Mailbox, folder: str = INBOX, max_bytes: int = LIMIT) -> list[RawMail]:
    """Everything in the folder, with content."""
    uids = [listed.place.uid for listed in mailbox.listing(folder)]
    mails = {mail.place.uid: mail for mail in mailbox.fetch(folder, uids, max_bytes)}
    return [mails[uid] for uid in uids]


def uids_of(mailbox: Mailbox, folder: str = INBOX) -> list[str]:
    """The folder's uids, oldest first."""
    return [listed.place.uid for listed in mailbox.listing(folder)]


class ReadingContract:
    """What holds for every mailbox, the read-only ones included."""

    absent_uid = "4000000000"
    """A uid in the connector's own form that no mail has."""

    def make(self) -> Mailbox:
        """Open the test's account; called again, the same account once more."""
        raise NotImplementedError

    def deliver(self, raw: bytes) -> None:
        """Let one mail with CRLF line ends arrive in the inbox; it is there when this returns."""
        raise NotImplementedError

    @pytest.fixture
    def mailbox(self) -> Iterator[Mailbox]:
        """The test's account, opened."""
        mailbox = self.make()
        yield mailbox
        mailbox.close()

    def _deliver(self, count: int) -> None:
        for number in range(1, count + 1):
            self.deliver(message(number))

    def test_it_is_a_mailbox(self, mailbox: Mailbox) -> None:
        assert isinstance(mailbox, Mailbox)
        assert mailbox.folder(Role.INBOX) == INBOX
        assert mailbox.abilities <= frozenset(Ability)

    def test_an_empty_inbox_lists_nothing(self, mailbox: Mailbox) -> None:
        assert mailbox.listing(INBOX) == []
        assert list(mailbox.fetch(INBOX, [], LIMIT)) == []
        assert mailbox.flags(INBOX, []) == {}
        assert mailbox.find(INBOX, "<note-1@example.org>") == []

    def test_the_listing_has_the_oldest_first(self, mailbox: Mailbox) -> None:
        self._deliver(5)
        listing = mailbox.listing(INBOX)
        subjects = [_subject(mail) for mail in fetched(mailbox)]
        assert subjects == [f"Note {number}" for number in range(1, 6)]
        assert len({listed.place for listed in listing}) == 5
        assert {listed.place.validity for listed in listing} == {mailbox.validity(INBOX)}
        assert all(listed.size > 100 for listed in listing)

    def test_after_a_uid_all_later_mails_are_listed(self, mailbox: Mailbox) -> None:
        self._deliver(2)
        known = uids_of(mailbox)
        self.deliver(message(3))
        everything = uids_of(mailbox)
        later = [listed.place.uid for listed in mailbox.listing(INBOX, after=known[-1])]
        assert len(everything) == 3
        assert set(everything) - set(known) <= set(later)
        assert set(later) <= set(everything)

    def test_fetch_gives_the_whole_mail(self, mailbox: Mailbox) -> None:
        before = datetime.now(UTC)
        body = "Grüße.\r\n" + "".join(f"Line {line}.\r\n" for line in range(500)) + "Ende."
        self.deliver(message(1, body=body, headers="Content-Type: text/plain; charset=utf-8\r\n"))
        (mail,) = fetched(mailbox)
        (listed,) = mailbox.listing(INBOX)
        assert mail.complete
        assert body.encode().replace(b"\r\n", b"\n") in mail.raw.replace(b"\r\n", b"\n")
        assert mail.size == len(mail.raw) == listed.size
        assert mail.place == listed.place
        assert mail.received_at.utcoffset() == timedelta(0)
        assert abs(mail.received_at - before) < timedelta(minutes=2)

    def test_reading_leaves_mail_unseen(self, mailbox: Mailbox) -> None:
        self._deliver(3)
        fetched(mailbox)
        fetched(mailbox, max_bytes=50)
        mailbox.find(INBOX, "<note-1@example.org>")
        mailbox.close()
        again = self.make()
        assert [listed.flags for listed in again.listing(INBOX)] == [frozenset()] * 3
        again.close()

    def test_of_a_larger_mail_only_the_headers_come(self, mailbox: Mailbox) -> None:
        self.deliver(message(1))
        self.deliver(message(2, body="x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 400))
        small, large = fetched(mailbox, max_bytes=10_000)
        assert small.complete
        assert not large.complete
        assert b"Subject: Note 2" in large.raw
        assert b"yyyy" not in large.raw
        assert large.size > 28_000

    def test_even_headers_are_cut_at_the_limit(self, mailbox: Mailbox) -> None:
        many = ", ".join(f"\r\n person{number}@example.org" for number in range(2_000))
        self.deliver(message(1, headers=f"Cc: {many}\r\n"))
        (mail,) = fetched(mailbox, max_bytes=5_000)
        assert not mail.complete
        assert 0 < len(mail.raw) <= 5_000
        assert mail.size > 40_000

    def test_mails_that_are_gone_are_left_out(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        (uid,) = uids_of(mailbox)
        assert [mail.place.uid for mail in mailbox.fetch(INBOX, [self.absent_uid, uid], LIMIT)] == [uid]
        assert set(mailbox.flags(INBOX, [uid, self.absent_uid])) == {uid}

    def test_a_folder_that_is_not_there_holds_nothing(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        (uid,) = uids_of(mailbox)
        assert mailbox.listing("Nowhere") == []
        assert list(mailbox.fetch("Nowhere", [uid], LIMIT)) == []
        assert mailbox.flags("Nowhere", [uid]) == {}
        assert mailbox.find("Nowhere", "<note-1@example.org>") == []
        with pytest.raises(NoSuchFolder):
            mailbox.validity("Nowhere")

    def test_validity_stays_while_nothing_happens(self, mailbox: Mailbox) -> None:
        self._deliver(2)
        validity, uids = mailbox.validity(INBOX), uids_of(mailbox)
        mailbox.reconnect()
        assert (mailbox.validity(INBOX), uids_of(mailbox)) == (validity, uids)

    def test_find_by_message_id(self, mailbox: Mailbox) -> None:
        self._deliver(3)
        self.deliver(message(2))
        listing = mailbox.listing(INBOX)
        assert mailbox.find(INBOX, "<note-2@example.org>") == [listing[1].place, listing[3].place]
        assert mailbox.find(INBOX, "<note-9@example.org>") == []
        assert mailbox.find(INBOX, "<NOTE-2@example.org>") == []
        assert mailbox.find(INBOX, "note-2@example.org") == []

    def test_find_reads_folded_headers(self, mailbox: Mailbox) -> None:
        raw = message(1).replace(b"Message-ID: <note-1@", b"Message-Id:\r\n <folded@")
        self.deliver(raw)
        assert [place.uid for place in mailbox.find(INBOX, "<folded@example.org>")] == uids_of(mailbox)

    def test_find_does_not_look_into_bodies(self, mailbox: Mailbox) -> None:
        self.deliver(message(1, body="Message-ID: <inner@example.org>\r\n"))
        assert mailbox.find(INBOX, "<inner@example.org>") == []

    @pytest.mark.parametrize("hostile", HOSTILE_IDS)
    def test_a_hostile_message_id_finds_nothing_and_breaks_nothing(self, mailbox: Mailbox, hostile: str) -> None:
        self._deliver(1)
        assert mailbox.find(INBOX, hostile) == []
        assert len(mailbox.find(INBOX, "<note-1@example.org>")) == 1

    def test_closing_twice_is_fine(self, mailbox: Mailbox) -> None:
        mailbox.close()
        mailbox.close()

    def test_what_it_cannot_do_it_refuses(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        (uid,) = uids_of(mailbox)
        before = fetched(mailbox)
        if Ability.KEYWORDS not in mailbox.abilities:
            with pytest.raises(Refused):
                mailbox.change_keywords(grant("mail.change_keywords"), INBOX, [uid], add=["todo"], remove=[])
        if Ability.MOVE not in mailbox.abilities:
            with pytest.raises(Refused):
                mailbox.move(grant("mail.move"), INBOX, [uid], "Archive")
        if Ability.DRAFTS not in mailbox.abilities:
            with pytest.raises(Refused):
                mailbox.append_draft(grant("mail.append_draft"), message(2))
        if Ability.WAIT not in mailbox.abilities:
            with pytest.raises(Refused):
                mailbox.wait(INBOX, timedelta(seconds=0.1))
        assert fetched(mailbox) == before


class MailboxContract(ReadingContract):
    """What holds for every mailbox that can be changed."""

    def set_flags(self, folder: str, uid: str, flags: str) -> None:
        """Set system flags and keywords (space-separated) as the person's own mail program would."""
        raise NotImplementedError

    def cut(self) -> None:
        """Break the connection, where there is one."""

    def _label(self, mailbox: Mailbox, uids: list[str], *, add: str = "", remove: str = "") -> None:
        mailbox.change_keywords(grant("mail.change_keywords"), INBOX, uids, add=add.split(), remove=remove.split())

    def test_it_can_do_everything(self, mailbox: Mailbox) -> None:
        assert mailbox.abilities == frozenset(Ability)

    def test_keywords_come_and_go(self, mailbox: Mailbox) -> None:
        self._deliver(3)
        first, second, third = uids_of(mailbox)
        self._label(mailbox, [first, second], add="needs_reply todo")
        self._label(mailbox, [second], remove="todo")
        assert mailbox.flags(INBOX, [first, second, third]) == {
            first: {"needs_reply", "todo"},
            second: {"needs_reply"},
            third: frozenset(),
        }
        assert mailbox.listing(INBOX)[0].flags == {"needs_reply", "todo"}

    def test_changing_keywords_twice_is_as_once(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        (uid,) = uids_of(mailbox)
        for _ in range(2):
            self._label(mailbox, [uid], add="todo fyi")
        assert mailbox.flags(INBOX, [uid]) == {uid: {"todo", "fyi"}}
        for _ in range(2):
            self._label(mailbox, [uid], remove="todo never_set")
        assert mailbox.flags(INBOX, [uid]) == {uid: {"fyi"}}

    def test_keywords_leave_other_flags_and_the_content_alone(self, mailbox: Mailbox) -> None:
        self._deliver(2)
        first, second = uids_of(mailbox)
        self.set_flags(INBOX, first, "\\Flagged \\Answered mine")
        before = {mail.place: mail.raw for mail in fetched(mailbox)}
        self._label(mailbox, [first, second], add="todo")
        assert mailbox.flags(INBOX, [first, second]) == {
            first: {"\\Flagged", "\\Answered", "mine", "todo"},
            second: {"todo"},
        }
        assert {mail.place: mail.raw for mail in fetched(mailbox)} == before

    def test_labels_survive_a_new_connection(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        (uid,) = uids_of(mailbox)
        self._label(mailbox, [uid], add="todo")
        mailbox.close()
        again = self.make()
        assert again.flags(INBOX, [uid]) == {uid: {"todo"}}
        again.close()

    @pytest.mark.parametrize("flag", ["\\Seen", "\\Deleted", "\\Flagged", "\\Draft", "\\Answered", "\\Recent", "\\Odd"])
    def test_system_flags_are_refused(self, mailbox: Mailbox, flag: str) -> None:
        self._deliver(1)
        (uid,) = uids_of(mailbox)
        with pytest.raises(Invalid):
            mailbox.change_keywords(grant("mail.change_keywords"), INBOX, [uid], add=[flag], remove=[])
        with pytest.raises(Invalid):
            mailbox.change_keywords(grant("mail.change_keywords"), INBOX, [uid], add=[], remove=[flag])
        assert mailbox.flags(INBOX, [uid]) == {uid: frozenset()}

    @pytest.mark.parametrize("keyword", BAD_KEYWORDS)
    def test_odd_keywords_are_refused(self, mailbox: Mailbox, keyword: str) -> None:
        self._deliver(1)
        (uid,) = uids_of(mailbox)
        with pytest.raises(Invalid):
            mailbox.change_keywords(grant("mail.change_keywords"), INBOX, [uid], add=[keyword], remove=[])
        assert mailbox.flags(INBOX, [uid]) == {uid: frozenset()}

    def test_keywords_of_gone_mails_are_no_error(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        (uid,) = uids_of(mailbox)
        self._label(mailbox, [self.absent_uid, uid], add="todo")
        assert mailbox.flags(INBOX, [uid, self.absent_uid]) == {uid: {"todo"}}
        with pytest.raises(NoSuchFolder):
            mailbox.change_keywords(grant("mail.change_keywords"), "Nowhere", [uid], add=["todo"], remove=[])

    def test_a_move_keeps_flags_keywords_and_content(self, mailbox: Mailbox) -> None:
        self._deliver(3)
        first, second, third = uids_of(mailbox)
        self.set_flags(INBOX, first, "\\Seen \\Flagged")
        self._label(mailbox, [first, second], add="newsletter")
        before = {mail.place.uid: mail for mail in fetched(mailbox)}
        places = mailbox.move(grant("mail.move"), INBOX, [first, second], "Put away")
        assert set(places) == {first, second}
        assert {place.folder for place in places.values()} == {"Put away"}
        assert uids_of(mailbox) == [third]
        after = {mail.place: mail for mail in fetched(mailbox, "Put away")}
        assert set(after) == set(places.values())
        for uid, place in places.items():
            assert after[place].raw == before[uid].raw
            assert after[place].flags == before[uid].flags
            assert after[place].received_at == before[uid].received_at
        assert after[places[second]].flags == {"newsletter"}

    def test_a_move_back_restores_everything(self, mailbox: Mailbox) -> None:
        self._deliver(2)
        first, second = uids_of(mailbox)
        self._label(mailbox, [first], add="fyi")
        before = {(mail.raw, mail.flags) for mail in fetched(mailbox)}
        there = mailbox.move(grant("mail.move"), INBOX, [first, second], "Archive")
        back = mailbox.move(grant("mail.move"), "Archive", [place.uid for place in there.values()], INBOX)
        assert set(back) == {place.uid for place in there.values()}
        assert {(mail.raw, mail.flags) for mail in fetched(mailbox)} == before
        assert mailbox.listing("Archive") == []

    @pytest.mark.parametrize("name", ["Entwürfe 2026", "日本語", 'With "quotes" in it', "A & B", "Two  spaces", "100%"])
    def test_folder_names_may_be_odd(self, mailbox: Mailbox, name: str) -> None:
        self._deliver(1)
        places = mailbox.move(grant("mail.move"), INBOX, uids_of(mailbox), name)
        (place,) = places.values()
        again = self.make()
        assert [listed.place for listed in again.listing(name)] == [place]
        assert again.find(name, "<note-1@example.org>") == [place]
        again.close()

    def test_gone_mails_are_left_out_of_a_move(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        (uid,) = uids_of(mailbox)
        places = mailbox.move(grant("mail.move"), INBOX, [self.absent_uid, uid], "Archive")
        assert set(places) == {uid}
        assert mailbox.move(grant("mail.move"), INBOX, [uid], "Archive") == {}
        assert mailbox.move(grant("mail.move"), "Nowhere", [uid], "Archive") == {}
        assert len(mailbox.listing("Archive")) == 1

    def test_a_move_to_where_the_mail_lies_is_refused(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        with pytest.raises(Invalid):
            mailbox.move(grant("mail.move"), INBOX, uids_of(mailbox), INBOX)
        assert len(mailbox.listing(INBOX)) == 1

    def test_the_archive_has_a_name_before_it_exists(self, mailbox: Mailbox) -> None:
        archive = mailbox.folder(Role.ARCHIVE)
        assert archive
        self._deliver(1)
        mailbox.move(grant("mail.move"), INBOX, uids_of(mailbox), archive)
        assert mailbox.folder(Role.ARCHIVE) == archive
        assert len(mailbox.listing(archive)) == 1

    def test_a_draft_is_stored_once_and_found(self, mailbox: Mailbox) -> None:
        place = mailbox.append_draft(grant("mail.append_draft"), message(7))
        drafts = mailbox.folder(Role.DRAFTS)
        assert drafts is not None
        assert isinstance(place, Place)
        assert mailbox.find(drafts, "<note-7@example.org>") == [place]
        (mail,) = fetched(mailbox, drafts)
        assert mail.place == place
        assert mail.flags == {"\\Draft", "\\Seen"}
        assert mail.raw.replace(b"\r\n", b"\n") == message(7).replace(b"\r\n", b"\n")
        assert mailbox.listing(INBOX) == []

    def test_waiting_ends_with_the_time(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        mailbox.listing(INBOX)
        assert mailbox.wait(INBOX, timedelta(seconds=0.3)) is False

    def test_waiting_ends_with_a_new_mail(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        known = uids_of(mailbox)
        arrival = threading.Timer(0.4, self.deliver, [message(2)])
        arrival.start()
        try:
            assert mailbox.wait(INBOX, timedelta(minutes=2)) is True
        finally:
            arrival.join()
        assert len(uids_of(mailbox)) == len(known) + 1

    def test_mail_that_came_since_the_listing_ends_a_wait_at_once(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        mailbox.listing(INBOX)
        self.deliver(message(2))
        assert mailbox.wait(INBOX, timedelta(minutes=2)) is True

    def test_the_session_goes_on_after_waiting(self, mailbox: Mailbox) -> None:
        self._deliver(1)
        mailbox.listing(INBOX)
        mailbox.wait(INBOX, timedelta(seconds=0.2))
        self._label(mailbox, uids_of(mailbox), add="todo")
        assert [listed.flags for listed in mailbox.listing(INBOX)] == [{"todo"}]

    def test_after_a_cut_reconnecting_helps(self, mailbox: Mailbox) -> None:
        self._deliver(2)
        known = uids_of(mailbox)
        self.cut()
        try:
            mailbox.listing(INBOX)
        except MailboxUnreachable as error:
            assert error.next_move
        mailbox.reconnect()
        assert uids_of(mailbox) == known

    def test_calls_may_come_between_fetched_mails(self, mailbox: Mailbox) -> None:
        self._deliver(4)
        uids = uids_of(mailbox)
        seen = []
        for mail in mailbox.fetch(INBOX, uids, LIMIT):
            seen.append(mail.place.uid)
            self._label(mailbox, [mail.place.uid], add="read_by_test")
            assert mailbox.listing("Drafts") == []
        assert sorted(seen) == sorted(uids)

    def test_a_thousand_mails_move_in_one_call(self, mailbox: Mailbox) -> None:
        self.deliver_many([message(number) for number in range(1_000)])
        uids = uids_of(mailbox)
        assert len(uids) == 1_000
        self._label(mailbox, uids, add="newsletter")
        places = mailbox.move(grant("mail.move"), INBOX, uids, "Archive")
        assert set(places) == set(uids)
        archived = mailbox.listing("Archive")
        assert {listed.place for listed in archived} == set(places.values())
        assert {listed.flags for listed in archived} == {frozenset({"newsletter"})}
        assert mailbox.listing(INBOX) == []

    def deliver_many(self, mails: list[bytes]) -> None:
        """Let many mails arrive; override where there is a faster way."""
        for raw in mails:
            self.deliver(raw)


def _subject(mail: RawMail) -> str:
    for line in mail.raw.decode("utf-8", "replace").splitlines():
        if line.startswith("Subject: "):
            return line.removeprefix("Subject: ")
    return ""
