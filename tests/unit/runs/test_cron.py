"""The days on which clocks are changed, one by one. Laws over all of them: tests/property/test_cron.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gainful.runs.cron import Cron, CronInvalid, zone_of


def due(expression: str, zone: str, first: str, last: str) -> list[str]:
    """The slots from the first local day to the last one, as the clock on the wall shows them, with the offset."""
    here = ZoneInfo(zone)
    after = datetime.fromisoformat(first).replace(tzinfo=here) - timedelta(microseconds=1)
    until = datetime.fromisoformat(last).replace(tzinfo=here) + timedelta(days=1)
    cron = Cron(expression, zone)
    found = list(cron.between(after, until - timedelta(microseconds=1)))
    assert list(cron.back(until - timedelta(microseconds=1), after)) == found[::-1]
    return [f"{slot.astimezone(here):%d %H:%M%z}" for slot in found]


def test_a_time_that_is_left_out_falls_due_right_after() -> None:
    assert due("30 2 * * *", "Europe/Berlin", "2026-03-28", "2026-03-30") == [
        "28 02:30+0100",
        "29 03:00+0200",
        "30 02:30+0200",
    ]


def test_times_that_fall_together_are_one() -> None:
    assert due("0,15,30 2,3 * * *", "Europe/Berlin", "2026-03-29", "2026-03-29") == [
        "29 03:00+0200",
        "29 03:15+0200",
        "29 03:30+0200",
    ]


def test_a_time_that_comes_twice_falls_due_the_first_time() -> None:
    assert due("30 2 * * *", "Europe/Berlin", "2026-10-24", "2026-10-26") == [
        "24 02:30+0200",
        "25 02:30+0200",
        "26 02:30+0100",
    ]


def test_a_rhythm_goes_on_through_the_hour_that_comes_twice() -> None:
    assert due("*/30 1-3 * * *", "Europe/Berlin", "2026-10-25", "2026-10-25") == [
        "25 01:00+0200",
        "25 01:30+0200",
        "25 02:00+0200",
        "25 02:30+0200",
        "25 02:00+0100",
        "25 02:30+0100",
        "25 03:00+0100",
        "25 03:30+0100",
    ]


def test_a_rhythm_has_no_slot_in_the_hour_that_is_left_out() -> None:
    assert due("*/30 1-3 * * *", "Europe/Berlin", "2026-03-29", "2026-03-29") == [
        "29 01:00+0100",
        "29 01:30+0100",
        "29 03:00+0200",
        "29 03:30+0200",
    ]


def test_half_an_hour_and_midnight_and_a_whole_day_can_be_left_out() -> None:
    assert due("15 2 * * *", "Australia/Lord_Howe", "2026-10-04", "2026-10-04") == ["04 02:30+1100"]
    assert due("*/15 3 * * *", "Australia/Lord_Howe", "2026-04-05", "2026-04-05") == [
        f"05 03:{minute:02}+1030" for minute in (0, 15, 30, 45)
    ]
    # In Chile the clock goes from 23:59 to 1:00 on a Sunday: its midnight is not shown.
    assert due("0 0 * * 0", "America/Santiago", "2026-09-06", "2026-09-06") == ["06 01:00-0300"]
    assert due("*/20 0 * * 0", "America/Santiago", "2026-09-06", "2026-09-06") == []
    # Samoa had no 30 December 2011.
    assert due("0 9 30 12 *", "Pacific/Apia", "2011-12-29", "2011-12-31") == ["31 00:00+1400"]


def test_the_next_slot_is_found_however_far_it_is() -> None:
    noon = datetime(2026, 11, 28, 12, tzinfo=UTC)
    assert Cron("0 9 * * 1-5", "Europe/Berlin").following(noon) == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert Cron("0 12 29 2 *", "UTC").following(noon) == datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert Cron("*/5 * */28 2 1#5", "UTC").following(noon) == datetime(2044, 2, 29, 0, tzinfo=UTC)


def test_a_slot_is_in_the_time_that_ends_with_it_and_not_in_the_one_that_begins_with_it() -> None:
    nine = datetime(2026, 11, 30, 9, tzinfo=UTC)
    cron = Cron("0 9 * * *", "UTC")
    instant = timedelta(microseconds=1)
    assert list(cron.between(nine, nine + timedelta(hours=1))) == []
    assert list(cron.between(nine - instant, nine)) == [nine]
    assert list(cron.between(nine - timedelta(hours=1), nine - instant)) == []
    assert list(cron.back(nine, nine - instant)) == [nine]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("0 25 * * *", "its hour cannot be used"),
        ("0 9 * *", "it has 4 fields, not five"),
        ("0 0 9 * * *", "it has 6 fields, not five"),
        ("@daily", "it has 1 fields, not five"),
        ("0 0 31 2 *", "its day-of-month cannot be used"),
        ("*/0 * * * *", "its minute cannot be used"),
        (f"{'0,' * 100}0 9 * * *", "it is too long"),
    ],
)
def test_what_is_no_expression_is_told(expression: str, reason: str) -> None:
    with pytest.raises(CronInvalid) as caught:
        Cron(expression, "UTC")
    assert reason in caught.value.what
    assert "0 9 * * 1-5" in caught.value.next_move


@pytest.mark.parametrize("name", ["Berlin", "", "/etc/localtime", "../UTC", "Europe"])
def test_what_is_no_zone_is_told(name: str) -> None:
    with pytest.raises(CronInvalid, match="is no time zone"):
        zone_of(name)
