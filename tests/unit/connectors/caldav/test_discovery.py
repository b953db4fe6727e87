"""Which calendar is meant, on servers that say it in different ways."""

from __future__ import annotations

import pytest

from gainful.connectors.caldav import collections
from gainful.connectors.caldav.discovery import find
from gainful.core.errors import Refused
from gainful.sdk.calendar import CalendarRefused, CalendarUnreachable, NoSuchCalendar
from gainful.sdk.testing.radicale import Radicale
from tests.unit.connectors.caldav.odd_server import CALENDAR, OddServer, Reply, response, told

PRINCIPAL = "<d:current-user-principal><d:href>/ada/</d:href></d:current-user-principal>"
HOME = "<c:calendar-home-set><d:href>/ada/cals/</d:href></c:calendar-home-set>"


def name(text: str) -> str:
    return f"<d:displayname>{text}</d:displayname>"


def holds(*kinds: str) -> str:
    listed = "".join(f'<c:comp name="{kind}"/>' for kind in kinds)
    return f"<c:supported-calendar-component-set>{listed}</c:supported-calendar-component-set>"


def lay(odd: OddServer, *calendars: str) -> None:
    """The usual way: who one is, where their calendars lie, which there are."""
    odd.replies["PROPFIND", "/ada/"] = told(response("/ada/", HOME))
    odd.replies["PROPFIND", "/ada/cals/"] = told(response("/ada/cals/", "<d:resourcetype/>"), *calendars)


def test_from_nothing_but_the_server(odd: OddServer) -> None:
    lay(odd, response("/ada/cals/work/", CALENDAR + name("Work")))
    odd.replies["PROPFIND", "/"] = told(response("/", PRINCIPAL))
    found = find(odd.server(), "")
    assert (found.name, found.url) == ("Work", f"{odd.origin}/ada/cals/work/")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_by_the_well_known_address(odd: OddServer, status: int) -> None:
    lay(odd, response("/ada/cals/work/", CALENDAR + name("Work")))
    odd.replies["PROPFIND", "/"] = Reply(405)
    odd.replies["PROPFIND", "/.well-known/caldav"] = Reply(status, headers={"Location": "/dav/"})
    odd.replies["PROPFIND", "/dav/"] = told(response("/dav/", PRINCIPAL))
    assert find(odd.server(), "/").name == "Work"


def test_from_the_address_of_the_calendar_itself(odd: OddServer) -> None:
    odd.replies["PROPFIND", "/cal"] = told(response("/cal", CALENDAR))
    assert find(odd.server(), "/cal").url == f"{odd.origin}/cal/"
    assert len(odd.heard) == 1


def test_from_where_the_calendars_lie(odd: OddServer) -> None:
    lay(odd, response("/ada/cals/work/", CALENDAR))
    assert find(odd.server(), "/ada/cals/").name == "work"


def test_one_of_several_by_its_name_or_path(odd: OddServer) -> None:
    lay(odd, response("/ada/cals/1/", CALENDAR + name("Work")), response("/ada/cals/2/", CALENDAR + name("Home")))
    server = odd.server()
    assert find(server, "/ada/", "Home").url.endswith("/2/")
    assert find(server, "/ada/", "1").name == "Work"
    with pytest.raises(NoSuchCalendar, match="'Work', 'Home'"):
        find(server, "/ada/")
    with pytest.raises(NoSuchCalendar, match="none is named 'Garden'"):
        find(server, "/ada/", "Garden")


def test_lists_of_things_to_do_are_no_calendars(odd: OddServer) -> None:
    lay(
        odd,
        response("/ada/cals/tasks/", CALENDAR + holds("VTODO")),
        response("/ada/cals/work/", CALENDAR + holds("VEVENT", "VTODO")),
        response("/ada/cals/inbox/", "<d:resourcetype><d:collection/><c:schedule-inbox/></d:resourcetype>"),
    )
    assert [one.name for one in collections(odd.server(), "/ada/")] == ["work"]


def test_whether_it_can_be_written_into(odd: OddServer) -> None:
    def rights(*names: str) -> str:
        listed = "".join(f"<d:privilege><d:{one}/></d:privilege>" for one in names)
        return f"<d:current-user-privilege-set>{listed}</d:current-user-privilege-set>"

    lay(
        odd,
        response("/ada/cals/a/", CALENDAR + rights("read")),
        response("/ada/cals/b/", CALENDAR + rights("read", "write")),
        response("/ada/cals/c/", CALENDAR),
    )
    assert [one.writable for one in collections(odd.server(), "/ada/")] == [False, True, True]


def test_no_calendar(odd: OddServer) -> None:
    with pytest.raises(NoSuchCalendar):
        find(odd.server(), "")


@pytest.mark.parametrize(
    "where",
    [
        "http://evil.example.org/ada/",
        "//evil.example.org/ada/",
        "https://127.0.0.1/ada/",
        "ftp://127.0.0.1/",
        "http://[",
    ],
)
def test_the_password_goes_to_no_other_server(odd: OddServer, where: str) -> None:
    odd.replies["PROPFIND", "/"] = told(
        response("/", f"<d:current-user-principal><d:href>{where}</d:href></d:current-user-principal>")
    )
    with pytest.raises(CalendarRefused, match="lies on"):
        find(odd.server(), "/")


def test_a_redirect_to_another_server_is_not_followed(odd: OddServer) -> None:
    odd.replies["PROPFIND", "/cal/"] = Reply(302, headers={"Location": "http://127.0.0.2:9/cal/"})
    with pytest.raises(Refused):
        find(odd.server(), "/cal/")


def test_who_signs_in(odd: OddServer) -> None:
    odd.replies["PROPFIND", "/cal/"] = told(response("/cal/", CALENDAR))
    find(odd.server(), "/cal/")
    # ada:pass wörd, in UTF-8.
    assert odd.heard[-1].headers["authorization"] == "Basic YWRhOnBhc3Mgd8O2cmQ="
    find(odd.server("a-token", auth="bearer"), "/cal/")
    assert odd.heard[-1].headers["authorization"] == "Bearer a-token"


def test_nobody_is_let_in(odd: OddServer) -> None:
    odd.replies["PROPFIND", "/cal/"] = Reply(401)
    with pytest.raises(CalendarRefused, match="refused the name or password"):
        find(odd.server(), "/cal/")
    with pytest.raises(CalendarRefused, match="No password is stored"):
        find(odd.server(None), "/cal/")


def test_the_server_has_trouble(odd: OddServer) -> None:
    odd.replies["PROPFIND", "/cal/"] = Reply(500)
    with pytest.raises(CalendarUnreachable) as caught:
        find(odd.server(), "/cal/")
    assert not caught.value.sent


def test_an_answer_without_end(odd: OddServer) -> None:
    odd.replies["PROPFIND", "/cal/"] = Reply(207, b"x" * 5_000)
    with pytest.raises(Refused):
        find(odd.server(size=4_000), "/cal/")


def test_a_real_server_from_each_beginning(radicale: Radicale) -> None:
    from gainful.connectors.caldav import Server
    from gainful.sdk.secret import Handle, Secret

    user = radicale.new_user()
    place = radicale.make(user, "work", "Work")
    radicale.make(user, "tasks", "Tasks", "VTODO")
    server = Server(radicale.origin, user, Handle.of(Secret("calendar:work", radicale.password)))
    for path in ("", "/", f"/{user}/", place):
        found = find(server, path)
        assert (found.name, found.url, found.writable) == ("Work", f"{radicale.origin}{place}", True)
    server.close()
