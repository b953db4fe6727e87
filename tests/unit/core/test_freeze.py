"""Freezes: when they hold, when they are over, and what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.core.freeze import freeze_from, frozen_until


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("freeze", "zone", "now", "end"),
    [
        ("Fri 16:00 - Mon 08:00", "UTC", "2026-11-27 15:59", None),
        ("Fri 16:00 - Mon 08:00", "UTC", "2026-11-27 16:00", "2026-11-30 08:00"),
        ("Fri 16:00 - Mon 08:00", "UTC", "2026-11-29 12:00", "2026-11-30 08:00"),
        ("Fri 16:00 - Mon 08:00", "UTC", "2026-11-30 07:59", "2026-11-30 08:00"),
        ("Fri 16:00 - Mon 08:00", "UTC", "2026-11-30 08:00", None),
        ("wed 08:00-wed 18:00", "UTC", "2026-11-25 09:00", "2026-11-25 18:00"),
        # The clock goes back on the night between: the wall's 08:00 is an hour later.
        ("Fri 16:00 - Mon 08:00", "Europe/Berlin", "2026-10-24 12:00", "2026-10-26 07:00"),
        ("Fri 16:00 - Mon 08:00", "Europe/Berlin", "2026-03-28 12:00", "2026-03-30 06:00"),
        ("2026-12-20 - 2027-01-02", "UTC", "2026-12-19 23:59", None),
        ("2026-12-20 - 2027-01-02", "UTC", "2027-01-02 23:59", "2027-01-03 00:00"),
        ("2026-12-20 - 2027-01-02", "Europe/Berlin", "2026-12-19 23:30", "2027-01-02 23:00"),
    ],
)
def test_when_it_is_over(freeze: str, zone: str, now: str, end: str | None) -> None:
    assert freeze_from(freeze, zone).end(at(now)) == (at(end) if end else None)


@pytest.mark.parametrize(
    "text",
    [
        "", "Fri 16:00", "Fre 16:00 - Mon 08:00", "Fri 24:00 - Mon 08:00", "Fri 16:60 - Mon 08:00",
        "Fri 16:00 - Fri 16:00",
        "2026-12-32 - 2027-01-02", "2027-01-02 - 2026-12-20", "always",
    ],
)  # fmt: skip
def test_what_cannot_be_read(text: str) -> None:
    with pytest.raises(ValueError):
        freeze_from(text, "UTC")


def test_a_zone_that_is_none() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        freeze_from("Fri 16:00 - Mon 08:00", "Mars/Olympus")


def test_freezes_that_follow_each_other_end_together() -> None:
    freezes = [freeze_from("Fri 16:00 - Mon 08:00", "UTC"), freeze_from("2026-11-30 - 2026-11-30", "UTC")]
    assert frozen_until(freezes, at("2026-11-28 12:00")) == at("2026-12-01 00:00")
    assert frozen_until(freezes, at("2026-12-01 00:00")) is None


@given(
    st.datetimes(at("2020-01-01").replace(tzinfo=None), at("2030-01-01").replace(tzinfo=None)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Lima"]),
)
def test_it_is_over_when_it_says(now: datetime, zone: str) -> None:
    freeze = freeze_from("Fri 16:00 - Mon 08:00", zone)
    present = now.replace(tzinfo=UTC)
    end = freeze.end(present)
    if end is not None:
        assert present < end <= present + timedelta(days=3)
        assert freeze.end(end) is None
        assert freeze.end(end - timedelta(seconds=1)) == end
