"""A watch read back from the record: what was looked at, how much is still needed, and the moment of decision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gainful.core.deploy_event import Event, EventKind
from gainful.jobs.deploy.vigil import NOTED, NOTED_EVERY, noted_at
from gainful.jobs.deploy.watching import Verdict, WatchSettings, begin_watch, series_of
from gainful.sdk.metrics import Totals

MOVED = datetime(2026, 11, 29, 9, tzinfo=UTC)
BEFORE = Totals(10_000, 10)


def watched(failing: int, seconds: int) -> Iterator[Event]:
    """Looks each two seconds at 90 and 10 requests a second, of whose last so many in a thousand fail."""
    watch = begin_watch(WatchSettings(), BEFORE, 100)
    for second in range(2, seconds + 1, 2):
        candidate = Totals(10 * second, 10 * second * failing // 1000)
        look = watch.look(Totals(90 * second, 90 * second // 1000), candidate, second)
        kind = EventKind.HELD if look.verdict is Verdict.HOLD else EventKind.LOOKED
        yield Event(f"looked {second}", kind, at(second), look.why, look.as_json())


def at(second: float) -> datetime:
    return MOVED + timedelta(seconds=second)


def ended(kind: EventKind, second: float, **detail: Any) -> Event:
    return Event("ended", kind, at(second), "It is over.", detail)


def test_a_watch_that_goes_on_tells_what_it_still_needs() -> None:
    found = series_of(MOVED, list(watched(1, 60)))
    assert found is not None
    assert (found.verdict, found.elapsed, found.seen) == (Verdict.GO_ON, 60, 600)
    assert found.missing == found.sample - 600
    assert found.left == pytest.approx(found.window - 60)
    assert (found.decided, found.state) == (None, "")
    (errors,) = found.lines
    assert [one.elapsed for one in errors.points] == list(range(2, 61, 2))
    assert all(one.low <= one.middle <= one.high and one.allowed == pytest.approx(0.005) for one in errors.points)
    assert [one.claim for one in errors.proofs] == ["worse", "beyond_margin"]
    assert not any(one.now >= one.needed for one in errors.proofs)


def test_the_interval_narrows_with_what_is_counted() -> None:
    found = series_of(MOVED, list(watched(1, 600)))
    assert found is not None
    widths = [one.high - one.low for one in found.lines[0].points]
    assert widths[-1] < widths[30] < widths[0]


def test_the_moment_of_decision_is_that_of_its_end_with_the_numbers_of_the_last_look() -> None:
    events = list(watched(60, 30))
    bad = next(event for event in events if event.detail["verdict"] == "bad")
    second = bad.detail["elapsed"]
    record = [event for event in events if event.detail["elapsed"] < second]
    found = series_of(MOVED, [*record, ended(EventKind.ROLLED_BACK, second + 0.4, numbers=bad.detail)])
    assert found is not None
    assert (found.state, found.decided, found.elapsed) == ("rolled-back", second + 0.4, second)
    assert found.lines[0].proven
    assert all(one.now >= one.needed for one in found.lines[0].proofs)


def test_a_record_from_before_the_margin_was_written_down_is_drawn_without_it() -> None:
    older = []
    for event in watched(1, 20):
        errors = {key: value for key, value in event.detail["errors"].items() if key not in ("allowed", "needed")}
        detail = {key: value for key, value in event.detail.items() if key not in ("window", "bound")}
        older.append(Event(event.key, event.kind, event.at, event.text, detail | {"errors": errors}))
    found = series_of(MOVED, older)
    assert found is not None
    assert {one.allowed for one in found.lines[0].points} == {None}
    assert (found.lines[0].proofs, found.window, found.left) == ((), 0, 0)


def test_without_traffic_or_numbers_there_is_nothing_to_draw() -> None:
    assert series_of(None, list(watched(1, 20))) is None
    said = Event("looked 2", EventKind.LOOKED, at(2), "It answers; nothing else is measured.", {"why": "It answers."})
    assert series_of(MOVED, [said, ended(EventKind.PROMOTED, 60)]) is None


def test_looks_are_written_down_densely_at_first_and_never_in_great_number() -> None:
    first = {noted_at(timedelta(seconds=second)) for second in range(NOTED_EVERY * NOTED)}
    assert first == set(range(0, NOTED_EVERY * NOTED, NOTED_EVERY))
    week = {noted_at(timedelta(seconds=second)) for second in range(604_800)}
    assert NOTED < len(week) < 900
    assert all(number <= second for second in (5, 500, 5000) for number in (noted_at(timedelta(seconds=second)),))
