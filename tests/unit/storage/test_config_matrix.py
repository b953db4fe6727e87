"""Settings of Matrix homeservers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from gainful.storage.config_matrix import Matrix


@pytest.mark.parametrize(
    "url", ["https://matrix.example.org", "https://matrix.example.org/", "http://127.0.0.1:8008", "https://[::1]:8448"]
)
def test_an_address(url: str) -> None:
    assert Matrix(url=url).url == url.rstrip("/")


@pytest.mark.parametrize("url", ["", "matrix.example.org", "https://x/path", "https://a:b@x", "ftp://x", "https://X"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ValidationError):
        Matrix(url=url)


def test_nobodys_invites_are_accepted_unless_named() -> None:
    assert Matrix(url="https://x").invites == ()
    named = ("@ada:example.org", "@*:example.org", "@*:*.example.org")
    assert Matrix(url="https://x", invites=named).invites == named


@pytest.mark.parametrize("pattern", ["*", "@*", "ada", "@a b:example.org", "@ada:example.org extra", ""])
def test_what_names_nobody(pattern: str) -> None:
    with pytest.raises(ValidationError):
        Matrix(url="https://x", invites=(pattern,))
