"""What `read_mail` finds in ordinary and broken mail."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gainful.core.mail import Mail
from gainful.jobs.triage.reading.mime import minimal_mail, read_mail, thread_of

MAILS = Path(__file__).parents[4] / "fixtures" / "mail"
HEAD = b"From: Ada <ada@example.org>\r\nSubject: Tea\r\nMessage-ID: <t1@example.org>\r\n"


def fixture(name: str) -> Mail:
    return read_mail((MAILS / f"{name}.eml").read_bytes())


def test_reply_is_split_into_own_words_and_the_rest() -> None:
    mail = fixture("reply_with_quote")
    assert mail.text.startswith("Hi,\n\ncould you send me the list of rooms by Friday?")
    assert mail.text.endswith("before the weekend.")
    assert "the workshop takes place in June." in mail.quoted
    assert "Events, Example Org" in mail.quoted
    assert (mail.from_name, mail.from_addr, mail.to) == ("Mara Lindqvist", "mara@example.org", ("owner@example.com",))
    assert mail.references == ("<w0@example.com>", "<w1@example.com>")
    assert mail.in_reply_to == "<w1@example.com>"
    assert mail.sent_at == datetime(2025, 6, 3, 7, 15, tzinfo=UTC)
    assert (mail.problem, mail.warnings) == ("", ())


def test_german_reply_in_latin_1() -> None:
    mail = fixture("antwort_deutsch")
    assert mail.subject == "AW: Angebot für März"
    assert mail.from_name == "Jürgen Müster"
    assert mail.text == "Guten Tag,\n\nkönnen Sie mir bitte das Angebot bis Freitag schicken?"
    assert "Gesendet: Dienstag" in mail.quoted


def test_html_is_read_where_the_plain_text_is_a_stub() -> None:
    mail = fixture("newsletter_html_stub")
    assert mail.text == "Roses in July\n\nWater them at dawn.\nCut them at dusk.\n\nRead on Shop"
    assert mail.links == 2
    assert mail.warnings == ("hidden text in the HTML was left out",)


def test_only_the_headers_rules_look_at_are_kept() -> None:
    headers = fixture("newsletter_html_stub").headers
    assert headers["list-unsubscribe"] == "<mailto:leave@example.net>, <https://example.net/leave>"
    assert headers["dkim-signature"] == "example.net mailer.example.org"
    assert headers["authentication-results"] == "mx.example.com; dkim=pass header.d=example.net"
    assert headers["precedence"] == "bulk"
    assert not {"mime-version", "content-type", "subject", "to"} & set(headers)


def test_own_headers_are_kept_and_long_ones_cut() -> None:
    mail = read_mail(HEAD + b"X-Gainful-Run: r1\r\nX-Mailer: " + b"m" * 5000 + b"\r\n\r\nhi")
    assert mail.headers["x-gainful-run"] == "r1"
    assert mail.headers["x-mailer"] == "m" * 500


def test_invitation_gives_its_method_and_what_it_is_about() -> None:
    mail = fixture("invitation")
    assert mail.calendar_method == "REQUEST"
    assert mail.text.startswith("Please join us.")
    assert "Event: Budget review, second round\nStart: 20250610T100000\nPlace: Room 4" in mail.text


def test_attachment_names_lose_paths_and_hidden_characters() -> None:
    mail = fixture("invitation")
    assert mail.attachments == ("invite.ics", "budgetfdp.exe")
    assert "hidden characters" in mail.warnings


def test_forwarded_content_counts_as_text() -> None:
    mail = fixture("forward")
    assert mail.text.startswith("Can you take this one?\n\n---------- Forwarded message ----------")
    assert mail.text.endswith("There is water on the floor of hall 2.")
    assert mail.quoted == ""


def test_mail_inside_a_mail_counts_as_forward() -> None:
    inner = b"From: Bo <bo@example.net>\r\nSubject: Inner\r\n\r\nthe inner words\r\n"
    mail = read_mail(
        HEAD + b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\nouter words\r\n'
        b"--x\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"--x--\r\n"
    )
    assert mail.text == (
        "outer words\n\n---------- Forwarded message ----------\nFrom: Bo <bo@example.net>\nSubject: Inner\n\n"
        "the inner words"
    )


def test_multipart_cut_off_in_the_middle() -> None:
    mail = fixture("broken_multipart")
    assert mail.text == "The line went dead here"
    assert set(mail.warnings) == {"a multipart without its closing boundary", "unknown charset 'x-no-such-charset'"}


def test_headers_of_a_mail_too_large_to_fetch() -> None:
    mail = read_mail(HEAD + b"\r\n", complete=False)
    assert mail.problem == "The mail is larger than 25 MiB: only the headers were read."
    assert (mail.from_addr, mail.subject, mail.text) == ("ada@example.org", "Tea", "")


@pytest.mark.parametrize(
    ("raw", "problem", "text"),
    [
        (b"", "The mail is empty.", ""),
        (b"\r\n \r\n", "The mail is empty.", ""),
        (b"just some words\nand more", "The mail has no headers: its raw text is shown.", "just some words\nand more"),
        (b"\x00\xff\xfe binary", "The mail has no headers: its raw text is shown.", "ÿþ binary"),
    ],
)
def test_bytes_that_are_no_mail(raw: bytes, problem: str, text: str) -> None:
    mail = read_mail(raw)
    assert (mail.problem, mail.text) == (problem, text)


def test_headers_alone_are_a_whole_mail() -> None:
    mail = read_mail(HEAD)
    assert (mail.subject, mail.text, mail.problem) == ("Tea", "", "")


def test_mbox_line_and_bare_line_ends_are_accepted() -> None:
    unix = read_mail(b"From ada@example.org Mon Jun  2 2025\nFrom: Ada <ada@example.org>\nSubject: Tea\n\nhi\n")
    old = read_mail(b"From: Ada <ada@example.org>\rSubject: Tea\r\rhi\r")
    assert (unix.subject, unix.text) == (old.subject, old.text) == ("Tea", "hi")


def test_flowed_lines_are_joined() -> None:
    mail = read_mail(HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\none \r\ntwo\r\nthree\r\n")
    assert mail.text == "one two\nthree"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        (b"base64", base64.b64encode("Grüße aus Köln".encode())),
        (b"base64", base64.b64encode("Grüße aus Köln".encode()).rstrip(b"=") + b"!*"),
        (b"quoted-printable", b"Gr=C3=BC=C3=9Fe aus =\r\nK=C3=B6ln"),
        (b"8bit", "Grüße aus Köln".encode()),
        (b"no-such-encoding", "Grüße aus Köln".encode()),
    ],
)
def test_transfer_encodings(encoding: bytes, body: bytes) -> None:
    raw = HEAD + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n"
    assert read_mail(raw + body).text == "Grüße aus Köln"


def test_encrypted_mail_says_so_without_a_problem() -> None:
    head = HEAD + b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n\r\nMIIB"
    pgp = HEAD + b"\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"
    for mail in (read_mail(head), read_mail(pgp)):
        assert mail.warnings == ("encrypted",)
        assert mail.problem == ""


def test_only_names_are_taken_of_container_files() -> None:
    mail = read_mail(HEAD + b'Content-Type: application/ms-tnef; name="winmail.dat"\r\n\r\nsecret')
    assert (mail.attachments, mail.text) == (("winmail.dat",), "")


def test_plain_text_wins_where_it_says_something() -> None:
    body = b"--b\r\n\r\nThe meeting moves to three in the afternoon, in the small room on the second floor.\r\n"
    rich = b"--b\r\nContent-Type: text/html\r\n\r\n<p>Something else</p>\r\n--b--\r\n"
    mail = read_mail(HEAD + b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n' + body + rich)
    assert mail.text.startswith("The meeting moves")
    assert "Something else" not in mail.text


@pytest.mark.parametrize(
    ("mail", "thread"),
    [
        (Mail("<own>", in_reply_to="<parent>", references=("<root>", "<parent>")), "<root>"),
        (Mail("<own>", in_reply_to="<parent>"), "<parent>"),
        (Mail("<own>"), "<own>"),
        (Mail(), "fallback"),
    ],
)
def test_thread_is_named_by_its_root(mail: Mail, thread: str) -> None:
    assert thread_of(mail, "fallback") == thread


def test_minimal_mail_names_sender_and_subject() -> None:
    mail = minimal_mail(HEAD + b"\r\nbody", "It stalled.")
    assert (mail.from_name, mail.from_addr, mail.subject) == ("Ada", "ada@example.org", "Tea")
    assert (mail.message_id, mail.text, mail.problem) == ("<t1@example.org>", "", "It stalled.")
