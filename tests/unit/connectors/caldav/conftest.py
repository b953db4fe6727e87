"""The odd server, ended after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.connectors.caldav.odd_server import OddServer


@pytest.fixture
def odd() -> Iterator[OddServer]:
    """A CalDAV server that answers as it is told."""
    server = OddServer()
    yield server
    server.stop()
