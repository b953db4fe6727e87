"""The time zones that a calendar describes itself, where their names are nobody else's.

A name that the IANA database has means that zone, whatever the calendar says of it, or if it says nothing. Other names,
such as "(UTC+01:00) Amsterdam, Berlin" of Outlook, mean what this calendar says and not what another one said, so that
each is read apart.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from zoneinfo import available_timezones

from icalendar import Timezone
from icalendar.timezone import tzp

from gainful.sdk.ical.outline import name_of

MOST_LINES = 2_000
_KEPT = frozenset(("BEGIN", "END", "TZID", "DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"))
_PARTS = frozenset(("STANDARD", "DAYLIGHT"))
# Once a year, and on a day that comes again: a rule that never fits would be searched for up to the year 9999.
_RULE = re.compile(
    r"RRULE:(?=[^\n]*FREQ=YEARLY)(?:;?(?:FREQ=YEARLY|INTERVAL=1|BYMONTH=(?:1[0-2]|[1-9])|WKST=[A-Z]{2}"
    r"|BYDAY=[+-]?[1-4]?(?:MO|TU|WE|TH|FR|SA|SU)|BYMONTHDAY=-?(?:2[0-8]|1\d|[1-9])(?:,-?(?:2[0-8]|1\d|[1-9]))*"
    r"|UNTIL=\d{8}(?:T\d{6}Z?)?))+",
    re.IGNORECASE,
)
_lock = threading.Lock()


@contextmanager
def zones_of(descriptions: Mapping[str, Sequence[str]], mentioned: Collection[str]) -> Iterator[None]:
    """While this lasts, icalendar knows the zones that this calendar describes, and no other calendar's.

    Args:
        descriptions: The lines of each VTIMEZONE, by its TZID.
        mentioned: The TZIDs that are about to be read.
    """
    own = [name for name in mentioned if name.strip("/") not in _known()]
    # The library keeps what it learns for the whole process.
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if own:
            tzp.use_zoneinfo()
        for name in own:
            _learn(descriptions.get(name, ()))
        yield


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def _learn(lines: Sequence[str]) -> None:
    kept = [line for line in lines if name_of(line) in _KEPT]
    if not kept or len(kept) > MOST_LINES or not all(_harmless(line) for line in kept):
        return
    try:
        Timezone.from_ical("\r\n".join(("BEGIN:VTIMEZONE", *kept, "END:VTIMEZONE", "")))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
        # An event in a zone that nobody can read is taken to be in the zone of the person.
        return


def _harmless(line: str) -> bool:
    name, _, value = line.partition(":")
    if name.upper() in ("BEGIN", "END"):
        return value.strip().upper() in _PARTS
    return name_of(line) != "RRULE" or _RULE.fullmatch(line.strip()) is not None
