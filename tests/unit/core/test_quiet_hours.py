from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gainful.core.quiet_hours import QuietHours, time_of_day

BERLIN = QuietHours(time(20), time(8), "Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-11-24T18:59", None),
        ("2026-11-24T19:00", "2026-11-25T07:00"),
        ("2026-11-25T02:00", "2026-11-25T07:00"),
        ("2026-11-25T06:59", "2026-11-25T07:00"),
        ("2026-11-25T07:00", None),
        # In summer Berlin is two hours ahead of UTC.
        ("2026-07-01T18:00", "2026-07-02T06:00"),
    ],
)
def test_they_end_by_the_clock_on_the_wall(now: str, end: str | None) -> None:
    assert BERLIN.end(at(now)) == (at(end) if end else None)


def test_within_one_day_they_do_not_pass_midnight() -> None:
    lunch = QuietHours(time(12), time(13), "UTC")
    assert lunch.end(at("2026-11-24T12:30")) == at("2026-11-24T13:00")
    assert lunch.end(at("2026-11-24T23:30")) is None


def test_where_the_clock_shows_the_end_twice_the_first_counts_unless_it_is_over() -> None:
    # On 25 October 2026 Berlin shows 02:30 at 00:30 and at 01:30 UTC.
    night = QuietHours(time(20), time(2, 30), "Europe/Berlin")
    assert night.end(at("2026-10-25T00:00")) == at("2026-10-25T00:30")
    assert night.end(at("2026-10-25T01:10")) == at("2026-10-25T01:30")


def test_where_the_clock_never_shows_the_end_they_end_all_the_same() -> None:
    # On 29 March 2026 Berlin goes from 02:00 to 03:00 at 01:00 UTC.
    night = QuietHours(time(20), time(2, 30), "Europe/Berlin")
    assert night.end(at("2026-03-29T00:30")) == at("2026-03-29T01:30")


@given(
    st.integers(0, 1439),
    st.integers(1, 1439),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- hypothesis adds it
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
)
def test_they_always_end_within_a_day_or_so_and_are_over_then(
    begins: int, length: int, now: datetime, zone: str
) -> None:
    def wall(minutes: int) -> time:
        return time(minutes // 60 % 24, minutes % 60)

    quiet = QuietHours(wall(begins), wall(begins + length), zone)
    end = quiet.end(now)
    if end is not None:
        assert now < end <= now + timedelta(hours=25, minutes=30)
        # An hour that is shown twice may begin them again at once.
        assert quiet.end(end) is None or quiet.end(end) <= end + timedelta(hours=25)  # type: ignore[operator]


@pytest.mark.parametrize("text", ["8", "24:00", "8:60", "08.00", "", "٨:٠٠"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        time_of_day(text)


def test_quiet_hours_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        QuietHours(time(20), time(8), "Mars/Olympus")
    with pytest.raises(ValueError, match="different times"):
        QuietHours(time(8), time(8), "UTC")
    assert time_of_day(" 8:05 ") == time(8, 5)
