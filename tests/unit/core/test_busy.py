"""The busy rule: by the cases written by hand, and what no calendar text can ask about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bench.busy import Case, cases, wrong
from gainful.core.busy import Interval, Presence, end_at, free_intervals, meeting_ends, merged

CASES = cases()


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 30, hour, minute, tzinfo=UTC)


MEETINGS = [Interval(at(9), at(10)), Interval(at(11), at(12)), Interval(at(15), at(16, 30))]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"line {case.line}")
def test_case(case: Case) -> None:
    assert wrong(case) == [], case.name


def test_there_are_enough_cases_and_each_asks_something() -> None:
    assert len(CASES) >= 200
    assert all(case.asked for case in CASES)
    assert len({case.name for case in CASES}) == len(CASES)


def test_merged_takes_the_longest_end() -> None:
    assert merged([Interval(at(9), at(12)), Interval(at(9, 30), at(10))]) == [Interval(at(9), at(12))]


def test_the_gap_is_the_callers_choice() -> None:
    assert merged(MEETINGS, timedelta(hours=1)) == [Interval(at(9), at(12)), MEETINGS[2]]
    assert merged(MEETINGS, timedelta(0)) == MEETINGS


def test_the_end_at_a_moment() -> None:
    assert end_at(MEETINGS, at(9)) == at(10)
    assert end_at(MEETINGS, at(10)) is None


def test_ends_are_told_once_when_asked_on_from_where_the_last_question_stopped() -> None:
    told = [
        *meeting_ends(MEETINGS, at(8), at(10)),
        *meeting_ends(MEETINGS, at(10), at(12, 30)),
        *meeting_ends(MEETINGS, at(12, 30), at(17)),
    ]
    assert told == [at(10), at(12), at(16, 30)]


def test_an_end_at_the_very_moment_is_told() -> None:
    assert meeting_ends(MEETINGS, at(9), at(10)) == [at(10)]
    assert meeting_ends(MEETINGS, at(9), at(9, 59)) == []


def test_free_is_what_is_left() -> None:
    assert free_intervals(MEETINGS, at(8), at(17)) == [
        Interval(at(8), at(9)),
        Interval(at(10), at(11)),
        Interval(at(12), at(15)),
        Interval(at(16, 30), at(17)),
    ]


def test_free_for_long_enough() -> None:
    assert free_intervals(MEETINGS, at(8), at(17), timedelta(hours=2)) == [Interval(at(12), at(15))]


def test_nothing_is_free_within_a_meeting() -> None:
    assert free_intervals([Interval(at(7), at(18))], at(8), at(17)) == []
    assert free_intervals([], at(8), at(9)) == [Interval(at(8), at(9))]


def test_meetings_beyond_what_was_asked_do_not_matter() -> None:
    assert free_intervals(MEETINGS, at(9, 30), at(11, 30)) == [Interval(at(10), at(11))]


def test_unknown_is_neither_busy_nor_free() -> None:
    assert not Presence(unknown=("work",)).busy
    assert not Presence(unknown=("work",)).free
    assert Presence().free
    assert Presence(at(10), ("home",)).busy
