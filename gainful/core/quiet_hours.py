"""Quiet hours: when people are not to be disturbed by what they have not asked for.

night = QuietHours(time(20), time(8), "Europe/Berlin")
night.end(now)          # the instant at which it is over; None when it is not night there now
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day to another, by the clock on the wall in a time zone; over midnight where they lie so.

    Args:
        zone: IANA name, such as `Europe/Berlin`.

    Raises:
        ValueError: There is no such zone, or both times are the same.
    """

    begins: time
    ends: time
    zone: str

    def __post_init__(self) -> None:
        if self.begins == self.ends:
            raise ValueError("quiet hours must begin and end at different times")
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"'{self.zone[:60]}' is no time zone; write it like Europe/Berlin") from None

    def end(self, now: datetime) -> datetime | None:
        """The instant, in UTC, at which the quiet hours that hold now are over; None when none hold."""
        zone = ZoneInfo(self.zone)
        here = now.astimezone(zone)
        if not self._hold(here.time()):
            return None
        # Where the clock is set back it shows a time twice; where it is set forward, one never: compared in UTC.
        days = (here.date() + timedelta(days=ahead) for ahead in (0, 1, 2))
        walls = (datetime.combine(day, self.ends, zone).replace(fold=fold) for day in days for fold in (0, 1))
        return min(instant for wall in walls if (instant := wall.astimezone(UTC)) > now)

    def _hold(self, at: time) -> bool:
        if self.begins < self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


def time_of_day(text: str) -> time:
    """The time that is written like `8:00` or `20:30`.

    Raises:
        ValueError: It is written otherwise.
    """
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"'{text[:20]}' is no time of day; write it like 20:00")
    return time(int(found[1]), int(found[2]))
