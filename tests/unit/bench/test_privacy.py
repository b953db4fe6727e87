"""The attack on chosen times: it finds people where times are answered as they are asked, and nobody in months."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.privacy import at_work, by_free_dates, by_months, organisation, recovered_by_dates


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_nothing_about_few_people_can_be_worked_out_of_published_months(seed: int) -> None:
    chance = random.Random(seed)
    worked = at_work(organisation(chance), chance)
    assert recovered_by_dates(by_months(worked), worked) == 0


def test_the_same_attack_finds_people_where_any_time_is_answered() -> None:
    chance, found = random.Random(1), 0
    for _ in range(20):
        worked = at_work(organisation(chance), chance)
        found += recovered_by_dates(by_free_dates(worked), worked)
    assert found > 0


def test_one_person_at_work_in_one_of_two_months_is_what_it_finds() -> None:
    team = set(range(6))
    worked = [{"desk": team}, {"desk": {0}}, {"desk": team}, {"desk": team}]
    assert recovered_by_dates(by_free_dates(worked), worked) > 0
    assert recovered_by_dates(by_months(worked), worked) == 0
