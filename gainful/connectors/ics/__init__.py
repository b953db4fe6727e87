"""Calendars that are files or are published as such: read only."""

from gainful.connectors.ics.feed import FeedCalendar
from gainful.connectors.ics.file import FileCalendar

__all__ = ["FeedCalendar", "FileCalendar"]
