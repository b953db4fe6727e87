"""Which calendar is meant: the one at an address, or one of those that the server keeps for the person (RFC 6764)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from gainful.connectors.caldav.multistatus import CALDAV, DAV, Told
from gainful.connectors.caldav.server import Server
from gainful.sdk.calendar import NoSuchCalendar

MOST_CALENDARS = 200
_WELL_KNOWN = "/.well-known/caldav"
_WANTED = (
    "<d:resourcetype/><d:displayname/><d:current-user-principal/><d:current-user-privilege-set/>"
    "<c:calendar-home-set/><c:supported-calendar-component-set/>"
)
_WRITING = frozenset(f"{DAV} {name}" for name in ("all", "write", "write-content", "bind"))


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar on the server.

    Args:
        name: As the person calls it; the last part of its path where they gave it no name.
        writable: Whether the server lets us put something into it, as far as it says.
    """

    url: str
    name: str
    writable: bool = True


def find(server: Server, path: str, wanted: str = "") -> Collection:
    """The calendar that is meant.

    Args:
        path: Of the calendar, of the person's calendars, or of nothing in particular.
        wanted: Name, or last part of the path, where there are several.

    Raises:
        NoSuchCalendar: There is none, or several and none of this name.
    """
    found = collections(server, path)
    named = [one for one in found if wanted in (one.name, _last(one.url))] if wanted else found
    if len(named) == 1:
        return named[0]
    known = ", ".join(f"'{one.name[:60]}'" for one in found[:20])
    if not found:
        raise NoSuchCalendar(f"{urlsplit(server.origin).netloc} shows no calendar there.", "Check the calendar's url.")
    raise NoSuchCalendar(
        f"There are {len(found)} calendars, and none is named '{wanted[:60]}'." if wanted else f"Which one of {known}?",
        f"Write one as `calendar = …` into its block of gainful.toml: {known}.",
    )


def collections(server: Server, path: str) -> list[Collection]:
    """Every calendar for events that this leads to."""
    for start in (path, _WELL_KNOWN, "/") if path in ("", "/") else (path,):
        url, told = server.properties(start or "/", _WANTED, 0)
        if not told:
            continue
        if _is_calendar(told[0]):
            return [_collection(server, url, told[0])]
        homes = list(_homes(server, url, told[0]))
        found = [one for home in homes or [url] for one in _in_home(server, home)]
        if found:
            return found[:MOST_CALENDARS]
    return []


def _homes(server: Server, url: str, told: Told) -> Iterator[str]:
    """Where the person's calendars lie: said there, or by what the server says the person is."""
    stated = told.href_in(CALDAV, "calendar-home-set")
    for href in [] if stated else told.href_in(DAV, "current-user-principal"):
        url, principal = server.properties(server.beside(url, href), _WANTED, 0)
        stated = principal[0].href_in(CALDAV, "calendar-home-set") if principal else []
    for href in stated:
        yield server.beside(url, href)


def _in_home(server: Server, home: str) -> Iterator[Collection]:
    url, told = server.properties(home, _WANTED, 1)
    for one in told:
        if _is_calendar(one):
            yield _collection(server, server.beside(url, one.href), one)


def _is_calendar(told: Told) -> bool:
    kinds = told.node(DAV, "resourcetype")
    if kinds is None or kinds.first(CALDAV, "calendar") is None:
        return False
    holds = told.node(CALDAV, "supported-calendar-component-set")
    # Whoever does not say what a calendar holds means everything.
    return holds is None or any(one.attributes.get("name", "").upper() == "VEVENT" for one in holds.all(CALDAV, "comp"))


def _collection(server: Server, url: str, told: Told) -> Collection:
    place = server.beside(url, told.href) if told.href else url
    place = place if place.endswith("/") else f"{place}/"
    rights = told.node(DAV, "current-user-privilege-set")
    writable = rights is None or any(
        right.name in _WRITING for privilege in rights.all(DAV, "privilege") for right in privilege.children
    )
    return Collection(place, told.text(DAV, "displayname") or _last(place), writable)


def _last(url: str) -> str:
    return unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
