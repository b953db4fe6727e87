"""The company of `gainful demo console`, on any day of the week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gainful.app.trial.console_show import ten_weeks

MONDAY = datetime(2026, 11, 30, 0, 24, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, 6])
def test_the_books_tell_of_nothing_that_has_not_happened_yet(days: int) -> None:
    now = MONDAY + timedelta(days=days)
    times = [one.at for one in ten_weeks(now)]
    assert max(times) <= now
    assert now - timedelta(days=10) < max(times)
    assert timedelta(weeks=9) < max(times) - min(times)
