"""A time of whole months that somebody has chosen in the books, and the links that choose one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gainful.web.console.asking import Ask, FormInvalid
from gainful.web.console.dates import name_of, named
from gainful.worth.months import begin_of, end_of

BACK = timedelta(days=90)
"""What is shown of days where none is asked for."""


@dataclass(frozen=True, slots=True)
class Time:
    """What was chosen.

    Args:
        months: In order; empty: nothing was chosen.
        known: Those that may be chosen.
        quick: Names and addresses' ends of times that are chosen by one press.
    """

    months: tuple[str, ...]
    known: tuple[str, ...]
    quick: tuple[tuple[str, str, bool], ...]

    @property
    def query(self) -> str:
        """What stands behind the address of a page about the same time."""
        return f"?from={self.months[0]}&to={self.months[-1]}" if self.months else ""

    @property
    def title(self) -> str:
        """In words."""
        if not self.months:
            return "all that is known"
        first, last = self.months[0], self.months[-1]
        if first == last:
            return named(first)
        return f"{named(first) if first[:4] != last[:4] else name_of(first)} to {named(last)}"

    @property
    def since(self) -> datetime:
        """The first moment of what was chosen."""
        return begin_of(self.months[0])

    @property
    def until(self) -> datetime:
        """The first moment after it."""
        return end_of(self.months[-1])


def time_of(ask: Ask) -> Time:
    """The time that the address asks for: `from` and `to` are months.

    Raises:
        FormInvalid: One is none.
        MonthsUnknown: Nothing can be shown of them.
    """
    months = ask.app.worth.months
    known = months.known(ask.who.viewer)
    begin, end = ask.query.get("from", "").strip(), ask.query.get("to", "").strip()
    chosen: list[str] = []
    if begin or end:
        chosen = months.chosen(ask.who.viewer, _month(begin or end), _month(end or begin))
    return Time(tuple(chosen), tuple(known), tuple(_quick(ask.now.date(), known, chosen)))


def _month(text: str) -> date:
    try:
        return begin_of(text).date()
    except ValueError:
        raise FormInvalid(f"'{text[:20]}' is no month.", "Write months like 2026-11.") from None


def days_of(ask: Ask, time: Time | None = None) -> tuple[date, date]:
    """The days that are asked for, `since` to `until` and that day too; the last 90 otherwise. The end is left out.

    Raises:
        FormInvalid: One is none, or the time ends before it begins.
    """
    if time is not None and time.months:
        return time.since.date(), time.until.date()
    try:
        until = date.fromisoformat(ask.query.get("until") or f"{ask.now:%Y-%m-%d}") + timedelta(days=1)
        since = date.fromisoformat(ask.query["since"]) if ask.query.get("since") else until - BACK
    except (ValueError, OverflowError):
        raise FormInvalid("This is no date.", "Write dates like 2026-11-29.") from None
    if since >= until:
        raise FormInvalid("The time ends before it begins.", "Let the first date be the earlier one.")
    return since, until


def _quick(today: date, known: Sequence[str], chosen: Sequence[str]) -> list[tuple[str, str, bool]]:
    """Times that are chosen by one press, as far as something of them is known."""
    first = today.replace(day=1)
    before = (first - timedelta(days=1)).replace(day=1)
    quarter = first.replace(month=(first.month - 1) // 3 * 3 + 1)
    last_quarter = (quarter - timedelta(days=1)).replace(day=1)
    times = {
        "This month": (first, first),
        "Last month": (before, before),
        "This quarter": (quarter, first),
        "Last quarter": (last_quarter.replace(month=last_quarter.month - 2), last_quarter),
    }
    found = [("All that is known", "", not chosen)]
    for name, (begin, end) in times.items():
        ends = f"{begin:%Y-%m}", f"{end:%Y-%m}"
        inside = [month for month in known if ends[0] <= month <= ends[1]]
        if inside:
            found.append((name, f"?from={ends[0]}&to={ends[1]}", inside == list(chosen)))
    return found
