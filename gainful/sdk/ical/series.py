"""The times of one series, with what was moved, cancelled, added: by recurring-ical-events, held to bounded rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Component
from recurring_ical_events.adapters.event import EventAdapter  # type: ignore[import-untyped]
from recurring_ical_events.series import Series as LibrarySeries  # type: ignore[import-untyped]

from gainful.sdk.ical.rule import Rule, Unusable

LONGEST = timedelta(days=400)
"""Of one time of a series; longer ones would all overlap."""
MOST_RULES = 5
MOST_TURNS = 50
"""Changes to "this and all later ones" of a series."""


@dataclass(frozen=True, slots=True)
class Time:
    """One time of a series, as it stands in the calendar.

    Args:
        source: The event that says everything else of it: the series, or what was put in its place this once.
        as_usual: Whether it lasts as long as its source.
    """

    source: Component
    start: date
    end: date
    as_usual: bool

    def is_in_span(self, first: datetime, last: datetime) -> bool:  # noqa: ARG002 -- as the library asks
        """True: whoever asks for times compares instants, after working them out exactly."""
        return True


class Series:
    """All times of the events that share a uid.

    Raises:
        Unusable: It is more than is worked out here.
    """

    def __init__(self, events: Sequence[Component]) -> None:
        _check(events)
        self._library = _Series([EventAdapter(event) for event in events])

    def between(self, first: datetime, last: datetime) -> Iterator[Time]:
        """Its times around two aware moments; some may lie a little before or after.

        The zone of the moments is that of events without one.
        """
        yield from self._library.between(first, last)


class _Rules(LibrarySeries.RecurrenceRules):  # type: ignore[misc]
    def create_rule_with_start(self, rule_string: str) -> Rule:
        return Rule(rule_string, self.start, all_day=self.is_all_dates)


class _Series(LibrarySeries):  # type: ignore[misc]
    RecurrenceRules = _Rules

    def occurrence(self, adapter: Any, start: date | None = None, end: date | None = None) -> Time:
        begins, ends = start or adapter.start, end or adapter.end
        return Time(adapter._component, begins, ends, ends - begins == adapter.duration)


def span_of(event: Component) -> tuple[date, date]:
    """Start and end as they stand there; where only one of them has a zone, both have that one.

    Raises:
        Unusable: There is no start, or the two do not fit together.
    """
    if "DTSTART" not in event:
        raise Unusable("it has no start")
    adapter = EventAdapter(event)
    start, end = adapter.raw_start, adapter.raw_end
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise Unusable("it begins with a day and ends with a time, or the other way round")
    if isinstance(start, datetime) and isinstance(end, datetime):
        start, end = _zoned(start, end), _zoned(end, start)
    for moment in (start, end):
        if not 1600 <= moment.year <= 2200:
            raise Unusable(f"it lies in the year {moment.year}")
    if end < start:
        raise Unusable("it ends before it begins")
    return start, end


def _zoned(moment: datetime, other: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=other.tzinfo)


def _check(events: Sequence[Component]) -> None:
    turns = 0
    for event in events:
        start, end = span_of(event)
        rules = event.get("RRULE")
        if isinstance(rules, list) and len(rules) > MOST_RULES:
            raise Unusable(f"it has {len(rules)} rules")
        if ("RRULE" in event or "RDATE" in event) and end - start > LONGEST:
            raise Unusable(f"it repeats, and lasts {(end - start).days} days")
        adapter = EventAdapter(event)
        if adapter.this_and_future:
            turns += 1
            if turns > MOST_TURNS:
                raise Unusable(f"it was changed for good more than {MOST_TURNS} times")
            if abs(adapter.move_recurrences_by) > LONGEST:
                raise Unusable(f"it was moved by {adapter.move_recurrences_by.days} days for good")


__all__ = ["Series", "Time", "Unusable"]
