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


class Timed:
    """Both slots answer a hundred requests between two reads; the candidate's first ones are slow."""

    def __init__(self, cold: int) -> None:
        self._cold = cold
        self._reads = 0

    def read(self, slots: Sequence[str]) -> Mapping[str, Totals]:
        self._reads += 1
        all_of, slow = 100 * self._reads, 100 * min(self._reads, self._cold)
        return {slot: Totals(all_of, 0, ((0.1, all_of - (slow if slot == "green" else 0)),)) for slot in slots}

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize(("warm_up", "bad"), [(0, True), (5, False)])
def test_a_cold_start_is_not_held_against_a_release_that_may_warm_up(warm_up: int, bad: bool) -> None:
    before = Totals(1000, 0, ((0.1, 960),))
    watch = begin_watch(WatchSettings(share=20, warm_up=warm_up), before, 10)
    begun = {slot: Totals(0, 0, ((0.1, 0),)) for slot in ("blue", "green")}
    measured = Measured(Timed(4), watch, begun, "blue", "green", timedelta(seconds=warm_up))
    found = [measured.look(timedelta(seconds=number)).verdict for number in range(1, 30)]
    assert (Verdict.BAD in found) is bad
