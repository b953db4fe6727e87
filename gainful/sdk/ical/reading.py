"""What an iCalendar text says, asked about one stretch of time after another.

    schedule = Schedule(text, usual=ZoneInfo("Europe/Berlin"))
    agenda = schedule.between(start, end)

The text is a stranger's. What cannot be read is set aside with its reason; what would take too long ends the reading,
and the agenda says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Component
from icalendar import Event as ComponentEvent

from gainful.core.calendar import Event, Guest, Reply, Shown, Standing
from gainful.core.ids import stable_id
from gainful.sdk.calendar import Agenda, Aside, CalendarUnreadable, checked_range, is_own
from gainful.sdk.ical.outline import WHEN, Entry, Outline, outlines
from gainful.sdk.ical.series import Series, Time, Unusable, span_of
from gainful.sdk.ical.zones import zones_of

LARGEST = 10 * 1024 * 1024
"""Octets of one calendar."""
MOST_EVENTS = 5_000
"""In one answer."""
MOST_ASIDE = 200
PATIENCE = 10.0
"""Seconds for one answer, and what is under way is finished: well under a second."""

_MARGIN = timedelta(days=2)
"""Around what is asked for: the zones lie up to 26 hours apart."""
_REPLIES = {
    "ACCEPTED": Reply.ACCEPTED,
    "COMPLETED": Reply.ACCEPTED,
    "IN-PROCESS": Reply.ACCEPTED,
    "TENTATIVE": Reply.MAYBE,
    "DECLINED": Reply.DECLINED,
    "DELEGATED": Reply.DELEGATED,
}
_OUTLOOK = {
    "FREE": Shown.FREE,
    # At work, only not here.
    "WORKINGELSEWHERE": Shown.FREE,
    "TENTATIVE": Shown.TENTATIVE,
    "BUSY": Shown.BUSY,
    "OOF": Shown.AWAY,
}
_GOOGLE = {"FOCUSTIME": Shown.BUSY, "OUTOFOFFICE": Shown.AWAY, "WORKINGLOCATION": Shown.FREE}


@dataclass
class _Group:
    """The events that share a uid: each a series of its own, mostly of one time."""

    uid: str
    entries: Sequence[Entry]
    outline: Outline
    series: Series | None = None
    problem: str = ""


class Schedule:
    """One iCalendar text. Taking an event apart is done once, at the first question that it may matter for.

    Args:
        usual: The zone of times that name none, and of whole days, where the text names no zone for itself.
        stated: The person's own zone; it goes before the text's.
        clock: Monotonic seconds.

    Raises:
        CalendarUnreadable: It is too large, or no calendar.
    """

    def __init__(
        self,
        text: bytes,
        usual: tzinfo,
        stated: tzinfo | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if len(text) > LARGEST:
            raise CalendarUnreadable(
                f"The calendar has {len(text)} octets; {LARGEST} are read.", "Publish less of it, such as this year's."
            )
        found, self._aside = outlines(text.decode("utf-8-sig", "replace").replace("\0", ""))
        if not found:
            raise CalendarUnreadable("What lies there is no calendar: it has no BEGIN:VCALENDAR.", "Check the address.")
        self._clock = clock
        self._groups = [
            (_Group(uid, entries, outline), stated or _zone(outline.zone) or usual)
            for outline in found
            for uid, entries in outline.entries.items()
        ]
        # What is quickly read comes first: a rule that takes all the time takes none from the others.
        self._groups.sort(key=lambda one: any(entry.repeats for entry in one[0].entries))

    def between(self, start: datetime, end: datetime) -> Agenda:
        """Every event that lies at least partly between two aware moments.

        Raises:
            RangeInvalid: Nothing can be said of this time.
        """
        checked_range(start, end)
        deadline = self._clock() + PATIENCE
        found: list[Event] = []
        aside = list(self._aside)
        complete = True
        for group, zone in self._groups:
            if self._clock() > deadline or len(found) > MOST_EVENTS:
                complete = False
                break
            found.extend(_times(group, zone, start, end))
            if group.problem:
                aside.append(Aside(group.uid.strip(), group.problem))
        found.sort(key=lambda event: (event.start, event.end, event.id))
        return Agenda(tuple(found[:MOST_EVENTS]), tuple(aside[:MOST_ASIDE]), complete and len(found) <= MOST_EVENTS)


def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def _times(group: _Group, zone: tzinfo, start: datetime, end: datetime) -> list[Event]:
    first, last = start.astimezone(zone) - _MARGIN, end.astimezone(zone) + _MARGIN
    if group.problem or not any(entry.may_touch(first.date(), last.date()) for entry in group.entries):
        return []
    try:
        if group.series is None:
            group.series = Series(_components(group))
        return list(_inside(group.series.between(first, last), zone, start, end))
    except Unusable as error:
        group.problem = str(error)
    except Exception as error:
        # Whatever the libraries make of a stranger's text.
        group.problem = f"it cannot be worked out ({type(error).__name__})"
    return []


def _inside(times: Iterator[Time], zone: tzinfo, start: datetime, end: datetime) -> Iterator[Event]:
    for one in times:
        begins, ends = _instant(one.start, zone), _end(one, zone)
        # An event without length lies where it begins.
        if begins < end and (ends > start or (begins == ends and begins >= start)):
            yield _event(one, begins, ends, zone)


def _components(group: _Group) -> list[Component]:
    mentioned = {zone for entry in group.entries for zone in entry.zones}
    found = []
    with zones_of(group.outline.zones, mentioned):
        for entry in group.entries:
            component = ComponentEvent.from_ical("\r\n".join(("BEGIN:VEVENT", *entry.lines, "END:VEVENT", "")))
            if "EXRULE" in entry.first:
                raise Unusable("it leaves times out by a rule, which RFC 5545 no longer knows")
            for name, _ in component.errors:
                if name is None or name in WHEN:
                    raise Unusable(f"its {name or 'text'} cannot be read")
            if any(isinstance(component.get(name), list) for name in ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID")):
                raise Unusable("it has two starts, ends or places in its series")
            found.append(component)
    return found


# --- when ---


def _instant(moment: date, zone: tzinfo) -> datetime:
    """In UTC: a day is its first midnight, and a time without a zone is one in the zone of the person."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 -- its zone follows
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def _end(one: Time, zone: tzinfo) -> datetime:
    """When it ends. RFC 5545, 3.8.5.3: a series that names its end lasts equally long each time, clocks changed or not.

    With DURATION, days are days on the calendar, and hours are hours.
    """
    starts, ends = span_of(one.source)
    if not isinstance(one.start, datetime) or not one.as_usual:
        return _instant(one.end, zone)
    if "DTEND" in one.source or "DURATION" not in one.source:
        return _instant(one.start, zone) + (_instant(ends, zone) - _instant(starts, zone))
    stated: Any = one.source.get("DURATION")
    lasts: timedelta = stated.dt
    return _instant(one.start + timedelta(days=lasts.days), zone) + timedelta(seconds=lasts.seconds)


