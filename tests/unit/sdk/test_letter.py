"""A mail that an agent writes says exactly what a person approved, and nothing in it can become a header."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.sdk.letter import LONGEST_SUBJECT, LONGEST_TEXT, MOST_RECIPIENTS, Letter, LetterInvalid, message_id

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
# As Exchange Online makes them: longer than a line of 78 characters.
LONG_ID = "<AM0PR04MB1234567890ABCDEF1234567890ABCDEF12345678@AM0PR04MB4567.eurprd04.prod.outlook.com>"


def raw_of(letter: Letter, sender: str = "ada@example.org", name: str = "Ada") -> bytes:
    return letter.raw(sender, name, "helper", "key1", NOW)


def read(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def test_a_mail_is_what_was_meant() -> None:
    letter = Letter(
        ("bo@example.org", "cy@example.org"), "Größe", "Hallo Bo,\n.punkt\nFrom hier\n", ("di@example.org",)
    )
    raw = raw_of(letter)
    message = read(raw)

    assert message["To"] == "bo@example.org, cy@example.org"
    assert message["Cc"] == "di@example.org"
    assert message["From"] == "Ada <ada@example.org>"
    assert message["Subject"] == "Größe"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == message_id("key1", "ada@example.org")
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Gainful-Agent"] == "helper"
    assert message.get_content() == "Hallo Bo,\r\n.punkt\r\nFrom hier\r\n"
    assert "In-Reply-To" not in message
    raw.decode("ascii")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_one_effect_has_one_message_id() -> None:
    assert message_id("key1", "ada@example.org") == message_id("key1", "ada@example.org")
    assert message_id("key1", "ada@example.org") != message_id("key2", "ada@example.org")
    assert message_id("key1", "ada@example.org").endswith("@example.org>")


@pytest.mark.parametrize("answered", ["<short@example.org>", LONG_ID])
def test_an_answer_names_the_mail_it_answers_letter_by_letter(answered: str) -> None:
    raw = raw_of(Letter(("bo@example.org",), "Re: x", "y", answers=answered))
    assert f"In-Reply-To: {answered}\r\n".encode() in raw
    assert f"References: {answered}\r\n".encode() in raw


def test_everybody_is_written_to_once() -> None:
    letter = Letter(("bo@example.org", "cy@example.org"), "x", "y", ("bo@example.org",))
    assert letter.recipients == ("bo@example.org", "cy@example.org")


@pytest.mark.parametrize(
    "address",
    [
        "bo",
        "bo@",
        "@example.org",
        "bo@example.org\r\nBcc: eve@example.org",
        "bo@example.org\n",
        "Bo <bo@example.org>",
        "bo@example.org,eve@example.org",
        "bo@example..org",
        "bö@example.org",
        "bo@[127.0.0.1]",
        # What is shown would be decoded to another address by whoever reads the header.
        "=?utf-8?q?bo?=@example.org",
        "bo@example.org>",
        '"b o"@example.org',
    ],
)
def test_only_a_bare_address_is_one(address: str) -> None:
    with pytest.raises(LetterInvalid):
        Letter((address,), "x", "y")
    with pytest.raises(LetterInvalid):
        Letter((), "x", "y", (address,))
    with pytest.raises(LetterInvalid):
        raw_of(Letter((), "x", "y"), sender=address)


@pytest.mark.parametrize(
    ("subject", "text", "answers"),
    [
        ("a\nBcc: eve@example.org", "y", ""),
        ("a\x1b[2J", "y", ""),
        ("a‮b", "y", ""),
        ("x" * (LONGEST_SUBJECT + 1), "y", ""),
        ("x", "a\0b", ""),
        ("x", "\ud800", ""),
        ("x", "y" * (LONGEST_TEXT + 1), ""),
        ("x", "y", "no-brackets@example.org"),
        ("x", "y", "<a@b>\r\nBcc: eve@example.org"),
        ("x", "y", "<a@b> <c@d>"),
    ],
)
def test_what_mail_cannot_carry_is_refused(subject: str, text: str, answers: str) -> None:
    with pytest.raises(LetterInvalid):
        Letter(("bo@example.org",), subject, text, answers=answers)


def test_there_is_a_measure_of_recipients() -> None:
    crowd = tuple(f"p{number}@example.org" for number in range(MOST_RECIPIENTS))
    assert len(Letter(crowd, "x", "y").recipients) == MOST_RECIPIENTS
    with pytest.raises(LetterInvalid, match="too many"):
        Letter(crowd, "x", "y", ("one.more@example.org",))


@pytest.mark.parametrize("name", ["Ada", 'Ada "the" \\ Great', "Ädä", "a\r\nBcc: eve@example.org", "=?utf-8?q?x?="])
def test_a_name_is_shown_as_it_is_and_is_no_header(name: str) -> None:
    message = read(raw_of(Letter((), "x", "y"), name=name))
    assert message["From"].addresses[0].addr_spec == "ada@example.org"
    assert message["From"].addresses[0].display_name == " ".join(name.split())
    assert "Bcc" not in message


def test_an_agents_name_is_no_header() -> None:
    raw = Letter((), "x", "y").raw("ada@example.org", "", "a\r\nBcc: eve@example.org", "k", NOW)
    assert "Bcc" not in read(raw)
    assert read(raw)["X-Gainful-Agent"] == "a--Bcc--eve-example.org"


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"]), max_size=120))
def test_a_subject_reads_as_it_was_approved(subject: str) -> None:
    raw = raw_of(Letter((), subject, "y"))
    raw.decode("ascii")
    assert read(raw)["Subject"] == subject
    assert read(raw)["Cc"] is None


@pytest.mark.parametrize("subject", ["=?utf-8?q?Hidden?=", "ü" * 300, "a b " * 100, "日本 " * 60, ""])
def test_odd_subjects_too(subject: str) -> None:
    assert str(read(raw_of(Letter((), subject, "y")))["Subject"]).strip() == subject.strip()


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300))
def test_a_text_arrives_whole_and_stays_a_text(text: str) -> None:
    raw = raw_of(Letter((), "x", text))
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.count(b"\r\n") == 8
    assert all(len(line) <= 78 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")
    arrived = read(raw).get_content().replace("\r\n", "\n")
    meant = text.replace("\r\n", "\n").replace("\r", "\n")
    assert arrived == (meant if meant.endswith("\n") else f"{meant}\n")
