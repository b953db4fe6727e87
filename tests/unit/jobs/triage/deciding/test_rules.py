from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gainful.core.mail import Mail
from gainful.jobs.triage.deciding.facts import Facts, SenderHistory
from gainful.jobs.triage.deciding.rules import is_forged, read_signs, rule_verdict

ME = "me@example.org"
NOW = datetime(2026, 3, 2, tzinfo=UTC)
UNSUBSCRIBE = {"list-unsubscribe": "<https://example.com/u>"}
FORGED = {"authentication-results": "mx.example.org; spf=fail; dkim=none; dmarc=fail"}


def facts(**sender: object) -> Facts:
    return Facts(frozenset({ME}), SenderHistory(**sender), False, False, NOW)  # type: ignore[arg-type]


def label(mail: Mail, known: Facts | None = None) -> str | None:
    known = known or facts()
    verdict = rule_verdict(mail, known, read_signs(mail, known))
    return verdict.label if verdict else None


@pytest.mark.parametrize(
    ("mail", "expected"),
    [
        (Mail(from_addr="news@example.com", subject="Spring", headers=UNSUBSCRIBE), "newsletter"),
        (Mail(from_addr="x@example.com", calendar_method="REQUEST"), "meeting"),
        (Mail(from_addr="x@example.com", calendar_method="REPLY"), "update"),
        (Mail(from_addr="x@example.com", headers={"auto-submitted": "auto-replied"}), "update"),
        (Mail(from_addr="mailer-daemon@example.com", subject="Returned"), "update"),
        (Mail(from_addr="orders@example.com", subject="Your order 77", text="Total 12.00 EUR"), "receipt"),
        (Mail(from_addr="noreply@example.com", subject="Rechnung 5", text="Betrag 12,00 EUR"), "receipt"),
        (Mail(from_addr="noreply@example.com", subject="Build 5 passed"), "update"),
        (Mail(from_addr="x@example.com", headers={"x-spam-flag": "YES"}), "junk"),
        (Mail(from_addr=ME, to=("you@example.com",), text="as agreed"), "fyi"),
        (Mail(from_addr=ME, to=("you@example.com",), text="gift cards", headers=FORGED), "junk"),
        (Mail(from_addr="a@example.com", headers={"list-post": "<mailto:l@example.com>"}), "fyi"),
        (Mail(from_addr="ann@example.com", to=(ME,), text="Are you there?"), None),
        (Mail(from_addr="noreply@example.com", subject="Payment failed", text="Pay 12 EUR"), None),
    ],
)
def test_what_headers_prove(mail: Mail, expected: str | None) -> None:
    assert label(mail) == expected


def test_nobody_the_owner_answers_is_a_bulk_sender() -> None:
    mail = Mail(from_addr="news@example.com", subject="Spring", headers=UNSUBSCRIBE)
    assert label(mail, facts(replied=1)) is None
    assert label(mail, facts(written_to=True)) is None


@pytest.mark.parametrize(
    ("results", "forged"),
    [
        ("mx; spf=pass; dkim=pass; dmarc=pass", False),
        ("mx; dkim=fail; spf=pass", False),
        ("mx; spf=softfail; dkim=pass", False),
        ("mx; spf=fail; dkim=none", True),
        ("mx; spf=pass; dkim=pass; dmarc=fail (p=reject)", True),
        ("mx; dmarc=pass\nmx2; dmarc=fail", True),
        ("", False),
    ],
)
def test_when_a_sender_counts_as_forged(results: str, forged: bool) -> None:
    assert is_forged({"authentication-results": results}) is forged


def test_a_forged_sender_is_never_known_and_proves_no_invitation() -> None:
    mail = Mail(from_addr="boss@example.org", calendar_method="REQUEST", headers=FORGED)
    friend = facts(written_to=True)
    assert not read_signs(mail, friend).known
    assert label(mail, friend) is None


def test_a_passed_authentication_earns_nothing() -> None:
    plain = Mail(from_addr="ann@example.com", text="hello")
    passed = Mail(from_addr="ann@example.com", text="hello", headers={"authentication-results": "mx; dmarc=pass"})
    assert read_signs(plain, facts()) == read_signs(passed, facts())


def test_a_numbered_issue_of_a_newsletter_is_one_and_not_a_ticket() -> None:
    mail = Mail(from_addr="news@gust.example.com", subject="Issue 212: Box kites are back", headers=UNSUBSCRIBE)

    assert label(mail) == "newsletter"


def test_a_receipt_from_a_look_alike_domain_gets_no_benefit_of_the_doubt() -> None:
    honest = Mail(from_addr="accounts@shop.example", subject="Your receipt", text="Thank you. Paid: 42.00 EUR")
    imitated = replace(honest, warnings=("mixed or look-alike scripts in the domain shop.example",))

    assert label(honest) == "receipt"
    assert label(imitated) != "receipt"
