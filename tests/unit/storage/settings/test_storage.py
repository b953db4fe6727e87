"""What is taken for the address of a team's database, and what is said of all else."""

from __future__ import annotations

import pytest

from gainful.storage.settings.storage import fault_of


@pytest.mark.parametrize(
    "url", ["postgresql://gainful@db.example.org/gainful", "postgresql://gainful@[::1]:5433/x", "postgresql:///gainful"]
)
def test_addresses(url: str) -> None:
    assert fault_of(url) == ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is no address"),
        ("gainful", "is no address"),
        ("postgresql://gainful@db.example.org:/gainful", "is no address"),
        ("postgresql://gainful@db.example.org:PORT/gainful", "is no address"),
        ("postgresql://gainful@db.example.org:65536/gainful", "has a port that no server can have"),
        ("postgresql://gainful@db.example.org:0/gainful", "has a port that no server can have"),
        ("mysql://gainful@db.example.org/gainful", "must begin with postgresql://"),
        ("postgresql://db.example.org", "names no database"),
        ("postgresql://gainful:guess@db.example.org/gainful", "must not hold a password"),
        ("postgresql://gainful@db.example.org/gainful?password=guess", "must not hold a password"),
    ],
)
def test_what_is_none_is_told_and_its_password_is_not(url: str, said: str) -> None:
    fault = fault_of(url)
    assert fault.startswith(said)
    assert "guess" not in fault
