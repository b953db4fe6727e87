"""Who is on call for a service: a person, or whomever a calendar names at the moment."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from gainful.core.calendar import Event, Shown, Standing
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError
from gainful.sdk.calendar import Agenda

CALENDAR = "calendar:"
"""Begins an `on_call` that names a calendar of the settings instead of a person."""

_SHIFT = timedelta(minutes=1)
_NAME = re.compile(r"[\w.@+-]+")


class Rota:
    """Who is on call.

    Args:
        agenda: What stands in the calendar of this name between two moments; see `Calendars.agenda`.
        persons: Everybody who is known: a title calls nobody else.
    """

    def __init__(
        self,
        agenda: Callable[[str, datetime, datetime], Agenda],
        persons: Callable[[], Collection[str]],
        clock: Clock,
    ) -> None:
        self._agenda = agenda
        self._persons = persons
        self._clock = clock

    def on_call(self, setting: str) -> tuple[str, ...]:
        """The persons who are on call now; nobody where a calendar cannot be read, or names nobody who is known.

        Args:
            setting: A person, or `calendar:NAME`: then each event of that calendar names in its title who is on call.
        """
        if not setting.startswith(CALENDAR):
            return (setting,) if setting else ()
        now = self._clock()
        try:
            agenda = self._agenda(setting.removeprefix(CALENDAR), now, now + _SHIFT)
        except GainfulError:
            # Whoever is told then is the author: better than nobody.
            return ()
        persons = self._persons()
        found = (person for event in agenda.events if _holds(event, now) for person in _named(event.title, persons))
        return tuple(dict.fromkeys(found))


def _holds(event: Event, now: datetime) -> bool:
    """Whether it is under way. It counts shown as free too, as whole days are: nobody is busy by being on call."""
    return event.start <= now < event.end and event.standing is not Standing.CANCELLED and event.shown is not Shown.AWAY


def _named(title: str, persons: Collection[str]) -> Iterator[str]:
    names = {name.lower().strip(".") for name in _NAME.findall(title)}
    yield from (person for person in sorted(persons) if person.lower() in names)
