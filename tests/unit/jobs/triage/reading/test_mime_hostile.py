"""Mail written to harm: every kind named in the threat notes, generated, read by a limited worker."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from gainful.core.mail import Mail
from gainful.jobs.triage.reading.mime import read_mail
from gainful.jobs.triage.reading.reader import Reader

HEAD = b"From: Mal <mal@example.net>\r\nSubject: hello\r\nMessage-ID: <h1@example.net>\r\n"


def nested(depth: int) -> bytes:
    levels = (b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(depth))
    return HEAD + b"".join(levels) + b"Content-Type: text/plain\r\n\r\ninnermost\r\n"


def html(source: str) -> bytes:
    return HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + source.encode()


def plain(text: str) -> bytes:
    return HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


MANY = b", ".join(b"p%d@example.org" % i for i in range(20_000))
BOUNDARY = b'Content-Type: multipart/mixed; boundary="a"\r\n\r\n'

REFUSED = {
    "3,000 levels of multipart": (nested(3000), "nested deeper than 20 levels"),
    "3,000 mails in mails": (HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 3000 + b"x", "nested deeper than 20"),
    "20,000 recipients": (HEAD + b"To: " + MANY + b"\r\n\r\nhi", "header block is larger than 64 KiB"),
    "20,000 parentheses": (b"From: " + b"(" * 20_000 + b"\r\nSubject: hello\r\n\r\nhi", "From field is longer"),
    "100,000 parts": (HEAD + BOUNDARY + b"--a\r\n\r\nx\r\n" * 100_000, "more than 200 parts"),
    "a million near boundaries": (HEAD + BOUNDARY + b"--ax\r\n" * 1_000_000, "lines like a part's boundary"),
    "20,000 fields": (HEAD + b"a:b\r\n" * 20_000 + b"\r\nhi", "larger than 64 KiB"),
    "5,000 fields": (HEAD + b"a:b\r\n" * 5_000 + b"\r\nhi", "more than 1000 header fields"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_mail_beyond_the_bounds_is_named_and_still_shown(reader: Reader, name: str) -> None:
    raw, problem = REFUSED[name]
    mail = reader.read([(raw, True)])[0]
    assert problem in mail.problem
    assert mail.subject == "hello"


SURVIVED = {
    "a base64 bomb": HEAD
    + b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + base64.b64encode(b"<b>" * 2_000_000),
    "26 MiB of text": plain("x" * 26 * 2**20),
    "one line of 1 MiB": plain("word " * 200_000),
    "200,000 nested blocks": html("<div>" * 200_000),
    "closing tags without opening ones": html("<div>" * 50_000 + "</p>" * 100_000),
    "tables that hide the depth": html("<div><table><tr><td></div>" * 20_000),
    "formatting left open": html("<b><i><p>" * 30_000),
    "comments left open": html("<!--" * 200_000),
    "long style": html("<p style='" + "opacity: 0" + " " * 200_000 + "x'>a</p>"),
    "white on white, 400 deep": html("<div style='color:white'>" * 400),
    "lines that begin like an attribution": plain("On x\n" * 5000),
    "one line like an attribution": plain("On " + "a b " * 5000),
    "20,000 empty lines": plain("\n" * 20_000 + "x"),
    "pasted headers without end": plain(("From: a\n" * 6 + "\n") * 1000),
    "underscores": plain("_" * 20_000),
    "quotes of quotes": plain(">" * 20_000 + "\n" + ">\n" * 10_000),
    "encoded words left open": b"From: a@example.org\r\nSubject: " + b"=?a?q?" * 2500 + b"\r\n\r\nhi",
    "angle brackets": b"From: " + b"<" * 8000 + b"\r\nReferences: " + b"<a" * 8000 + b"\r\n\r\nhi",
    "quotes left open": b"From: " + b'"\\' * 4000 + b"\r\n\r\nhi",
    "parameters without end": HEAD + b"Content-Type: text/plain; " + b'a="' * 5000 + b"\r\n\r\nhi",
    "a slow codec as charset": HEAD + b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"9" * 200_000,
    "a long international domain": b"From: a@" + ("ü" * 250).encode() + b"\r\n\r\nhi",
    "zeros": b"\x00" * 100_000,
    "one boundary at every level": HEAD + b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n" * 3000,
}


@pytest.mark.parametrize("name", SURVIVED)
def test_mail_that_costs_naive_readers_dear(reader: Reader, name: str) -> None:
    mail = reader.read([(SURVIVED[name], True)])[0]
    assert "could not be read" not in mail.problem
    assert len(mail.text) <= 20_000
    assert len(mail.quoted) <= 20_000
    assert max((len(part) for part in (mail.subject, mail.from_name, *mail.to, *mail.attachments)), default=0) <= 320


def test_address_lists_are_bounded() -> None:
    mail = read_mail(HEAD + b"To: " + b", ".join(b"p%d@example.org" % i for i in range(400)) + b"\r\n\r\nhi")
    assert len(mail.to) == 200
    assert "only the first 200 addresses were read" in mail.warnings
    assert mail.problem == ""


def test_charset_and_date_that_do_not_exist() -> None:
    mail = read_mail(HEAD + b"Date: Thu, 99 Foo 2025\r\nContent-Type: text/plain; charset=klingon\r\n\r\nna\xefve")
    assert mail.text == "naïve"
    assert mail.sent_at is None
    assert set(mail.warnings) >= {"bad date 'Thu, 99 Foo 2025'", "unknown charset 'klingon'"}


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\u2060", "\ufeff", "\U000e0041", "\x1b", "\x07"])
def test_hidden_characters_are_taken_out_everywhere(hidden: str) -> None:
    word = "=?utf-8?b?" + base64.b64encode(f"pay{hidden}pal".encode()).decode() + "?="
    mail = read_mail(f"From: {word} <a@example.org>\r\nSubject: {word}\r\n\r\npay{hidden}pal now\r\n".encode())
    assert (mail.from_name, mail.subject, mail.text) == ("paypal", "paypal", "paypal now")
    assert "hidden characters" in mail.warnings


def test_emoji_and_persian_joiners_are_left_alone() -> None:
    text = "می\u200cخواهم 👩\u200d💻"
    mail = read_mail(HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.encode())
    assert mail.text == text
    assert mail.warnings == ()


def test_line_breaks_in_encoded_words_make_no_header() -> None:
    mail = read_mail(b"From: a@example.org\r\nSubject: =?utf-8?q?hi=0D=0ABcc=3A_x=40example=2Eorg?=\r\n\r\nhi")
    assert mail.subject == "hi Bcc: x@example.org"
    assert "line break inside a header" in mail.warnings


def test_an_encoded_word_never_becomes_an_address() -> None:
    mail = read_mail(b"From: =?utf-8?q?Boss_=3Cboss=40example=2Ecom=3E=2C?= <mal@example.net>\r\n\r\nhi")
    assert mail.from_addr == "mal@example.net"
    assert "the name of mal@example.net shows another address" in mail.warnings


@pytest.mark.parametrize("domain", ["pаypal.example.com", "xn--pypal-4ve.example.com", "аррӏе.example.com"])
def test_look_alike_domains_are_shown_in_ascii_with_a_warning(domain: str) -> None:
    mail = read_mail(f"From: Pay <a@{domain}>\r\n\r\nhi".encode())
    assert mail.from_addr.isascii()
    assert any("look-alike scripts" in warning for warning in mail.warnings)


def test_honest_international_domain_has_one_spelling_and_no_warning() -> None:
    mail = read_mail("From: Eva <eva@müller.example.org>\r\n\r\nhi".encode())
    assert mail.from_addr == "eva@xn--mller-kva.example.org"
    assert not any("look-alike" in warning for warning in mail.warnings)


HIDING = [
    "<div style='display:none'>SECRET</div>",
    "<p style='visibility: hidden'>SECRET</p>",
    "<span style='font-size:0px'>SECRET</span>",
    "<span style='opacity:0'>SECRET</span>",
    "<span style='color:#FFFFFF'>SECRET</span>",
    "<font color='white'>SECRET</font>",
    "<div style='max-height:0'>SECRET</div>",
]


@pytest.mark.parametrize("source", HIDING)
def test_text_hidden_by_styles_is_left_out_with_a_warning(source: str) -> None:
    mail = read_mail(html(f"<p>shown</p>{source}"))
    assert mail.text == "shown"
    assert mail.warnings == ("hidden text in the HTML was left out",)


@pytest.mark.parametrize(
    "source", ["<script>SECRET</script>", "<!-- SECRET -->", "<template>SECRET</template>", "<p hidden>SECRET</p>"]
)
def test_markup_that_is_never_shown_is_left_out(source: str) -> None:
    assert read_mail(html(f"<p>shown</p>{source}")).text == "shown"


def test_white_text_on_a_coloured_button_is_read() -> None:
    mail = read_mail(html("<table><td style='background:#05a'><a style='color:#fff'>Confirm</a></table>"))
    assert mail.text == "Confirm"
    assert mail.warnings == ()


def test_raw_8_bit_headers_are_read_in_the_body_charset() -> None:
    raw = "From: a@example.org\r\nSubject: 新年\r\nContent-Type: text/plain; charset=big5\r\n\r\n好".encode("big5")
    mail = read_mail(raw)
    assert (mail.subject, mail.text) == ("新年", "好")
    assert mail.warnings == ("8-bit characters in a header",)


def test_two_senders_are_told() -> None:
    mail = read_mail(b"From: a@example.org\r\nFrom: b@example.org\r\n\r\nhi")
    assert mail.from_addr == "a@example.org"
    assert mail.warnings == ("more than one From field: the first counts",)


def test_nothing_escapes_even_a_defect_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Mail:
        raise RecursionError

    monkeypatch.setattr("gainful.jobs.triage.reading.mime._read", broken)
    mail = read_mail(HEAD + b"\r\nhi")
    assert mail.problem == "The mail could not be read (RecursionError): only its headers are shown."
    assert mail.subject == "hello"
