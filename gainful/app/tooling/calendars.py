"""The calendars of the settings: opened, and asked who is busy.

    presence = calendars.busy_until("ada")          # busy, certainly free, or unknown
    ends = calendars.meeting_ends("work", after, until)

What is kept between questions are times alone: no title, place or guest of anybody's.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from gainful.agents.waking.happening import MeetingEnded
from gainful.app.accounts import secret_in_file
from gainful.app.local_zone import local_zone
from gainful.core.busy import GAP, Interval, Presence, busy_intervals, end_at, meeting_ends, merged
from gainful.core.clock import Clock
from gainful.core.errors import GainfulError, Invalid
from gainful.gate.broker import Broker
from gainful.sdk.calendar import Agenda, Calendar, CalendarUnreachable
from gainful.sdk.secret import Connection, Handle
from gainful.storage.settings.calendar import CalendarSetting
from gainful.storage.settings.config import Config

FRESH = timedelta(minutes=2)
"""How long what was read is taken as it was."""
RETRY = timedelta(minutes=1)
"""How long a calendar that could not be read is left alone."""
BEHIND, AHEAD = timedelta(days=1), timedelta(days=2)
"""What is read around a moment: meetings that follow one another for longer than that are told as far."""


class CalendarUnknown(Invalid):
    """The settings name no such calendar, or none of this person."""

    code = "calendar-unknown"


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read of a calendar, or why nothing was.

    Args:
        first, last: Between which moments.
    """

    at: datetime
    first: datetime
    last: datetime
    busy: tuple[Interval, ...] = ()
    problem: GainfulError | None = None

    def answers(self, first: datetime, last: datetime, now: datetime) -> bool:
        """Whether it still holds, and reaches so far. A clock that was set back makes it old."""
        age = now - self.at
        if self.problem is not None:
            return timedelta(0) <= age < (self.problem_wait or RETRY)
        return timedelta(0) <= age < FRESH and self.first <= first and last <= self.last

    @property
    def problem_wait(self) -> timedelta | None:
        """How long the other side asked to be left alone."""
        return getattr(self.problem, "retry_after", None)