# --- what ---


def _event(one: Time, begins: datetime, ends: datetime, zone: tzinfo) -> Event:
    source = one.source
    uid = _text(source, "UID", 500)
    own = is_own(uid) and "X-GAINFUL-KEY" in source
    recurring = any(name in source for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
    turn = source.get("RECURRENCE-ID")
    which = _instant(turn.dt if turn is not None else one.start, zone).isoformat() if recurring else ""
    all_day = not isinstance(one.start, datetime) or _text(source, "X-MICROSOFT-CDO-ALLDAYEVENT", 5).upper() == "TRUE"
    return Event(
        id=uid if own and not recurring else stable_id(uid or begins.isoformat(), which, length=16),
        uid=uid,
        start=begins,
        end=ends,
        all_day=all_day,
        title=_text(source, "SUMMARY", 500),
        text=_text(source, "DESCRIPTION", 20_000),
        place=_text(source, "LOCATION", 500),
        organizer=next(iter(_addresses(_one(source.get("ORGANIZER")))), ""),
        guests=tuple(_guest(each) for each in _all(source.get("ATTENDEE"))),
        shown=_shown(source),
        standing=_standing(source),
        recurring=recurring,
        own=own,
    )


def _shown(source: Component) -> Shown:
    """How the time is shown. That it is free is believed wherever it stands; else the closest word counts."""
    said = [
        _GOOGLE.get(_text(source, "X-GOOGLE-EVENT-TYPE", 30).upper()),
        _OUTLOOK.get(_text(source, "X-MICROSOFT-CDO-BUSYSTATUS", 30).upper()),
        {"OPAQUE": Shown.BUSY, "TRANSPARENT": Shown.FREE}.get(_text(source, "TRANSP", 30).upper()),
    ]
    if Shown.FREE in said:
        return Shown.FREE
    return next((one for one in said if one is not None), Shown.UNSAID)


def _standing(source: Component) -> Standing:
    said = _text(source, "STATUS", 30).lower()
    return next((one for one in (Standing.CANCELLED, Standing.TENTATIVE) if one.value == said), Standing.CONFIRMED)


def _guest(value: Any) -> Guest:
    stated = str(value.params.get("PARTSTAT", "")).upper() if hasattr(value, "params") else ""
    return Guest(_addresses(value), _REPLIES.get(stated, Reply.OPEN) if stated else None)


def _addresses(value: Any) -> tuple[str, ...]:
    """Of a person, in lower case: what stands after `mailto:`, and what some programs put beside it."""
    if value is None:
        return ()
    text = str(value).strip()
    found = [text[7:] if text.lower().startswith("mailto:") else text]
    if hasattr(value, "params"):
        found.append(str(value.params.get("EMAIL", "")))
    return tuple(dict.fromkeys(one.strip().lower()[:320] for one in found if "@" in one))


def _text(source: Component, name: str, longest: int) -> str:
    value = _one(source.get(name))
    return str(value).strip()[:longest] if value is not None else ""


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _all(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]
