"""Calendars on CalDAV servers."""

from gainful.connectors.caldav.calendar import CalDavCalendar
from gainful.connectors.caldav.discovery import Collection, collections
from gainful.connectors.caldav.server import Server

__all__ = ["CalDavCalendar", "Collection", "Server", "collections"]
