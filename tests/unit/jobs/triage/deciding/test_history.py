from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gainful.core.mail import Mail
from gainful.jobs.triage.deciding.facts import Facts, SenderHistory
from gainful.jobs.triage.deciding.history import contradicts, history_verdict, posterior
from gainful.jobs.triage.deciding.rules import read_signs

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def verdict(address: str, sender: SenderHistory, **headers: str) -> tuple[str, float] | None:
    facts = Facts(frozenset(), sender, False, False, NOW)
    mail = Mail(from_addr=address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    found = history_verdict(facts, read_signs(mail, facts))
    return (found.label, found.probability) if found else None


def test_posterior_by_hand() -> None:
    assert posterior({"fyi": 3, "todo": 1}, "fyi", 2.0) == pytest.approx((3 + 0.25) / (4 + 2))


def test_a_machine_settles_sooner_than_a_person() -> None:
    sender = SenderHistory(truths={"update": 3})
    machine, person = verdict("noreply@example.com", sender), verdict("ann@example.com", sender)
    assert machine is not None
    assert person is not None
    assert machine[0] == person[0] == "update"
    assert machine[1] > 0.85 > person[1]


def test_the_sender_speaks_before_the_domain_and_a_persons_domain_not_at_all() -> None:
    both = SenderHistory(truths={"receipt": 2}, domain_truths={"newsletter": 9})
    assert verdict("orders@example.com", both)[0] == "receipt"  # type: ignore[index]
    domain = SenderHistory(domain_truths={"newsletter": 9})
    assert verdict("orders@example.com", domain)[0] == "newsletter"  # type: ignore[index]
    assert verdict("ann@example.com", domain) is None


def test_a_forged_sender_has_no_history() -> None:
    sender = SenderHistory(truths={"update": 9})
    assert verdict("noreply@example.com", sender, authentication_results="mx; dmarc=fail") is None


def test_contradiction_is_by_majority() -> None:
    assert contradicts({"fyi": 2, "update": 1}, "update")
    assert not contradicts({"fyi": 1, "update": 1}, "update")
    assert not contradicts({}, "update")
