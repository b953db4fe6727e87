"""Tools over people's calendars, whatever keeps them: look, say who is busy, find a free time, keep notes."""

from gainful.connectors.calendar.tools import Desk, calendar_tools

__all__ = ["Desk", "calendar_tools"]
