"""What can be wrong with a question about calendars.

Invalid
├── CalendarNotFound   no calendar or person of that name
├── TimeUnclear        a time that cannot be read
└── GuestsUnnamed      others take part in a note, and the call does not name them
"""

from __future__ import annotations

from gainful.core.errors import Invalid


class CalendarNotFound(Invalid):
    """There is no such calendar, or nobody of that name has one."""

    code = "calendar-not-found"


class TimeUnclear(Invalid):
    """A time is written in a way that is not understood."""

    code = "time-unclear"


class GuestsUnnamed(Invalid):
    """A note has guests who would be told of the change, and the call does not name them all."""

    code = "guests-unnamed"
