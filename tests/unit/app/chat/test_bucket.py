from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from gainful.app.chat.bucket import Buckets
from tests.unit.app.chat.world import NOW


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=60))
def test_in_any_stretch_of_time_no_more_is_posted_than_it_allows(pauses: list[int]) -> None:
    buckets, now, taken = Buckets(at_once=3, every=timedelta(seconds=1)), NOW, []
    for pause in pauses:
        now += timedelta(milliseconds=pause)
        if not buckets.wait("C1", now):
            buckets.take("C1", now)
            taken.append(now)
    for start, first in enumerate(taken):
        for number, last in enumerate(taken[start:], 1):
            assert number <= 3 + (last - first) / timedelta(seconds=1)


def test_what_it_says_to_wait_is_enough() -> None:
    buckets = Buckets(at_once=2, every=timedelta(seconds=1))
    for _ in range(2):
        assert not buckets.wait("C1", NOW)
        buckets.take("C1", NOW)
    left = buckets.wait("C1", NOW)
    assert left == timedelta(seconds=1)
    assert not buckets.wait("C1", NOW + left)
    assert not buckets.wait("C2", NOW)


def test_rooms_where_nothing_is_posted_are_forgotten() -> None:
    buckets = Buckets()
    for number in range(1001):
        buckets.take(f"C{number}", NOW)
    buckets.take("C0", NOW + timedelta(minutes=1))
    buckets.take("C1", NOW + timedelta(minutes=1))
    assert not buckets.wait("C500", NOW + timedelta(minutes=1))
