"""Times as an agent writes them, in the zone of the person whose calendar it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from gainful.connectors.calendar.errors import TimeUnclear
from gainful.core.busy import Interval

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d) ?- ?([01]\d|2[0-4]):([0-5]\d)")
_LIKE = "Write it like 2026-11-30, 2026-11-30T14:00 or 2026-11-30T14:00:00+01:00."


def is_day(text: str) -> bool:
    """Whether it names a day and no time."""
    return _DAY.fullmatch(text.strip()) is not None


def moment(text: str, zone: tzinfo, *, last: bool = False) -> datetime:
    """The aware moment that is meant.

    Args:
        zone: Of a time that names none.
        last: Of a day, its end; otherwise its beginning.

    Raises:
        TimeUnclear: It is none.
    """
    try:
        if is_day(text):
            day = date.fromisoformat(text.strip())
            return datetime.combine(day + timedelta(days=1) if last else day, time(0), zone)
        found = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise TimeUnclear(f"'{text[:40]}' is no time.", _LIKE) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=zone)


def hours_of(text: str) -> tuple[time, time] | None:
    """The part of each day that counts; None for all of it. Its end may be 24:00.

    Raises:
        TimeUnclear: It is no such part.
    """
    if not text:
        return None
    found = _HOURS.fullmatch(text.strip())
    begins, ends = (time(int(found[1]), int(found[2])), found[3] + found[4]) if found else (time(0), "")
    if found is None or not begins.strftime("%H%M") < ends <= "2400":
        raise TimeUnclear(f"'{text[:40]}' is no part of a day.", "Write it like 09:00-17:00.")
    return begins, time.max if ends == "2400" else time(int(ends[:2]), int(ends[2:]))


def outside(hours: tuple[time, time], start: datetime, end: datetime, zone: tzinfo) -> Iterator[Interval]:
    """What of a stretch of time does not lie in this part of any day."""
    day = start.astimezone(zone).date() - timedelta(days=1)
    while day <= end.astimezone(zone).date() + timedelta(days=1):
        following = day + timedelta(days=1)
        closes = datetime.combine(following if hours[1] == time.max else day, _clock(hours[1]), zone)
        opens = datetime.combine(following, hours[0], zone)
        if closes < opens:
            yield Interval(closes.astimezone(UTC), opens.astimezone(UTC))
        day = following


def _clock(ends: time) -> time:
    return time(0) if ends == time.max else ends


def shown(when: datetime, zone: tzinfo) -> str:
    """The moment as it is told: on the wall of that zone, with its distance from UTC."""
    return when.astimezone(zone).isoformat(timespec="minutes")
