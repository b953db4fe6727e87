"""The iCalendar format (RFC 5545), read from strangers and written for them."""

from gainful.sdk.ical.reading import LARGEST, Schedule
from gainful.sdk.ical.writing import note_in, written

__all__ = ["LARGEST", "Schedule", "note_in", "written"]
