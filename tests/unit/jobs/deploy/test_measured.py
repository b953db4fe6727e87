"""A candidate that seems silent: the source may only not have looked at it yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from gainful.jobs.deploy.vigil import Measured
from gainful.jobs.deploy.watching import Verdict, WatchSettings, begin_watch
from gainful.sdk.metrics import Totals

BEFORE = Totals(1000, 0)


class Scraped:
    """A source that looks at the live slot first and at the candidate half a while later, as Prometheus does."""

    def __init__(self, *reads: tuple[int, int]) -> None:
        self._reads = iter(reads)

    def read(self, slots: Sequence[str]) -> Mapping[str, Totals]:
        live, candidate = next(self._reads)
        return {"blue": Totals(live, 0), "green": Totals(candidate, 0)}

    def close(self) -> None:
        """Nothing is held."""


def verdicts(*reads: tuple[int, int]) -> list[Verdict]:
    watch = begin_watch(WatchSettings(share=20), BEFORE, 10)
    begun = {"blue": BEFORE, "green": Totals(0, 0)}
    measured = Measured(Scraped(*reads), watch, begun, "blue", "green")
    return [Verdict(measured.look(timedelta(seconds=number)).verdict) for number in range(len(reads))]


def test_what_was_answered_before_traffic_moved_proves_nothing() -> None:
    # The live slot was scraped right after traffic moved: all of this is from before.
    assert verdicts((1500, 0), (1500, 0), (1900, 0), (1900, 100)) == [Verdict.GO_ON] * 4


def test_one_that_stays_silent_through_a_whole_round_is_dead() -> None:
    assert verdicts((1500, 0), (1900, 0), (2300, 0))[-1] is Verdict.BAD


@pytest.mark.parametrize("step", [1, 2])
def test_too_few_requests_prove_nothing_yet(step: int) -> None:
    assert verdicts(*((1000 + step * number, 0) for number in range(10)))[-1] is Verdict.GO_ON


def test_a_slot_that_answers_has_its_numbers_compared_with_all_of_them() -> None:
    watch = begin_watch(WatchSettings(share=20), BEFORE, 10)
    measured = Measured(Scraped((1500, 100)), watch, {"blue": BEFORE}, "blue", "green")
    assert measured.look(timedelta(seconds=1)).as_json()["errors"]["live"]["of"] == 500
