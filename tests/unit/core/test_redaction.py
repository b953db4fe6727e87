"""What is known to be secret comes out of any text, however it is written there; other text stays."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.core.errors import Invalid
from gainful.core.redaction import Redactor, learn, redact, redacted, secrets_in

SECRET = 'p"ä\\ss wörd/{5}%x'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps({"key": SECRET}),
        json.dumps({"key": SECRET}, ensure_ascii=False),
        repr(SECRET),
        repr(SECRET.encode()),
        quote(SECRET),
        quote(SECRET, safe=""),
        SECRET.encode().hex(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(f"\0me\0{SECRET}".encode()).decode(),
        base64.b64encode(f"\0you\0{SECRET}\0".encode()).decode(),
        base64.b64encode(f"user=olga\x01auth=Bearer {SECRET}\x01\x01".encode()).decode(),
    ],
)
def test_a_secret_is_found_in_every_dress(form: str) -> None:
    cleared = redacted(f"before {form} after", [SECRET])
    assert "***" in cleared
    assert cleared.startswith("before")
    assert cleared.endswith("after")
    for part in (SECRET, quote(SECRET, safe=""), SECRET.encode().hex(), form):
        assert part not in cleared


TOKENS = [
    "sk-proj-abcdefghijklmnop0123",
    "sk-ant-api03-abcdefghijklmnop_0123-xyz",
    "ghp_" + "a1" * 18,
    "github_pat_" + "A1_" * 20,
    "glpat-" + "x" * 20,
    "xoxb-123456789012-abcdefGHIJ",
    "AKIAIOSFODNN7EXAMPLE",
    "AIza" + "b" * 35,
    "ya29." + "c" * 40,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("token", TOKENS)
def test_well_known_tokens_are_told_by_their_look(token: str) -> None:
    assert redacted(f"The header was '{token}'.") == "The header was '***'."


def test_what_stands_before_a_secret_stays() -> None:
    assert redacted("Authorization: Bearer abcdef0123456789xyz") == "Authorization: Bearer ***"
    assert redacted("imaps://me:pass@mail.example.org") == "imaps://***@mail.example.org"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The mail stays where it is.",
        "imaps://me%40example.org@mail.example.org:993",
        "the task-list of risk-averse desk-workers",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "bearer responsibilities that nobody can name",
        "2026-11-22T08:00:00+00:00 http://127.0.0.1:8080/v1",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redacted(text, ["hunter2hunter2"]) == text


def test_a_short_secret_is_a_word_and_a_shorter_one_is_none() -> None:
    assert redacted("cat sat on the catalogue (cat)", ["cat"]) == "*** sat on the catalogue (***)"
    assert redacted("a b", ["a", ""]) == "a b"


def test_the_longer_of_two_secrets_goes_whole() -> None:
    assert redacted("hunter2hunter2-more", ["hunter2hunter2", "hunter2hunter2-more"]) == "***"


@given(st.text(min_size=6, max_size=40), st.text(max_size=60), st.text(max_size=60))
def test_no_secret_is_ever_left(secret: str, before: str, after: str) -> None:
    cleared = redacted(before + secret + after, [secret])
    assert secret not in cleared or secret in "***" * 40
    assert len(redacted(secret, [secret])) <= len(secret)


def test_what_is_learned_counts_from_then_on() -> None:
    own = Redactor()
    assert own.redact("hunter2hunter2") == "hunter2hunter2"
    own.learn("hunter2hunter2")
    assert own.redact("hunter2hunter2") == "***"
    assert "hunter2" not in repr(own)


def test_an_error_never_tells_what_this_process_knows() -> None:
    learn("hunter2hunter2")
    error = Invalid("No hunter2hunter2 here.", "Try not hunter2hunter2.")
    assert "hunter2" not in f"{error} {error!r} {error.args} {error.as_json()} {redact(repr(vars(error)))}"


def test_variables_that_hold_secrets_are_told_by_name() -> None:
    environment = {
        "OPENAI_API_KEY": "sk-1234567890",
        "AWS_SECRET_ACCESS_KEY": "abcdefghij",
        "AWS_BEARER_TOKEN_BEDROCK": "klmnopqrst",
        "GAINFUL_IMAP_PASSWORD": "hunter2hunter2",
        "GITHUB_TOKEN": "short",
        "GAINFUL_KEY_FILE": "/home/me/key.of.mine",
        "TOKENIZERS_PARALLELISM": "true-or-false",
    }
    assert sorted(secrets_in(environment)) == ["abcdefghij", "hunter2hunter2", "klmnopqrst", "sk-1234567890"]


def test_long_hostile_text_is_cleared_in_no_time() -> None:
    started = time.process_time()
    for hostile in ("sk-" * 100_000, "eyJ" + "a." * 100_000, "-----BEGIN PRIVATE KEY-----" * 5_000, "://a:" * 50_000):
        redacted(hostile, [SECRET])
    assert time.process_time() - started < 20
