from __future__ import annotations

import pytest

from gainful.core.mail import Mail
from gainful.jobs.triage.deciding.facts import PersonRule, RuleInvalid, address_fits, domain_of


@pytest.mark.parametrize(
    ("pattern", "address", "fits"),
    [
        ("ann@example.org", "Ann@Example.org", True),
        ("@example.org", "bo@example.org", True),
        ("@example.org", "bo@mail.example.org", True),
        ("@example.org", "bo@badexample.org", False),
        ("ann@example.org", "joann@example.org", False),
    ],
)
def test_addresses_and_domains(pattern: str, address: str, fits: bool) -> None:
    assert address_fits(pattern, address) is fits


def test_a_rule_needs_every_given_part() -> None:
    rule = PersonRule("fyi", from_="@example.org", subject="Minutes", list_id="board")
    mail = Mail(from_addr="a@example.org", subject="Re: minutes of May", headers={"list-id": "<board.example.org>"})
    assert rule.fits(mail)
    assert not rule.fits(Mail(from_addr="a@example.org", subject="minutes"))


def test_a_rule_that_fits_everything_is_refused() -> None:
    with pytest.raises(RuleInvalid, match="at least one"):
        PersonRule("fyi")


def test_domain() -> None:
    assert domain_of("a@b@Example.org") == "example.org"
    assert domain_of("nobody") == ""
