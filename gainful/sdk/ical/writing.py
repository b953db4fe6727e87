"""A note of Gainful's as an iCalendar text, and found again in one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from icalendar import Calendar as Document
from icalendar import Event as ComponentEvent
from icalendar import vCalAddress, vText

import gainful
from gainful.sdk.calendar import Note, Written, is_own, mark_of
from gainful.sdk.ical.outline import Entry, name_of, outlines


def written(note: Note, uid: str, key: str, agent: str, now: datetime, zone: tzinfo, organizer: str = "") -> bytes:
    """The note as it goes into a calendar.

    Args:
        key: Of the effect that writes it.
        zone: In which its days are, where it lasts whole days.
        organizer: Address of the person whose calendar it is; where guests are invited.
    """
    event = ComponentEvent()
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(UTC))
    start, end = note.start.astimezone(UTC), note.end.astimezone(UTC)
    event.add("dtstart", start.astimezone(zone).date() if note.all_day else start)
    event.add("dtend", end.astimezone(zone).date() if note.all_day else end)
    event.add("summary", note.title)
    if note.text:
        event.add("description", note.text)
    event.add("transp", "OPAQUE" if note.busy else "TRANSPARENT")
    event["X-GAINFUL-AGENT"] = vText(re.sub(r"[^A-Za-z0-9._-]", "-", agent)[:64])
    event["X-GAINFUL-KEY"] = vText(mark_of(key))
    if note.guests:
        event["ORGANIZER"] = vCalAddress(f"mailto:{organizer}")
        for address in note.guests:
            guest = vCalAddress(f"mailto:{address}")
            guest.params["PARTSTAT"] = "NEEDS-ACTION"
            guest.params["RSVP"] = "TRUE"
            event.add("attendee", guest, encode=False)
    document = Document()
    document.add("version", "2.0")
    document.add("prodid", f"-//Gainful {gainful.__version__}//EN")
    document.add_component(event)
    return bytes(document.to_ical())


def note_in(text: bytes, uid: str) -> Written | None:
    """The note with this uid that Gainful wrote; None where the text holds none."""
    found, _ = outlines(text.decode("utf-8-sig", "replace"))
    for outline in found:
        for entry in outline.entries.get(uid, ()):
            key = entry.value("X-GAINFUL-KEY")
            if is_own(uid) and key:
                return Written(uid, key, frozenset(_guests(entry)))
    return None


def _guests(entry: Entry) -> list[str]:
    lines = [line.lower() for line in entry.lines if name_of(line) == "ATTENDEE"]
    return [line.rpartition("mailto:")[2].strip() for line in lines if "mailto:" in line]


__all__ = ["note_in", "written"]