class _Kept:
    """One calendar that stays open, used by one thread at a time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: _Seen | None = None
        self._calendar: Calendar | None = None

    def calendar(self, open_: Callable[[], Calendar]) -> Calendar:
        """The same one as before: a published calendar that has not changed is not sent again."""
        if self._calendar is None:
            self._calendar = open_()
        return self._calendar

    def close(self) -> None:
        """Let go of it; asked again, it is opened anew."""
        with self.lock:
            if self._calendar is not None:
                self._calendar.close()
            self._calendar = None


class Calendars:
    """All calendars of one installation. Safe to share between threads; making it reaches nothing."""

    def __init__(self, config: Config, broker: Broker, clock: Clock) -> None:
        self._config = config
        self._broker = broker
        self._clock = clock
        self._kept = {one.name: _Kept() for one in config.calendars}

    @property
    def settings(self) -> Sequence[CalendarSetting]:
        """As the settings name them."""
        return self._config.calendars

    def setting(self, name: str) -> CalendarSetting:
        """The calendar of this name.

        Raises:
            CalendarUnknown: There is none.
        """
        for one in self._config.calendars:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self._config.calendars) or "none yet"
        raise CalendarUnknown(f"There is no calendar '{name[:60]}'.", f"Calendars in gainful.toml: {known}.")

    def named(self, who: str) -> Sequence[CalendarSetting]:
        """The calendar of this name, or all of the person of this name.

        Raises:
            CalendarUnknown: There is neither.
        """
        found = [one for one in self._config.calendars if one.name == who]
        return found or [one for one in self._config.calendars if self.person(one) == who] or [self.setting(who)]

    def person(self, setting: CalendarSetting) -> str:
        """Whose it is."""
        return setting.person or self._config.owner.person

    def addresses(self, setting: CalendarSetting) -> tuple[str, ...]:
        """Under which addresses that person is invited, in lower case."""
        found = list(setting.addresses)
        if not found and self.person(setting) == self._config.owner.person:
            found = [address for account in self._config.accounts for address in account.own_addresses]
        if "@" in setting.user:
            found.append(setting.user)
        return tuple(dict.fromkeys(address.lower() for address in found))

    def zone(self, setting: CalendarSetting) -> ZoneInfo:
        """In which the person's days begin."""
        return ZoneInfo(setting.zone) if setting.zone else self._usual_zone()

    def open(self, name: str) -> Calendar:
        """The calendar; whoever opens it closes it. Nothing is reached before it is asked.

        Raises:
            CalendarUnknown: There is none of this name.
            CalendarUnreachable: The file with the certificate of its authority cannot be used.
        """
        setting = self.setting(name)
        usual, stated = self._usual_zone(), ZoneInfo(setting.zone) if setting.zone else None
        if setting.is_file:
            from gainful.connectors.ics import FileCalendar

            return FileCalendar(setting.name, setting.file, usual, stated)
        tls = _trusting(setting)
        if not setting.is_caldav:
            from gainful.connectors.ics import FeedCalendar

            url = f"{setting.origin}{setting.path}"
            handle = self._handle(setting, "ics")
            return FeedCalendar(setting.name, url, handle, usual, stated, user=setting.user, tls=tls)
        from gainful.connectors.caldav import CalDavCalendar, Server

        server = Server(setting.origin, setting.user, self._handle(setting, "caldav"), auth=setting.auth, tls=tls)
        return CalDavCalendar(
            server,
            setting.path,
            wanted=setting.calendar,
            addresses=self.addresses(setting),
            usual=usual,
            stated=stated,
            clock=self._clock,
        )

    def agenda(self, name: str, start: datetime, end: datetime) -> Agenda:
        """What stands in a calendar between two moments, read now; nothing of it is kept.

        Raises:
            CalendarUnknown: There is none of this name.
            GainfulError: It cannot be read.
        """
        with self.open(name) as calendar:
            return calendar.events(start, end)

    def busy_until(self, person: str) -> Presence:
        """What is known of this person now: busy until then, certainly free, or unknown.

        Somebody without a calendar is unknown, and so is whoever has one that cannot be read; "unknown" then names the
        calendar, or the person.
        """
        now = self._clock()
        mine = [one.name for one in self._config.calendars if self.person(one) == person]
        busy, unknown = self.busy(mine, now - GAP, now + GAP)
        return Presence(end_at(busy, now), unknown if mine else (person,))

    def busy(self, names: Iterable[str], start: datetime, end: datetime) -> tuple[list[Interval], tuple[str, ...]]:
        """When somebody is busy by these calendars together, and which of them could not be read.

        Intervals that touch the time are given whole, beyond its ends as well.
        """
        found: list[Interval] = []
        unknown: list[str] = []
        for name in names:
            seen = self._look(name, start, end)
            found += seen.busy
            if seen.problem is not None:
                unknown.append(name)
        return [one for one in merged(found) if one.start < end and one.end > start], tuple(unknown)

    def meeting_ends(self, name: str, after: datetime, until: datetime) -> list[datetime]:
        """When meetings in this calendar ended, after one moment and not after another.

        Asked on from where the last question stopped, it tells none twice, and while the calendar cannot be read it
        tells nothing: the question is asked again later.

        Raises:
            CalendarUnknown: There is no such calendar.
            GainfulError: It cannot be read now.
        """
        self.setting(name)
        seen = self._look(name, after - GAP, until + GAP)
        if seen.problem is not None:
            raise seen.problem
        return meeting_ends(seen.busy, after, until)

    def meetings_over(self, after: datetime, until: datetime) -> Iterator[MeetingEnded]:
        """Meetings of every calendar that ended after one moment and not after another, times alone.

        A calendar that cannot be read now tells nothing; asked again, it tells what it has not told.
        """
        for setting in self._config.calendars:
            seen = self._look(setting.name, after - GAP, until + GAP)
            for one in seen.busy if seen.problem is None else ():
                if after < one.end <= until:
                    yield MeetingEnded(setting.name, one.start, one.end)

    def close(self) -> None:
        """Let go of every connection."""
        for kept in self._kept.values():
            kept.close()

    def _look(self, name: str, first: datetime, last: datetime) -> _Seen:
        kept = self._kept[name]
        with kept.lock:
            now = self._clock()
            if kept.seen is None or not kept.seen.answers(first, last, now):
                kept.seen = self._read(name, kept, min(first, now - BEHIND), max(last, now + AHEAD), now)
            return kept.seen

    def _read(self, name: str, kept: _Kept, first: datetime, last: datetime, now: datetime) -> _Seen:
        setting = self.setting(name)
        try:
            agenda = kept.calendar(partial(self.open, name)).events(first, last)
        except GainfulError as error:
            return _Seen(now, first, last, problem=error)
        busy = tuple(busy_intervals(agenda.events, self.addresses(setting)))
        problem = None
        if not agenda.complete:
            problem = CalendarUnreachable(
                f"So much stands in the calendar '{name}' that not all of it was looked at.",
                "Take out what repeats without end, or publish less of it.",
                sent=False,
            )
        return _Seen(now, first, last, busy, problem)

    def _handle(self, setting: CalendarSetting, connector: str) -> Handle:
        in_file = partial(secret_in_file, setting.password_file, setting.secret, setting.name)
        connection = Connection(connector, setting.name)
        return self._broker.handle(setting.secret, connection, in_file if setting.password_file else None)

    def _usual_zone(self) -> ZoneInfo:
        return ZoneInfo(self._config.schedule.timezone or local_zone())


def _trusting(setting: CalendarSetting) -> ssl.SSLContext | None:
    """Whom to trust for this server; None for the system's authorities."""
    if not setting.cafile:
        return None
    try:
        return ssl.create_default_context(cafile=str(Path(setting.cafile).expanduser()))
    except OSError as error:
        reason = error.strerror or "it holds no certificate"
        raise CalendarUnreachable(
            f"The cafile of the calendar '{setting.name}' cannot be used: {reason}.",
            "Check the file, or take cafile out of the settings.",
            sent=False,
        ) from None
