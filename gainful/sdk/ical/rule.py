"""A recurrence rule that is worked out in bounded time, also where it never comes to anything.

dateutil looks for a next time up to the year 9999: eight seconds for "30 February, looked for daily", from one line of
a stranger's invitation. The Gregorian calendar repeats itself every 400 years to the day of the week, so a rule is
worked out in the last such cycle that dateutil knows, where less than 400 years are left to look through, and brought
back.

What repeats by the hour or more often is no meeting, and is refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

from dateutil.rrule import rrulestr

MOST_TIMES_A_DAY = 24
LONGEST_INTERVAL = 1_000
_CYCLE = 400
_LAST = 9990
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_NUMBERS = re.compile(r"[+-]?\d{1,3}(,[+-]?\d{1,3})*")
_DAYS = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU))*")
_PARTS = {
    "FREQ": re.compile(r"[A-Z]+"),
    "UNTIL": re.compile(r"\d{8}(T\d{6}Z?)?"),
    "COUNT": re.compile(r"-?\d{1,9}"),
    "INTERVAL": re.compile(r"\d{1,9}"),
    "BYDAY": _DAYS,
    "WKST": re.compile(r"MO|TU|WE|TH|FR|SA|SU"),
    **dict.fromkeys(
        ("BYSECOND", "BYMINUTE", "BYHOUR", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS"), _NUMBERS
    ),
}


class Unusable(ValueError):
    """Why an event cannot be read, in words for a person."""


class Rule:
    """The times of one RRULE.

    Args:
        text: Such as `FREQ=WEEKLY;BYDAY=MO`.
        start: Of the first time: aware, or without a zone where the event floats or lasts whole days.
        all_day: Whether the series is of days and not of times.

    Raises:
        Unusable: It is none, or more than is worked out here.
    """

    def __init__(self, text: str, start: datetime, *, all_day: bool = False) -> None:
        parts = _parts(text)
        self._zone = start.tzinfo
        self._start = start.replace(tzinfo=None)
        self.until = _until(parts.pop("UNTIL", ""), self._zone, all_day=all_day)
        self.text = ";".join(f"{name}={value}" for name, value in parts.items())

    def between(self, after: datetime, before: datetime, inc: bool = True) -> list[datetime]:  # noqa: ARG002 -- as dateutil's
        """The times between two moments, both included; as the start, with or without a zone."""
        first, last = self._wall(after), self._wall(before)
        if self.until is not None:
            # Whoever asks compares with `until` itself; a day more is for the change of the clocks.
            last = min(last, self._wall(self.until) + timedelta(days=1))
        if first > last:
            return []
        years = _CYCLE * ((_LAST - last.year) // _CYCLE)
        rule = rrulestr(self.text, dtstart=_moved(self._start, years))
        found = rule.between(_moved(first, years), _moved(last, years), inc=True)
        return [_moved(one, -years).replace(tzinfo=self._zone) for one in found]

    def _wall(self, moment: datetime) -> datetime:
        """What the clock on the wall shows in the zone of the event."""
        if moment.tzinfo is not None and self._zone is not None:
            moment = moment.astimezone(self._zone)
        return moment.replace(tzinfo=None)


def _parts(text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in text.upper().strip().strip(";").split(";"):
        name, _, value = part.partition("=")
        form = _PARTS.get(name)
        if form is None or name in parts or len(value) > 2000 or not form.fullmatch(value):
            raise Unusable(f"its rule holds {part[:40]!r}, which is not understood")
        parts[name] = value
    if parts.get("FREQ") not in _FREQUENCIES:
        raise Unusable(f"it repeats {parts.get('FREQ', 'by no rule').lower()[:20]}, which no meeting does")
    if not 1 <= int(parts.get("INTERVAL", "1")) <= LONGEST_INTERVAL:
        raise Unusable(f"its rule has the interval {parts['INTERVAL']}")
    if int(parts.get("COUNT", "1")) < 1:
        # Some programs write -1 for "without end".
        del parts["COUNT"]
    times = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= parts.get(name, "").count(",") + 1
    if times > MOST_TIMES_A_DAY:
        raise Unusable(f"it repeats {times} times a day, which no meeting does")
    return parts


def _until(text: str, zone: tzinfo | None, *, all_day: bool) -> datetime | None:
    """The last moment at which a time may be: the whole of a day that is named without a time counts."""
    if not text:
        return None
    try:
        day = datetime.strptime(text[:8], "%Y%m%d")  # noqa: DTZ007 -- a zone is put to it below, where there is one
        if len(text) == 8 or all_day:
            return datetime.combine(day, time(23, 59, 59), zone)
        moment = datetime.strptime(text[:15], "%Y%m%dT%H%M%S")  # noqa: DTZ007 -- likewise
    except ValueError:
        raise Unusable(f"its rule ends at {text!r}, which is no time") from None
    return moment.replace(tzinfo=UTC if text.endswith("Z") and zone is not None else zone)


def _moved(moment: datetime, years: int) -> datetime:
    return moment.replace(year=moment.year + years)
