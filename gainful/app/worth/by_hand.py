"""What doing an item by hand takes, measured by the clock between begin and end.

    by_hand.start("T-812", "bo@example.org")
    by_hand.done("T-812", "bo@example.org")      # Measured(seconds=1260, measured=True)

What is being measured outlives the process. Several stretches of one item add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from gainful.app.worth.outcomes import ItemUnknown
from gainful.core.clock import Clock
from gainful.core.errors import Invalid
from gainful.core.fact import HumanTime
from gainful.storage.facts.by_hand_store import ByHandStore
from gainful.storage.facts.fact_store import FactStore

LONGEST = timedelta(hours=8)
"""Whoever works longer without a break has forgotten to say that it is done."""


class NotMeasuring(Invalid):
    """Somebody said that work by hand is done which they had not said they began."""

    code = "not-measuring"


class MeasuringAlready(Invalid):
    """Somebody said twice that they begin the same work by hand."""

    code = "measuring-already"


@dataclass(frozen=True, slots=True)
class Measured:
    """A stretch of work by hand.

    Args:
        measured: It counts; else it took longer than anybody works without a break, or the clock was set back.
    """

    item: str
    began_at: datetime
    seconds: Decimal
    measured: bool


class ByHand:
    """Measures work by hand, of one installation."""

    def __init__(self, facts: FactStore, kept: ByHandStore, clock: Clock) -> None:
        self._facts = facts
        self._kept = kept
        self._clock = clock

    def start(self, item: str, person: str) -> datetime:
        """Begin to measure; when that was.

        Raises:
            ItemUnknown: Nobody has reported the item.
            MeasuringAlready: This person is at it already.
        """
        _, case = self._facts.case(item)
        if case.item is None:
            raise ItemUnknown(
                f"Nobody has reported a work item '{item[:80]}'.",
                f"Deal it first: gainful outcome deal {item[:80]} --class CLASS",
            )
        now = self._clock()
        since = self._kept.begin(item, person, now)
        if since is not None:
            raise MeasuringAlready(
                f"{person} has been at '{item[:80]}' since {since:%Y-%m-%d %H:%M} UTC.",
                f"Say when it is done: gainful outcome hand {item[:80]} done",
            )
        return now

    def done(self, item: str, person: str) -> Measured:
        """Book the time since `start`.

        Raises:
            NotMeasuring: This person has not begun.
        """
        now = self._clock()
        began = self._kept.end(item, person, lambda began: _time(item, person, began, now))
        if began is None:
            raise NotMeasuring(
                f"{person} has not begun '{item[:80]}' by hand, so there is nothing to measure.",
                f"Before you begin: gainful outcome hand {item[:80]} start",
            )
        time = _time(item, person, began, now)
        return Measured(item, began, time.seconds, time.measured)

    def under_way(self, item: str) -> bool:
        """Whether anybody is at the item by hand now."""
        return self._kept.under_way(item)


def _time(item: str, person: str, began: datetime, ended: datetime) -> HumanTime:
    took = ended - began
    return HumanTime(
        at=ended,
        work_item=item,
        person=person,
        what="hand",
        seconds=Decimal(str(max(0.0, round(took.total_seconds(), 3)))),
        measured=timedelta(0) <= took <= LONGEST,
    )
