"""A calendar on a CalDAV server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from types import TracebackType
from urllib.parse import urljoin, urlsplit

from gainful.connectors.caldav.discovery import Collection, find
from gainful.connectors.caldav.multistatus import CALDAV
from gainful.connectors.caldav.server import Server
from gainful.core.clock import Clock
from gainful.sdk.calendar import (
    Agenda,
    Aside,
    CalendarRefused,
    NoSuchNote,
    Note,
    Written,
    checked_range,
    is_own,
    mark_of,
    not_own,
    uid_of,
)
from gainful.sdk.grant import Grant
from gainful.sdk.http import Answer
from gainful.sdk.ical import Schedule, note_in, written

MARGIN = timedelta(days=2)
"""Around what is asked for. Servers take an event whose zone is not described for one in UTC: it could be missed."""

_GONE = (404, 410)
_QUERY = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<c:calendar-query xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
    "<d:prop><d:getetag/><c:calendar-data/></d:prop>"
    '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
    '<c:time-range start="{start}" end="{end}"/>'
    "</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
)


class CalDavCalendar:
    """One calendar, by CalDAV. Nothing is asked before the first question.

    Args:
        path: Of the calendar, or of nothing in particular: then it is looked for.
        wanted: Name of the calendar, where the server keeps several.
        addresses: The person's own; the first one invites.
        usual: The zone of times without one.
        stated: The person's own zone, where they stated it.
    """

    def __init__(
        self,
        server: Server,
        path: str,
        *,
        wanted: str = "",
        addresses: Sequence[str] = (),
        usual: tzinfo,
        stated: tzinfo | None = None,
        clock: Clock,
    ) -> None:
        self._server = server
        self._path = path
        self._wanted = wanted
        self._addresses = tuple(addresses)
        self._usual = usual
        self._stated = stated
        self._clock = clock
        self._found: Collection | None = None

    def __enter__(self) -> CalDavCalendar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._server.close()

    @property
    def collection(self) -> Collection:
        """Which calendar it is; looked for once."""
        if self._found is None:
            self._found = find(self._server, self._path, self._wanted)
        return self._found

    def events(self, start: datetime, end: datetime) -> Agenda:
        """Every event between two moments; series are worked out here and not by the server."""
        checked_range(start, end)
        body = _QUERY.format(start=_utc(start - MARGIN), end=_utc(end + MARGIN))
        texts, missing = [], []
        for told in self._server.report(self.collection.url, body):
            text = told.text(CALDAV, "calendar-data")
            if text:
                texts.append(text)
            else:
                missing.append(Aside("", f"the server does not give {told.href[-60:]}"))
        if not texts:
            return Agenda(aside=tuple(missing))
        agenda = Schedule("\r\n".join(texts).encode(), self._usual, self._stated).between(start, end)
        return Agenda(agenda.events, (*missing, *agenda.aside), agenda.complete)

    def note(self, uid: str) -> Written | None:
        """The note with this uid, if Gainful wrote it."""
        there = self._there(uid)
        return note_in(there.body, uid) if there is not None else None

    def create(self, grant: Grant, note: Note, agent: str) -> Written:
        """Write a note; one that lies there already under this grant's key is it."""
        uid = uid_of(grant.key)
        answer = self._put(grant, uid, note, agent, {"if-none-match": "*"})
        if answer.status == 412:
            there = self.note(uid)
            if there is not None:
                return there
        self._check(answer, "write")
        return _written(uid, grant.key, note)

    def change(self, grant: Grant, uid: str, note: Note, agent: str) -> Written:
        """Put this in the place of a note, unless somebody changes it in this moment."""
        there = self._there(uid)
        if there is None or note_in(there.body, uid) is None:
            raise NoSuchNote(f"There is no note '{uid[:60]}' of Gainful's any more.", "Write a new one.")
        answer = self._put(grant, uid, note, agent, _as_seen(there))
        self._check(answer, "change")
        return _written(uid, grant.key, note)

    def delete(self, grant: Grant, uid: str) -> None:  # noqa: ARG002 -- proof that the gate allows it
        """Remove a note that Gainful wrote."""
        if not is_own(uid):
            raise not_own(uid)
        there = self._there(uid)
        if there is None:
            return
        if note_in(there.body, uid) is None:
            raise not_own(uid)
        answer = self._server.ask("DELETE", self._place(uid), headers=_as_seen(there))
        if answer.status not in _GONE:
            self._check(answer, "remove")

    def _there(self, uid: str) -> Answer | None:
        """What lies in the place of a note; None where nothing does, or Gainful would never have put it there."""
        if not is_own(uid):
            return None
        answer = self._server.ask("GET", self._place(uid), headers={"accept": "text/calendar"})
        if answer.status in _GONE:
            return None
        self._check(answer, "see")
        return answer

    def _put(self, grant: Grant, uid: str, note: Note, agent: str, condition: dict[str, str]) -> Answer:
        organizer = self._organizer() if note.guests else ""
        zone = self._stated or self._usual
        text = written(note, uid, grant.key, agent, self._clock(), zone, organizer)
        return self._server.ask(
            "PUT", self._place(uid), text, {"content-type": "text/calendar; charset=utf-8", **condition}
        )

    def _organizer(self) -> str:
        """The address that invites, on a server that sends invitations (RFC 6638, 2)."""
        answer = self._server.ask("OPTIONS", self.collection.url)
        if "calendar-auto-schedule" not in [word.strip() for word in answer.headers.get("dav", "").split(",")]:
            raise CalendarRefused(
                f"{urlsplit(self._server.origin).netloc} sends no invitations.",
                "Leave the guests out, and write to them.",
            )
        if not self._addresses:
            raise CalendarRefused(
                "Nobody's address is known to invite from.", "Add `addresses` to the calendar in gainful.toml."
            )
        return self._addresses[0]

    def _place(self, uid: str) -> str:
        return urljoin(self.collection.url, f"{uid}.ics")

    def _check(self, answer: Answer, what: str) -> None:
        if answer.status == 412:
            raise CalendarRefused("Somebody changed the note in this moment.", "Look at it, and try again.")
        if answer.status >= 300:
            raise CalendarRefused(
                f"The calendar '{self.collection.name[:60]}' does not let us {what} this (HTTP {answer.status}).",
                "Check its rights and its room.",
            )


def _written(uid: str, key: str, note: Note) -> Written:
    return Written(uid, mark_of(key), frozenset(guest.lower() for guest in note.guests))


def _as_seen(there: Answer) -> dict[str, str]:
    """What makes a change fail if somebody else was quicker; a weak mark makes none (RFC 9110, 13.1.1)."""
    mark = there.headers.get("etag", "")
    return {"if-match": mark} if mark and not mark.startswith("W/") else {}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
