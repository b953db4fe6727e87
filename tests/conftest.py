"""Fixtures that several test rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from gainful.sdk.testing.dovecot import INSTALL, Dovecot

pytest.register_assert_rewrite("gainful.sdk.testing.mailbox")


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A real mail server on loopback. Absent, the test is skipped; in CI it fails."""
    if not Dovecot.installed():
        missing = f"Dovecot is not installed; install it with: {INSTALL}"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    odd = {"odd name@example.org": 'p "ä\\{5} %x'}
    with Dovecot(users=odd, tokens={"token-of-olga": "olga@example.org"}) as server:
        yield server
