"""What CalDAV servers say to notes and questions, also where they say it badly."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gainful.sdk.calendar import CalendarRefused, CalendarUnreachable, NoSuchNote, Note, mark_of, uid_of
from gainful.sdk.testing.calendar import ADA, DAY, MEETING, NEXT, event, grant, hour
from tests.unit.connectors.caldav.odd_server import Heard, OddServer, Reply, response, told

NOTE = Note("Release", hour(14), hour(15))
MEETING_WITH_BO = Note("Release", hour(14), hour(15), guests=("Bo@example.org",))
UID = uid_of("effect-1")
PLACE = f"/cal/{UID}.ics"
INVITING = {"DAV": "1, 3, calendar-access, calendar-auto-schedule"}


def data(text: bytes) -> str:
    escaped = text.decode().replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#13;")
    return f"<c:calendar-data>{escaped}</c:calendar-data>"


def keeping(odd: OddServer, **changes: Reply) -> None:
    """The server keeps what is put there, as real ones do."""
    kept: dict[str, bytes] = {}

    def put(heard: Heard) -> Reply:
        if heard.headers.get("if-none-match") == "*" and "x" in kept:
            return Reply(412)
        kept["x"] = heard.body
        return Reply(201, headers={"ETag": f'"{len(odd.heard)}"'})

    def delete(_: Heard) -> Reply:
        kept.clear()
        return Reply(204)

    odd.replies["PUT", PLACE] = put
    odd.replies["GET", PLACE] = lambda _: Reply(200, kept["x"], {"ETag": '"7"'}) if "x" in kept else Reply(404)
    odd.replies["DELETE", PLACE] = delete
    for method, reply in changes.items():
        odd.replies[method, "/cal/" if method == "OPTIONS" else PLACE] = reply


def test_the_server_is_asked_for_two_days_more_on_either_side(odd: OddServer) -> None:
    odd.replies["REPORT", "/cal/"] = told()
    assert odd.calendar().events(DAY, NEXT).events == ()
    asked = odd.heard[-1]
    assert b'start="20261128T000000Z" end="20261203T000000Z"' in asked.body
    assert asked.headers["depth"] == "1"


def test_what_the_server_gives_too_much_is_left_out(odd: OddServer) -> None:
    before = event("DTSTART:20261129T090000Z|DTEND:20261129T100000Z", uid="before@example.org")
    odd.replies["REPORT", "/cal/"] = told(
        response("/cal/1.ics", data(event(MEETING))), response("/cal/2.ics", data(before))
    )
    assert [one.title for one in odd.calendar().events(DAY, NEXT).events] == ["Planning"]


def test_what_the_server_does_not_give_is_named(odd: OddServer) -> None:
    odd.replies["REPORT", "/cal/"] = told(
        response("/cal/1.ics", data(event(MEETING))), response("/cal/2.ics", data(b"x"), "HTTP/1.1 403 Forbidden")
    )
    agenda = odd.calendar().events(DAY, NEXT)
    assert len(agenda.events) == 1
    assert [one.reason for one in agenda.aside] == ["the server does not give /cal/2.ics"]


def test_two_resources_with_one_name_for_two_zones(odd: OddServer) -> None:
    def zoned(offset: str, uid: str) -> bytes:
        zone = (
            "BEGIN:VTIMEZONE\r\nTZID:Own\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
            f"TZOFFSETFROM:{offset}\r\nTZOFFSETTO:{offset}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        )
        text = event("DTSTART;TZID=Own:20261130T100000|DURATION:PT1H", uid=uid)
        return text.replace(b"BEGIN:VEVENT", zone.encode() + b"BEGIN:VEVENT")

    odd.replies["REPORT", "/cal/"] = told(
        response("/cal/1.ics", data(zoned("+0200", "1"))), response("/cal/2.ics", data(zoned("-0500", "2")))
    )
    assert [one.start.hour for one in odd.calendar().events(DAY, NEXT).events] == [8, 15]


def test_a_server_that_does_not_let_us_look(odd: OddServer) -> None:
    odd.replies["REPORT", "/cal/"] = Reply(403)
    with pytest.raises(CalendarRefused):
        odd.calendar().events(DAY, NEXT)


def test_nothing_is_asked_before_the_first_question(odd: OddServer) -> None:
    odd.calendar().close()
    assert odd.heard == []


def test_the_calendar_is_looked_for_once(odd: OddServer) -> None:
    odd.replies["REPORT", "/cal/"] = told()
    calendar = odd.calendar()
    for _ in range(3):
        calendar.events(DAY, NEXT)
    assert [one.method for one in odd.heard] == ["PROPFIND", "REPORT", "REPORT", "REPORT"]


# --- notes ---


def test_a_note_that_is_there_already_is_not_written_over(odd: OddServer) -> None:
    keeping(odd)
    calendar = odd.calendar()
    written = calendar.create(grant(), NOTE, "robin")
    assert calendar.create(grant(), Note("Other", hour(1), hour(2)), "robin") == written
    assert b"SUMMARY:Release" in next(one for one in odd.heard if one.method == "PUT").body


def test_somebody_elses_event_in_the_place_of_a_note(odd: OddServer) -> None:
    keeping(odd, PUT=Reply(412), GET=Reply(200, event(MEETING, uid=UID)))
    with pytest.raises(CalendarRefused):
        odd.calendar().create(grant(), NOTE, "robin")


@pytest.mark.parametrize("status", [403, 409, 413, 507])
def test_a_server_that_takes_no_note(odd: OddServer, status: int) -> None:
    keeping(odd, PUT=Reply(status))
    with pytest.raises(CalendarRefused):
        odd.calendar().create(grant(), NOTE, "robin")


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_nobody_knows_what_became_of_a_note(odd: OddServer, status: int) -> None:
    keeping(odd, PUT=Reply(status))
    with pytest.raises(CalendarUnreachable) as caught:
        odd.calendar().create(grant(), NOTE, "robin")
    assert caught.value.sent


def test_a_note_is_changed_as_it_was_seen(odd: OddServer) -> None:
    keeping(odd)
    calendar = odd.calendar()
    calendar.create(grant(), NOTE, "robin")
    calendar.change(grant("effect-2"), UID, NOTE, "robin")
    assert odd.heard[-1].headers["if-match"] == '"7"'
    assert b"X-GAINFUL-KEY:" + mark_of("effect-2").encode() in odd.heard[-1].body


def test_somebody_else_was_quicker(odd: OddServer) -> None:
    keeping(odd)
    calendar = odd.calendar()
    calendar.create(grant(), NOTE, "robin")
    odd.replies["PUT", PLACE] = odd.replies["DELETE", PLACE] = Reply(412)
    with pytest.raises(CalendarRefused, match="in this moment"):
        calendar.change(grant("effect-2"), UID, NOTE, "robin")
    with pytest.raises(CalendarRefused, match="in this moment"):
        calendar.delete(grant("effect-2"), UID)


def test_a_weak_mark_is_no_condition(odd: OddServer) -> None:
    keeping(odd)
    calendar = odd.calendar()
    calendar.create(grant(), NOTE, "robin")
    kept = next(one for one in odd.heard if one.method == "PUT").body
    odd.replies["GET", PLACE] = Reply(200, kept, {"ETag": 'W/"7"'})
    calendar.delete(grant("effect-2"), UID)
    assert "if-match" not in odd.heard[-1].headers


def test_a_note_that_goes_while_it_is_removed(odd: OddServer) -> None:
    keeping(odd, DELETE=Reply(404))
    calendar = odd.calendar()
    calendar.create(grant(), NOTE, "robin")
    calendar.delete(grant("effect-2"), UID)
    assert [one.method for one in odd.heard].count("DELETE") == 1


def test_no_request_is_made_for_a_uid_that_is_not_ours(odd: OddServer) -> None:
    calendar = odd.calendar()
    assert calendar.note("../../secret") is None
    with pytest.raises(CalendarRefused):
        calendar.delete(grant(), "../../secret")
    with pytest.raises(NoSuchNote):
        calendar.change(grant(), "../../secret", NOTE, "robin")
    assert odd.heard == []


# --- guests ---


def test_guests_are_invited_where_the_server_invites(odd: OddServer) -> None:
    keeping(odd, OPTIONS=Reply(200, headers=INVITING))
    written = odd.calendar().create(grant(), MEETING_WITH_BO, "robin")
    assert written.guests == {"bo@example.org"}
    body = odd.heard[-1].body.replace(b"\r\n ", b"")
    assert b"ORGANIZER:mailto:" + ADA.encode() in body
    assert b"ATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:Bo@example.org" in body


@pytest.mark.parametrize("said", ["1, 3, calendar-access", "", "no-calendar-auto-schedule"])
def test_guests_are_refused_where_it_does_not(odd: OddServer, said: str) -> None:
    keeping(odd, OPTIONS=Reply(200, headers={"DAV": said}))
    with pytest.raises(CalendarRefused, match="sends no invitations"):
        odd.calendar().create(grant(), MEETING_WITH_BO, "robin")
    assert not any(one.method == "PUT" for one in odd.heard)


def test_nobody_invites_without_an_address(odd: OddServer) -> None:
    keeping(odd, OPTIONS=Reply(200, headers=INVITING))
    with pytest.raises(CalendarRefused, match="address"):
        odd.calendar(addresses=()).create(grant(), MEETING_WITH_BO, "robin")


def test_the_guests_of_a_note_are_known(odd: OddServer) -> None:
    keeping(odd, OPTIONS=Reply(200, headers=INVITING))
    calendar = odd.calendar()
    long = tuple(f"somebody.with.a.long.name{number}@department.example.org" for number in range(5))
    calendar.create(grant(), Note("Release", hour(14), hour(14) + timedelta(hours=1), guests=long), "robin")
    found = calendar.note(UID)
    assert found is not None and found.guests == set(long)
