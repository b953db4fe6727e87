"""Reply drafts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from gainful.core.mail import Mail
from gainful.jobs.triage.draft import compose, draft_message_id, find_asks, language_of

NOW = datetime(2025, 6, 3, 6, 0, tzinfo=UTC)
MAIL = Mail(
    message_id="<w2@example.org>",
    references=("<w0@example.com>", "<w1@example.com>"),
    from_name="Mara Lindqvist",
    from_addr="mara@example.org",
    to=("owner@example.com", "third@example.net"),
    cc=("fourth@example.net",),
    subject="Workshop in June",
    text="Hi,\n\ncould you send me the list\nof rooms by Friday? Is it free? I like the hall.\n\nPlease call Bo, too.",
)


def draft(mail: Mail = MAIL, **options: object) -> EmailMessage:
    settings = {"owner_addr": "owner@example.com", "owner_name": "Olga Ek", "mail_id": "abc123def4", "now": NOW}
    parsed = message_from_bytes(compose(mail, **{**settings, **options}), policy=default)  # type: ignore[arg-type]
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    return parsed


def content(message: EmailMessage) -> str:
    text = message.get_content()
    assert isinstance(text, str)
    return text.replace("\r\n", "\n")


def test_draft_answers_the_sender_alone_in_the_thread() -> None:
    message = draft()
    assert message["From"] == "Olga Ek <owner@example.com>"
    assert message["To"] == "Mara Lindqvist <mara@example.org>"
    assert message["Cc"] is None
    assert message["Bcc"] is None
    assert message["Subject"] == "Re: Workshop in June"
    assert message["In-Reply-To"] == "<w2@example.org>"
    assert message["References"].split() == ["<w0@example.com>", "<w1@example.com>", "<w2@example.org>"]
    assert message["Date"].datetime == NOW
    assert message["X-Gainful-Draft"] == "abc123def4"
    assert message["Message-ID"] == draft_message_id("abc123def4", "owner@example.com")


def test_skeleton_quotes_each_question_and_leaves_room() -> None:
    assert content(draft()) == (
        "Hello Mara,\n\n> could you send me the list of rooms by Friday?\n\n\n\n> Is it free?\n\n\n\n"
        "> Please call Bo, too.\n\n\n\nBest regards,\nOlga Ek\n"
    )


def test_given_body_and_given_asks() -> None:
    assert content(draft(body="Yes, gladly.\n")) == "Yes, gladly.\n"
    assert "> Only this?\n" in content(draft(asks=["Only this?"]))
    assert ">" not in content(draft(asks=[]))


def test_message_id_is_the_same_each_time_and_different_for_others() -> None:
    first = draft_message_id("abc123def4", "owner@example.com")
    assert first == draft_message_id("abc123def4", " owner@example.com")
    assert first.startswith("<gainful.abc123def4.")
    assert first.endswith("@example.com>")
    assert first != draft_message_id("abc123def5", "owner@example.com")
    assert first != draft_message_id("abc123def4", "owner@example.net")
    assert compose(MAIL, owner_addr="o@example.com", owner_name="O", mail_id="a", now=NOW) == compose(
        MAIL, owner_addr="o@example.com", owner_name="O", mail_id="a", now=NOW
    )


@pytest.mark.parametrize(
    ("text", "language", "greeting"),
    [
        ("Could you send us the report? We need it for the board.", "en", "Hello Mara,"),
        ("Können Sie mir bitte die Liste schicken? Das ist für die Sitzung.", "de", "Guten Tag Mara,"),
        ("Pourriez-vous nous envoyer la liste ? Merci pour votre aide.", "fr", "Bonjour Mara,"),
        ("¿Puede enviarnos la lista para el lunes? Muchas gracias por todo.", "es", "Hola Mara,"),
        ("Potresti mandarmi la lista? Grazie per questo.", "it", "Buongiorno Mara,"),
        ("Kun je mij de lijst sturen? Dat is voor het overleg van maandag.", "nl", "Hallo Mara,"),
    ],
)
def test_skeleton_speaks_the_language_of_the_mail(text: str, language: str, greeting: str) -> None:
    mail = replace(MAIL, text=text, subject="")
    assert language_of(mail) == language
    assert content(draft(mail)).startswith(greeting)
    assert len(find_asks(mail)) == 1


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Lindqvist, Mara", "Hello Mara,"),
        ("Dr. Mara Lindqvist", "Hello Mara,"),
        ("Billing Team", "Hello,"),
        ("mara@example.org", "Hello,"),
        ("", "Hello,"),
        ("Example Ltd", "Hello,"),
        ("mara via Tracker", "Hello,"),
    ],
)
def test_greeting_uses_a_given_name_only_where_there_is_one(name: str, greeting: str) -> None:
    assert content(draft(replace(MAIL, from_name=name))).startswith(greeting + "\n")


def test_questions_inside_links_are_no_asks() -> None:
    assert find_asks(replace(MAIL, text="See https://example.org/?q=1\nand www.example.org/x?")) == ()


@pytest.mark.parametrize("prefix", ["Re: ", "AW: Re: ", "re[2]: ", "SV: RE: "])
def test_reply_prefixes_do_not_pile_up(prefix: str) -> None:
    assert draft(replace(MAIL, subject=f"{prefix}Workshop"))["Subject"] == "Re: Workshop"


def test_answer_to_another_domain_is_pointed_out_in_its_first_line() -> None:
    message = draft(replace(MAIL, reply_to="mara@example.invalid"), body="Yes.")
    assert message["To"] == "mara@example.invalid"
    first = content(message).split("\n")[0]
    assert "mara@example.invalid" in first
    assert "mara@example.org" in first


def test_answer_within_the_domain_needs_no_remark() -> None:
    message = draft(replace(MAIL, reply_to="desk@example.org"), body="Yes.")
    assert message["To"] == "desk@example.org"
    assert content(message) == "Yes.\n"


@pytest.mark.parametrize("address", ["", "no address", "a@b@c", "x@example.org\r\nBcc: y@example.org", "ö@example.org"])
def test_without_a_usable_address_the_draft_says_so(address: str) -> None:
    message = draft(replace(MAIL, from_addr=address), body="Yes.")
    assert message["To"] is None
    assert content(message).startswith("[No address to answer to could be read.")


EVIL = "A\r\nBcc: victim@example.net\r\n\r\nbody\x00\u202e\ud800"


def test_no_header_can_be_injected() -> None:
    mail = Mail(
        message_id="<a\r\nBcc: victim@example.net>",
        in_reply_to=EVIL,
        references=(EVIL, "<ok@example.org>"),
        from_name=EVIL,
        from_addr="mara@example.org",
        reply_to="r@example.org",
        subject=EVIL,
        text=EVIL,
    )
    message = draft(mail, owner_name=EVIL, mail_id=EVIL, body=EVIL)
    assert set(message.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "X-Gainful-Draft",
        "Content-Type",
        "Content-Transfer-Encoding",
        "MIME-Version",
    }
    assert "\u202e" not in message["Subject"] + message["From"] + content(message)


def test_huge_and_foreign_values_are_bounded_and_encoded() -> None:
    mail = replace(
        MAIL,
        subject="ü" * 5000,
        from_name="日本" * 2000,
        message_id=f"<{'m' * 200}@example.org>",
        references=tuple(f"<{'x' * 200}{number}@example.org>" for number in range(100)),
        text="Why? " * 5000,
    )
    raw = compose(mail, owner_addr="owner@example.com", owner_name="Ö" * 500, mail_id="a", now=NOW, body="ü" * 50_000)
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = draft(mail, body="x" * 50_000)
    assert message["Subject"] == "Re: " + "ü" * 250
    assert message["In-Reply-To"] == mail.message_id
    references = message["References"].split()
    assert (references[0], references[-1], len(references)) == (mail.references[0], mail.message_id, 20)
    assert len(content(message)) <= 20_001
