"""Freezes: times in which nothing is deployed, by the clock on the wall.

weekend = freeze_from("Fri 16:00 - Mon 08:00", "Europe/Berlin")     # every week
holidays = freeze_from("2026-12-20 - 2027-01-02", "Europe/Berlin")  # once; both days count
weekend.end(now)          # the instant at which it is over; None when it does not hold now
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WEEKLY = re.compile(r"([A-Za-z]{3}) +(\d{1,2}):(\d{2}) *[-–] *([A-Za-z]{3}) +(\d{1,2}):(\d{2})")
_DATES = re.compile(r"(\d{4}-\d{2}-\d{2}) *[-–] *(\d{4}-\d{2}-\d{2})")
_FORMS = "write it like Fri 16:00 - Mon 08:00, or 2026-12-20 - 2027-01-02"


@dataclass(frozen=True, slots=True)
class Weekly:
    """From one moment of the week to another.

    Args:
        begins, ends: Day of the week, 0 for Monday, and time of day.
        zone: IANA name.
    """

    begins: tuple[int, time]
    ends: tuple[int, time]
    zone: str

    def end(self, now: datetime) -> datetime | None:
        """The instant, in UTC, at which the freeze that holds now is over; None when it does not hold."""
        zone = ZoneInfo(self.zone)
        here = now.astimezone(zone)
        monday = here.date() - timedelta(days=here.weekday())
        for week in (-1, 0):
            first = monday + timedelta(weeks=week)
            begins = _instant(first + timedelta(days=self.begins[0]), self.begins[1], zone)
            over_sunday = self.ends <= self.begins
            ends = _instant(first + timedelta(days=self.ends[0] + 7 * over_sunday), self.ends[1], zone)
            if begins <= now < ends:
                return ends
        return None


@dataclass(frozen=True, slots=True)
class Dated:
    """From the beginning of one day to the end of another."""

    first: date
    last: date
    zone: str

    def end(self, now: datetime) -> datetime | None:
        """The instant, in UTC, at which the freeze that holds now is over; None when it does not hold."""
        zone = ZoneInfo(self.zone)
        begins = _instant(self.first, time(0), zone)
        ends = _instant(self.last + timedelta(days=1), time(0), zone)
        return ends if begins <= now < ends else None


Freeze = Weekly | Dated


def frozen_until(freezes: Iterable[Freeze], now: datetime) -> datetime | None:
    """The instant, in UTC, at which every freeze that holds now is over, and those that follow without a gap."""
    known = list(freezes)
    end: datetime | None = None
    # Each round goes past one more freeze; a chain longer than there are freezes goes round the week for ever.
    for _ in range(len(known) + 1):
        later = [ends for freeze in known if (ends := freeze.end(end or now)) is not None]
        if not later:
            break
        end = max(later)
    return end


def freeze_from(text: str, zone: str) -> Freeze:
    """The freeze that is written like this.

    Raises:
        ValueError: It is written otherwise, ends before it begins, or there is no such zone.
    """
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"'{zone[:60]}' is no time zone; write it like Europe/Berlin") from None
    plain = text.strip()
    if found := _WEEKLY.fullmatch(plain):
        begins, ends = _moment(found[1], found[2], found[3]), _moment(found[4], found[5], found[6])
        if begins == ends:
            raise ValueError(f"'{plain}' begins and ends at the same moment")
        return Weekly(begins, ends, zone)
    if found := _DATES.fullmatch(plain):
        first, last = _day(found[1]), _day(found[2])
        if last < first:
            raise ValueError(f"'{plain}' ends before it begins")
        return Dated(first, last, zone)
    raise ValueError(f"'{plain[:60]}' is no freeze; {_FORMS}")


def _moment(day: str, hour: str, minute: str) -> tuple[int, time]:
    if day.capitalize() not in DAYS or int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"'{day} {hour}:{minute}' is no moment of a week; {_FORMS}")
    return DAYS.index(day.capitalize()), time(int(hour), int(minute))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is no day; {_FORMS}") from None


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
