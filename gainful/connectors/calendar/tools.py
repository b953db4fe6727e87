"""The tools `calendar.events`, `.busy`, `.free`, `.note` and `.cancel`, over any calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from gainful.connectors.calendar.errors import CalendarNotFound, GuestsUnnamed, TimeUnclear
from gainful.connectors.calendar.moments import hours_of, is_day, moment, outside, shown
from gainful.core.busy import Interval, busy_intervals, free_intervals, merged, takes_time
from gainful.core.calendar import Event
from gainful.core.errors import GainfulError
from gainful.core.value import Json
from gainful.sdk.calendar import Calendar, Note, checked_range, mark_of, uid_of
from gainful.sdk.declaration import declared
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation, nothing_left, texts
from gainful.sdk.tool import Found

MOST_EVENTS = 200
MOST_CALENDARS = 20
MOST_FREE = 50
LONGEST_TEXT = 2_000
"""Characters of a description in a list of events."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One calendar, and whose it is.

    Args:
        open: Whoever opens it closes it.
        addresses: Lower-case addresses under which the person is invited.
        zone: In which their days begin.
    """

    open: Callable[[], Calendar]
    person: str
    addresses: frozenset[str]
    zone: tzinfo


def calendar_tools(desks: Mapping[str, Desk], agent: str) -> list[Operation]:
    """All five, over these calendars by their names; the first is meant where none is named."""
    tools = _CalendarTools(desks, agent)
    spec = declared("calendar")
    return [
        Operation(spec["calendar.events"], tools.events, nothing_left),
        Operation(spec["calendar.busy"], tools.busy, nothing_left),
        Operation(spec["calendar.free"], tools.free, nothing_left),
        Operation(spec["calendar.note"], tools.note, tools.noted),
        Operation(spec["calendar.cancel"], tools.cancel, tools.cancelled),
    ]


class _CalendarTools:
    def __init__(self, desks: Mapping[str, Desk], agent: str) -> None:
        self._desks = desks
        self._agent = agent

    def events(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        name, desk = self._desk(given)
        start, end = _range(given, desk.zone)
        limit = max(1, min(given.get("limit", 50), MOST_EVENTS))
        with desk.open() as calendar:
            agenda = calendar.events(start, end)
        return {
            "calendar": name,
            "zone": str(desk.zone),
            "events": [_event(event, desk) for event in agenda.events[:limit]],
            "more": len(agenda.events) > limit or not agenda.complete,
            "unreadable": len(agenda.aside),
        }

    def busy(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        names = self._whose([given["who"]])
        zone = self._desks[names[0]].zone
        start, end = _range(given, zone)
        found, unknown = self._busy(names, start, end)
        return {**_told(given["who"], zone, unknown), "busy": _intervals(merged(found), zone)}

    def free(self, _grant: Grant, given: Mapping[str, Json]) -> Json:
        who = texts(given["who"], "who")
        names = self._whose(who)
        zone = self._desks[names[0]].zone
        start, end = _range(given, zone)
        hours = hours_of(given.get("hours", ""))
        found, unknown = self._busy(names, start, end)
        if hours is not None:
            found += outside(hours, start, end, zone)
        at_least = timedelta(minutes=max(1, given.get("minutes", 30)))
        # Somebody whose calendar cannot be read may be busy at any time.
        free = [] if unknown else free_intervals(found, start, end, at_least)
        return {**_told(who, zone, unknown), "free": _intervals(free[:MOST_FREE], zone)}

    def note(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        name, desk = self._desk(given)
        note = _note(given, desk.zone)
        with desk.open() as calendar:
            if "id" in given:
                self._all_named(calendar, given)
                written = calendar.change(grant, given["id"], note, self._agent)
            else:
                written = calendar.create(grant, note, self._agent)
        return {"id": written.uid, "calendar": name}

    def noted(self, key: str, given: Mapping[str, Json]) -> Found | None:
        name, desk = self._desk(given)
        uid = given.get("id", uid_of(key))
        with desk.open() as calendar:
            there = calendar.note(uid)
        # A note that is not there was not written, or the person took it away in this moment: written again, it is one
        # note of their own calendar.
        done = there is not None and there.key == mark_of(key)
        return Found(done=done, answer={"id": uid, "calendar": name} if done else None)

    def cancel(self, grant: Grant, given: Mapping[str, Json]) -> Json:
        name, desk = self._desk(given)
        with desk.open() as calendar:
            self._all_named(calendar, given)
            calendar.delete(grant, given["id"])
        return {"id": given["id"], "calendar": name}

    def cancelled(self, _key: str, given: Mapping[str, Json]) -> Found | None:
        name, desk = self._desk(given)
        with desk.open() as calendar:
            gone = calendar.note(given["id"]) is None
        return Found(done=gone, answer={"id": given["id"], "calendar": name} if gone else None)

    def _desk(self, given: Mapping[str, Json]) -> tuple[str, Desk]:
        name = given.get("calendar") or next(iter(self._desks), "")
        if name not in self._desks:
            raise CalendarNotFound(f"There is no calendar '{name[:60]}'.", f"Calendars: {', '.join(self._desks)}.")
        return name, self._desks[name]

    def _whose(self, who: Sequence[str]) -> list[str]:
        """Names of the calendars of these people; a name may also be that of a calendar."""
        found: list[str] = []
        for one in who:
            names = [one] if one in self._desks else [name for name, desk in self._desks.items() if desk.person == one]
            if not names:
                people = sorted({desk.person for desk in self._desks.values()} | set(self._desks))
                raise CalendarNotFound(
                    f"Nobody called '{one[:60]}' has a calendar here.", f"Known: {', '.join(people)}."
                )
            found += names
        if not found or len(found) > MOST_CALENDARS:
            raise CalendarNotFound(f"{len(found)} calendars were asked for.", f"Name one to {MOST_CALENDARS}.")
        return list(dict.fromkeys(found))

    def _busy(self, names: Iterable[str], start: datetime, end: datetime) -> tuple[list[Interval], list[str]]:
        """When the people of these calendars are busy, and which calendars do not tell."""
        found: list[Interval] = []
        unknown = []
        for name in names:
            desk = self._desks[name]
            try:
                with desk.open() as calendar:
                    agenda = calendar.events(start, end)
            except GainfulError:
                unknown.append(name)
                continue
            found += busy_intervals(agenda.events, desk.addresses)
            if not agenda.complete:
                unknown.append(name)
        return found, unknown

    def _all_named(self, calendar: Calendar, given: Mapping[str, Json]) -> None:
        """Whoever takes part is told of the change: then the call names them, and counts as one that reaches them."""
        there = calendar.note(given["id"])
        named = {one.lower() for one in texts(given.get("attendees"), "attendees")}
        if there is not None and there.guests - named:
            raise GuestsUnnamed(
                f"{len(there.guests)} others take part in '{given['id'][:60]}', and would be told.",
                f"Call it again with attendees: {', '.join(sorted(there.guests))[:300]}.",
            )


def _range(given: Mapping[str, Json], zone: tzinfo) -> tuple[datetime, datetime]:
    start, end = moment(given["from"], zone), moment(given["to"], zone, last=True)
    checked_range(start, end)
    return start, end


def _note(given: Mapping[str, Json], zone: tzinfo) -> Note:
    days = is_day(given["start"]), is_day(given["end"])
    if days[0] != days[1]:
        raise TimeUnclear("A note begins and ends with a day, or begins and ends with a time.", "Give two of one kind.")
    return Note(
        given["title"],
        moment(given["start"], zone),
        moment(given["end"], zone, last=True),
        given.get("text", "").replace("\r\n", "\n").replace("\r", "\n"),
        all_day=days[0],
        busy=given.get("busy", False),
        guests=tuple(texts(given.get("attendees"), "attendees")),
    )


def _event(event: Event, desk: Desk) -> dict[str, Json]:
    return {
        "id": event.id,
        "start": shown(event.start, desk.zone),
        "end": shown(event.end, desk.zone),
        "all_day": event.all_day,
        "title": event.title,
        "text": event.text[:LONGEST_TEXT],
        "place": event.place,
        "organizer": event.organizer,
        "guests": [
            {"address": next(iter(guest.addresses), ""), "reply": guest.reply.value if guest.reply else None}
            for guest in event.guests[:50]
        ],
        "busy": takes_time(event, desk.addresses),
        "recurring": event.recurring,
        "own": event.own,
    }


def _told(who: Json, zone: tzinfo, unknown: list[str]) -> dict[str, Any]:
    return {"who": who, "zone": str(zone), "known": not unknown, "unknown": unknown}


def _intervals(found: Iterable[Interval], zone: tzinfo) -> list[Json]:
    return [{"start": shown(one.start, zone), "end": shown(one.end, zone)} for one in found]
