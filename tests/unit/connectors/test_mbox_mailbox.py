"""Mbox files: where mails begin and end, and what their lines say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gainful.connectors.mbox import MailboxReadOnly, MboxMailbox
from gainful.connectors.mbox.reader import PIECE
from gainful.core.errors import Invalid
from gainful.core.mail import RawMail
from gainful.sdk.mail import MailboxUnreachable
from gainful.sdk.testing.mailbox import INBOX, fetched, grant, uids_of

STAMP = b"From ada@example.org Mon Mar  2 09:00:00 2026\n"


def read(path: Path, content: bytes, limit: int = 10**6) -> list[RawMail]:
    path.write_bytes(content)
    return fetched(MboxMailbox(path), max_bytes=limit)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mail.mbox"


def test_mails_are_taken_out_as_they_were_put_in(path: Path) -> None:
    mails = read(path, STAMP + b"A: 1\n\none\n\ntwo\n\n" + STAMP + b"A: 2\n\n" + b"\n" + STAMP + b"A: 3\n\nend")
    assert [mail.raw for mail in mails] == [b"A: 1\n\none\n\ntwo\n", b"A: 2\n\n", b"A: 3\n\nend"]
    assert [mail.size for mail in mails] == [len(mail.raw) for mail in mails]
    assert all(mail.complete for mail in mails)


def test_quoted_from_lines_are_unquoted_once(path: Path) -> None:
    (mail,) = read(path, STAMP + b"A: 1\n\n>From here\n>>From there\n> From\nFrom: no\n>From\n\n")
    assert mail.raw == b"A: 1\n\nFrom here\n>From there\n> From\nFrom: no\n>From\n"
    assert mail.size == len(mail.raw)


def test_text_that_begins_with_from_does_not_cut_a_mail(path: Path) -> None:
    content = STAMP + b"A: 1\n\ntext\n\nFrom now on we meet later.\n" + STAMP + b"\n"
    (mail,) = read(path, content)
    assert b"From now on" in mail.raw
    assert STAMP.strip() in mail.raw


def test_crlf_files_are_read(path: Path) -> None:
    content = (STAMP + b"A: 1\n\none\n\n" + STAMP + b"A: 2\n\ntwo\n").replace(b"\n", b"\r\n")
    assert [mail.raw for mail in read(path, content)] == [b"A: 1\r\n\r\none\r\n", b"A: 2\r\n\r\ntwo\r\n"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"From ada@example.org Mon Mar  2 09:00:00 2026", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        (b"From - Mon Mar 02 09:00:00 2026", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        (b"From 17@xxx Mon Mar 02 09:00:00 +0100 2026", datetime(2026, 3, 2, 8, tzinfo=UTC)),
        (b"From ada Mon Mar  2 09:00:00 2026 -0500", datetime(2026, 3, 2, 14, tzinfo=UTC)),
    ],
)
def test_times_of_from_lines(path: Path, line: bytes, expected: datetime) -> None:
    (mail,) = read(path, line + b"\nA: 1\n\nx\n")
    assert mail.received_at == expected


@pytest.mark.parametrize("line", [b"From ", b"From x", b"From x Mon Foo 99 99:99:99 9999999", b"From \xff\xfe 10:10"])
def test_without_a_time_the_files_own_is_taken(path: Path, line: bytes) -> None:
    (mail,) = read(path, line + b"\nA: 1\n\nx\n")
    assert abs(mail.received_at.timestamp() - path.stat().st_mtime) < 2


def test_status_headers_are_flags(path: Path) -> None:
    (mail,) = read(path, STAMP + b"Status: RO\nX-Status: AF\nX-Keywords: todo fyi\n\nStatus: no\n")
    assert mail.flags == {"\\Seen", "\\Answered", "\\Flagged", "todo", "fyi"}


def test_an_endless_line_is_read_in_pieces(path: Path) -> None:
    body = b"x" * (3 * PIECE) + b"From " + b"y" * PIECE
    first, second = read(path, STAMP + b"A: 1\n\n" + body + b"\n\n" + STAMP + b"A: 2\n\nend\n")
    assert first.raw == b"A: 1\n\n" + body + b"\n"
    assert second.raw == b"A: 2\n\nend\n"
    (short, _) = read(path, path.read_bytes(), limit=1000)
    assert (short.raw, short.complete, short.size) == (b"A: 1\n\n", False, len(first.raw))


def test_an_endless_from_line_hides_nothing_after_it(path: Path) -> None:
    content = b"From " + b"z" * (2 * PIECE) + b"\nA: 1\n\none\n"
    (mail,) = read(path, content)
    assert mail.raw == b"A: 1\n\none\n"


def test_a_file_that_ends_after_the_from_line(path: Path) -> None:
    assert [mail.raw for mail in read(path, STAMP)] == [b""]


def test_changed_files_are_read_anew(path: Path) -> None:
    path.write_bytes(STAMP + b"A: 1\n\none\n\n")
    mailbox = MboxMailbox(path)
    validity, uids = mailbox.validity(INBOX), uids_of(mailbox)
    with path.open("ab") as file:
        file.write(STAMP + b"A: 2\n\ntwo\n")
    assert mailbox.validity(INBOX) != validity
    assert len(uids_of(mailbox)) == 2
    assert [listed.place.uid for listed in mailbox.listing(INBOX, after=uids[0])] == uids_of(mailbox)[1:]
    path.unlink()
    with pytest.raises(MailboxUnreachable):
        mailbox.listing(INBOX)


def test_what_is_no_mbox_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="nothing at"):
        MboxMailbox(tmp_path / "absent")
    (tmp_path / "cur").mkdir()
    (tmp_path / "new").mkdir()
    with pytest.raises(Invalid, match=f"maildir:{tmp_path}"):
        MboxMailbox(tmp_path)
    (tmp_path / "text").write_text("Dear reader,\n")
    with pytest.raises(Invalid, match="From"):
        MboxMailbox(tmp_path / "text")


def test_a_refusal_names_the_way_out(path: Path) -> None:
    path.touch()
    with pytest.raises(MailboxReadOnly, match="Maildir"):
        MboxMailbox(path).append_draft(grant("mail.append_draft"), b"x")
