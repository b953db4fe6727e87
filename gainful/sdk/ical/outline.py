"""An iCalendar text taken apart into its events, each apart from the others: a broken one spoils none but itself.

Only the lines are kept that say when an event is, whose it is and what it is called. Attachments, alarms and whatever
else programs put there are dropped unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from gainful.sdk.calendar import Aside

LONGEST_LINE = 100_000
MOST_LINES = 3_000
"""Kept lines of one event: more guests than any meeting has."""

_FOLD = re.compile(r"\r?\n[ \t]")
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_TZID = re.compile(r";TZID=(\"[^\"]*\"|[^;:\"]*)", re.IGNORECASE)
_DAY = re.compile(r"[:;,](\d{4})(\d{2})(\d{2})(?!\d)")

WHEN = frozenset(
    ("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "SEQUENCE", "EXRULE")
)
_WHAT = frozenset(("STATUS", "TRANSP", "SUMMARY", "DESCRIPTION", "LOCATION", "ORGANIZER", "ATTENDEE"))
_OF_PROGRAMS = frozenset(
    ("X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-ALLDAYEVENT", "X-GOOGLE-EVENT-TYPE", "X-GAINFUL-AGENT")
)
_KEPT = WHEN | _WHAT | _OF_PROGRAMS | {"X-GAINFUL-KEY"}
_SERIES = frozenset(("RRULE", "RDATE", "RECURRENCE-ID"))


@dataclass
class Entry:
    """One VEVENT: its lines, unfolded, in the order in which they stand.

    Args:
        first: The first line of each name.
    """

    lines: list[str] = field(default_factory=list)
    first: dict[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def uid(self) -> str:
        """What its UID line holds; empty without one."""
        return self.value("UID")[:500]

    def value(self, name: str) -> str:
        """What the first line of this name holds, as it stands there; empty without one."""
        return _value(self.first.get(name, ""))

    @property
    def zones(self) -> set[str]:
        """The TZIDs that it names."""
        return {zone.strip('"') for line in self.lines if name_of(line) in WHEN for zone in _TZID.findall(line)}

    @property
    def repeats(self) -> bool:
        """Whether it is a series, or changes one."""
        return not _SERIES.isdisjoint(self.first)

    def may_touch(self, first: date, last: date) -> bool:
        """Whether it can lie on one of these days, as far as a look at its digits tells; a series always can."""
        if self.repeats or "DURATION" in self.first:
            return True
        begins, ends = self._day("DTSTART"), self._day("DTEND")
        if begins is None:
            return True
        return begins <= last and (ends or begins) >= first

    def _day(self, name: str) -> date | None:
        found = _DAY.search(self.first.get(name, ""))
        try:
            return date(*map(int, found.groups())) if found else None
        except ValueError:
            return None


@dataclass
class Outline:
    """One VCALENDAR.

    Args:
        zones: The lines of each VTIMEZONE, by its TZID.
        entries: By uid; each without a uid stands alone.
        zone: IANA name of the zone in which it is meant to be shown; empty where it names none.
    """

    zones: dict[str, list[str]] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    zone: str = ""


def name_of(line: str) -> str:
    """The name with which a content line begins, in capitals; empty where there is none."""
    found = _NAME.match(line)
    return found[0].upper() if found else ""


def _value(line: str) -> str:
    return line.partition(":")[2].strip()


def outlines(text: str) -> tuple[list[Outline], list[Aside]]:
    """Every VCALENDAR of a text, and what of it could not be taken apart."""
    reader = _Reader()
    for line in _unfolded(text):
        reader.take(line)
    reader.end()
    return reader.found, reader.aside


def _unfolded(text: str) -> Iterator[str]:
    for line in _FOLD.sub("", text).split("\n"):
        # One line without end would cost more to take apart than the whole calendar.
        yield line.rstrip("\r")[:LONGEST_LINE]


class _Reader:
    """Follows BEGIN and END: what is open, and how deep."""

    def __init__(self) -> None:
        self.found: list[Outline] = []
        self.aside: list[Aside] = []
        self._entry: Entry | None = None
        self._zone: list[str] | None = None
        self._depth = 0
        self._nameless = 0

    def take(self, line: str) -> None:
        """The next line."""
        name = name_of(line)
        if name == "BEGIN":
            self._begin(_value(line).upper())
        elif name == "END":
            self._end(_value(line).upper())
        elif self._zone is not None:
            self._zone.append(line)
        elif self._entry is not None:
            if name in _KEPT and not self._depth:
                self._keep(self._entry, name, line)
        elif name == "X-WR-TIMEZONE" and self.found:
            self.found[-1].zone = _value(line)

    def end(self) -> None:
        """There are no more lines."""
        if self._entry is not None:
            self._entry.problem = "it is cut off"
            self._close()

    def _keep(self, entry: Entry, name: str, line: str) -> None:
        if len(entry.lines) >= MOST_LINES:
            entry.problem = "it has too many lines"
            return
        # A time in UTC is one, whatever zone some programs put beside it.
        kept = _TZID.sub("", line) if name in WHEN and line.endswith("Z") else line
        entry.lines.append(kept)
        entry.first.setdefault(name, kept)

    def _begin(self, kind: str) -> None:
        if kind == "VCALENDAR":
            self.end()
            self.found.append(Outline())
            self._zone, self._depth = None, 0
        elif kind == "VEVENT":
            if self._entry is not None:
                self._entry.problem = "it does not end before the next begins"
                self._close()
            self._entry, self._zone, self._depth = Entry(), None, 0
        elif kind == "VTIMEZONE" and self._entry is None:
            self._zone = []
        elif self._zone is not None:
            self._zone.append(f"BEGIN:{kind}")
        elif self._entry is not None:
            self._depth += 1

    def _end(self, kind: str) -> None:
        if kind == "VEVENT" and self._entry is not None:
            self._close()
        elif kind == "VTIMEZONE" and self._zone is not None:
            self._add_zone(self._zone)
            self._zone = None
        elif self._zone is not None:
            self._zone.append(f"END:{kind}")
        elif self._entry is not None and self._depth:
            self._depth -= 1

    def _close(self) -> None:
        entry, self._entry, self._depth = self._entry, None, 0
        if entry is None or not self.found:
            return
        uid = entry.uid
        if entry.problem:
            self.aside.append(Aside(uid, entry.problem))
            return
        self._nameless += not uid
        self.found[-1].entries.setdefault(uid or f"\n{self._nameless}", []).append(entry)

    def _add_zone(self, lines: list[str]) -> None:
        if self.found:
            for line in lines:
                if name_of(line) == "TZID":
                    self.found[-1].zones.setdefault(_value(line), lines)
                    return
