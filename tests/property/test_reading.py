"""Whatever the bytes: a mail comes back, bounded, without anything hidden in it, the same each time."""

from __future__ import annotations

import random
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gainful.core.mail import Mail
from gainful.jobs.triage.reading.mime import read_mail
from gainful.jobs.triage.reading.quotes import split_quotes
from gainful.jobs.triage.reading.reader import Reader
from gainful.jobs.triage.reading.worker import decode, encode

MAILS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "fixtures" / "mail").glob("*.eml"))]
FORBIDDEN = set("\x00\x07\x1b\r\u202a\u202e\u2066\u200b\ufeff")
SCRAPS = [
    b"\r\n", b"\n\n", b"--", b"--alt", b"--m1--", b"boundary=", b"=?utf-8?q?", b"=?utf-8?b?", b"?=", b"<", b">", b"(",
    b'"', b"\x00", b"\xff\xfe", b"Content-Type: ", b"multipart/mixed; boundary=m1", b"message/rfc822", b"base64", b";",
    b":", b"charset=utf-7", b"charset=hz", b"filename*0*=utf-8''%zz", b"\xe2\x80\xae", b"=", b"\xed\xa0\x80", b"> ",
    b"On 1 Jan 2025, A wrote:\n", b"<div>", b"<blockquote>", b"<style>", b"-- \n",
]  # fmt: skip


def mutated(seed: int) -> bytes:
    """A fixture mail with up to 30 random cuts, copies, bit changes and scraps of syntax put into it."""
    chance = random.Random(seed)
    raw = bytearray(chance.choice(MAILS))
    for _ in range(chance.randint(1, 30)):
        at, kind = chance.randrange(len(raw) + 1), chance.random()
        if kind < 0.4:
            raw[at:at] = chance.choice(SCRAPS)
        elif kind < 0.6:
            raw[at : at + 1] = bytes([chance.randrange(256)])
        elif kind < 0.8:
            start = chance.randrange(len(raw) + 1)
            raw[at:at] = raw[start : start + chance.randint(1, 400)]
        else:
            del raw[at : at + chance.randint(1, 200)]
    return bytes(raw)


def check(mail: Mail) -> None:
    assert "could not be read" not in mail.problem
    assert len(mail.text) <= 20_000
    assert len(mail.quoted) <= 20_000
    assert len(mail.to) <= 200
    texts = [value for field in fields(Mail) if isinstance(value := getattr(mail, field.name), str)]
    texts += [*mail.to, *mail.cc, *mail.references, *mail.attachments, *mail.warnings, *mail.headers.values()]
    for text in texts:
        assert not FORBIDDEN & set(text)
        text.encode("utf-8")
    assert not any("\n" in value for value in (mail.subject, mail.from_name, mail.from_addr, *mail.headers.values()))
    assert decode(encode(mail)) == mail


@pytest.mark.parametrize("part", range(20))
def test_mutated_mails_are_read(part: int) -> None:
    for seed in range(part * 100, part * 100 + 100):
        check(read_mail(mutated(seed)))


@given(st.binary(max_size=2000), st.booleans())
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read(raw: bytes, complete: bool) -> None:
    check(read_mail(raw, complete=complete))


@given(st.text(max_size=500), st.text(max_size=500), st.text(max_size=1000))
@settings(max_examples=200, deadline=None)
def test_any_header_and_body_text_is_read(name: str, subject: str, body: str) -> None:
    head = f"From: {name} <a@example.org>\r\nSubject: {subject}\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    check(read_mail((head + body).encode("utf-8", "surrogatepass")))


LINES = st.sampled_from(
    ["", "Hello", "> quoted", "On 1 Jan 2025, A wrote:", "From: A", "To: B", "Subject: C", "-- ", "Best regards,", "Bo",
     "-----Original Message-----", "________________________", "Sent from my phone", "Can you?", "- one"]
)  # fmt: skip


@given(st.lists(LINES, max_size=40))
@settings(max_examples=300, deadline=None)
def test_splitting_loses_and_invents_no_line(lines: list[str]) -> None:
    split = split_quotes("\n".join(lines))
    before = sorted(line.strip() for line in lines if line.strip())
    after = sorted(line.strip() for line in f"{split.own}\n{split.rest}".split("\n") if line.strip())
    assert after == before


def test_a_worker_reads_a_thousand_mutated_mails_alike() -> None:
    raws = [mutated(seed) for seed in range(10_000, 11_000)]
    with Reader() as reader:
        assert reader.read([(raw, True) for raw in raws]) == [read_mail(raw) for raw in raws]
