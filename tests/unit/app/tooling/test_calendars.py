"""Who is busy, by the calendars of the settings: known, unknown, remembered for a moment, and never with a title."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gainful.app.accounts import PasswordMissing
from gainful.app.tooling.calendars import FRESH, RETRY, Calendars, CalendarUnknown
from gainful.app.tooling.scopes import declared_scopes
from gainful.core.busy import Interval
from gainful.core.errors import Unavailable
from gainful.gate.broker import Broker
from gainful.sdk.calendar import CalendarUnreachable
from gainful.sdk.secret import Secret
from gainful.sdk.testing.calendar import MEETING, event
from gainful.sdk.testing.memory_calendar import MemoryCalendar
from gainful.sdk.testing.radicale import Radicale
from gainful.storage.settings.calendar import CalendarSetting
from gainful.storage.settings.config import Account, Config, Owner


class Vault(dict[str, Secret]):
    """Secrets by name."""


class Desk:
    """Ada's calendars in memory, and a clock."""

    def __init__(self, **settings: Any) -> None:
        self.now = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
        self.kept = {"work": MemoryCalendar(), "home": MemoryCalendar(), "bo": MemoryCalendar()}
        self.opened: list[str] = []
        self.reads = 0
        self.vault = Vault()
        people = {"work": "", "home": "ada", "bo": "bo"}
        config = Config(
            owner=Owner(name="ada"),
            calendars=tuple(CalendarSetting(name=name, url="ics:/x", person=whose) for name, whose in people.items()),
            accounts=(Account(name="mail", url="maildir:/x", addresses=("ada@example.org",)),),
            **settings,
        )
        self.calendars = Calendars(config, Broker(self.vault, declared_scopes), lambda: self.now)
        self.calendars.open = self._open  # type: ignore[method-assign]
        for calendar in self.kept.values():
            calendar.fail = self._count

    def _open(self, name: str) -> MemoryCalendar:
        self.opened.append(name)
        return self.kept[name]

    def _count(self) -> None:
        self.reads += 1

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def down() -> None:
    raise CalendarUnreachable("It is down.", "Wait.", sent=False)


def at(hour: int, minute: int = 0, day: int = 30) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


# --- busy, free, unknown ---


def test_busy_until_the_end_of_all_that_follows(desk: Desk) -> None:
    desk.kept["work"].put("1", event(MEETING))
    desk.kept["home"].put("2", event("DTSTART:20261130T100400Z|DTEND:20261130T110000Z", uid="2"))
    presence = desk.calendars.busy_until("ada")
    assert (presence.until, presence.busy, presence.free) == (at(11), True, False)


def test_free(desk: Desk) -> None:
    presence = desk.calendars.busy_until("ada")
    assert (presence.until, presence.free, presence.unknown) == (None, True, ())


def test_in_the_break_between_two_meetings(desk: Desk) -> None:
    desk.kept["work"].put("1", event(MEETING))
    desk.kept["work"].put("2", event("DTSTART:20261130T100500Z|DTEND:20261130T110000Z", uid="2"))
    desk.now = at(10, 3)
    assert desk.calendars.busy_until("ada").until == at(11)


def test_unknown_where_a_calendar_cannot_be_read(desk: Desk) -> None:
    desk.kept["home"].fail = down
    presence = desk.calendars.busy_until("ada")
    assert (presence.until, presence.busy, presence.free, presence.unknown) == (None, False, False, ("home",))


def test_busy_by_one_calendar_though_another_cannot_be_read(desk: Desk) -> None:
    desk.kept["work"].put("1", event(MEETING))
    desk.kept["home"].fail = down
    presence = desk.calendars.busy_until("ada")
    assert (presence.until, presence.unknown) == (at(10), ("home",))


def test_somebody_without_a_calendar_is_unknown(desk: Desk) -> None:
    presence = desk.calendars.busy_until("cy")
    assert (presence.free, presence.unknown) == (False, ("cy",))


def test_nobody_is_free_by_a_calendar_that_was_not_read_to_its_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gainful.sdk.ical.reading.PATIENCE", -1.0)
    desk.kept["work"].put("1", event("DTSTART:20261201T090000Z|DURATION:PT1H"))
    assert desk.calendars.busy_until("ada").unknown == ("work",)


def test_other_peoples_calendars_are_not_asked(desk: Desk) -> None:
    desk.kept["bo"].put("1", event(MEETING))
    assert desk.calendars.busy_until("ada").free
    assert desk.calendars.busy_until("bo").busy
    assert desk.opened == ["work", "home", "bo"]


def test_the_addresses_of_the_owners_accounts_are_the_owners(desk: Desk) -> None:
    declined = f"{MEETING}|ORGANIZER:mailto:bo@example.org|ATTENDEE;PARTSTAT=DECLINED:mailto:Ada@example.org"
    desk.kept["work"].put("1", event(declined))
    desk.kept["bo"].put("1", event(declined))
    assert desk.calendars.busy_until("ada").free
    # They are not Bo's, whose calendar names no address.
    assert desk.calendars.busy_until("bo").busy


def test_addresses() -> None:
    calendars = Calendars(
        Config(
            owner=Owner(name="ada"),
            accounts=(Account(name="mail", url="maildir:/x", addresses=("Ada@Example.org",)),),
            calendars=(
                CalendarSetting(name="a", url="caldavs://ada%40example.net@cal.example.org"),
                CalendarSetting(name="b", url="ics:/x", addresses=("Countess@example.org",)),
                CalendarSetting(name="c", url="ics:/x", person="bo"),
            ),
        ),
        Broker(Vault(), declared_scopes),
        lambda: at(9),
    )
    found = {one.name: calendars.addresses(one) for one in calendars.settings}
    assert found == {"a": ("ada@example.org", "ada@example.net"), "b": ("countess@example.org",), "c": ()}


# --- remembered ---


def test_a_calendar_is_read_once_for_many_questions(desk: Desk) -> None:
    for _ in range(10):
        desk.calendars.busy_until("ada")
        desk.later(seconds=10)
    assert desk.reads == 2
    assert desk.opened == ["work", "home"]


def test_it_is_read_again_when_that_was_long_ago(desk: Desk) -> None:
    assert desk.calendars.busy_until("ada").free
    desk.kept["work"].put("1", event(MEETING))
    assert desk.calendars.busy_until("ada").free
    desk.now += FRESH
    assert desk.calendars.busy_until("ada").until == at(10)


def test_it_is_read_again_when_the_clock_was_set_back(desk: Desk) -> None:
    desk.calendars.busy_until("bo")
    desk.later(hours=-1)
    desk.calendars.busy_until("bo")
    assert desk.reads == 2


def test_a_calendar_that_is_down_is_left_alone_for_a_moment(desk: Desk) -> None:
    asked = []

    def fail() -> None:
        asked.append(desk.now)
        down()

    desk.kept["bo"].fail = fail
    for _ in range(6):
        assert desk.calendars.busy_until("bo").unknown == ("bo",)
        desk.later(seconds=RETRY.total_seconds() / 5)
    assert len(asked) == 2


def test_a_calendar_is_left_alone_for_as_long_as_it_asks(desk: Desk) -> None:
    asked = []

    def fail() -> None:
        asked.append(desk.now)
        raise CalendarUnreachable("Too many.", "Wait.", retry_after=timedelta(minutes=10), sent=False)

    desk.kept["bo"].fail = fail
    for _ in range(11):
        desk.calendars.busy_until("bo")
        desk.later(minutes=1)
    assert len(asked) == 2


def test_times_are_kept_and_nothing_else(desk: Desk) -> None:
    """Whatever hangs on the object: no title, place or text of the event is among it."""
    desk.kept["work"].put("1", event(f"{MEETING}|DESCRIPTION:Severance|LOCATION:Fjord"))
    desk.calendars.busy_until("ada")
    desk.kept["work"].texts.clear()
    seen = {name: kept.seen for name, kept in desk.calendars._kept.items()}
    gc.collect()
    assert seen["work"] is not None and seen["work"].busy == (Interval(at(9), at(10)),)
    for word in ("Planning", "Severance", "Fjord"):
        assert word not in repr(seen)


# --- ends of meetings ---


def test_the_ends_of_meetings(desk: Desk) -> None:
    desk.kept["work"].put("1", event(MEETING))
    desk.kept["work"].put("2", event("DTSTART:20261130T110000Z|DTEND:20261130T113000Z", uid="2"))
    assert desk.calendars.meeting_ends("work", at(9, 30), at(12)) == [at(10), at(11, 30)]
    assert desk.calendars.meeting_ends("work", at(10), at(11)) == []


def test_the_ends_of_days_ago(desk: Desk) -> None:
    desk.kept["work"].put("1", event("DTSTART:20261101T090000Z|DTEND:20261101T100000Z|RRULE:FREQ=DAILY"))
    ends = desk.calendars.meeting_ends("work", at(12, day=20), at(12))
    assert [end.day for end in ends] == list(range(21, 31))


def test_no_end_is_told_while_the_calendar_is_down_and_none_is_lost(desk: Desk) -> None:
    desk.kept["work"].put("1", event(MEETING))
    desk.kept["work"].fail = down
    with pytest.raises(Unavailable):
        desk.calendars.meeting_ends("work", at(9), at(10, 30))
    desk.kept["work"].fail = lambda: None
    desk.later(minutes=5)
    assert desk.calendars.meeting_ends("work", at(9), at(10, 30)) == [at(10)]


def test_a_meeting_that_goes_over_into_the_next_has_not_ended(desk: Desk) -> None:
    desk.kept["work"].put("1", event(MEETING))
    desk.kept["work"].put("2", event("DTSTART:20261130T100300Z|DTEND:20261130T110000Z", uid="2"))
    assert desk.calendars.meeting_ends("work", at(9), at(10, 1)) == []
    assert desk.calendars.meeting_ends("work", at(10, 1), at(11)) == [at(11)]


# --- names, ways in ---


def test_names(desk: Desk) -> None:
    assert [one.name for one in desk.calendars.named("ada")] == ["work", "home"]
    assert [one.name for one in desk.calendars.named("home")] == ["home"]
    for ask in (desk.calendars.named, desk.calendars.setting):
        with pytest.raises(CalendarUnknown, match="cy"):
            ask("cy")
    with pytest.raises(CalendarUnknown):
        desk.calendars.meeting_ends("cy", at(9), at(10))


@pytest.fixture
def calendars(tmp_path: Path) -> Iterator[Callable[..., Calendars]]:
    """Makes the calendars of these settings; they are closed after the test."""
    made: list[Calendars] = []

    def make(vault: Vault | None = None, **settings: Any) -> Calendars:
        config = Config(calendars=(CalendarSetting(name="work", **settings),))
        found = Calendars(config, Broker(vault or Vault(), declared_scopes), lambda: at(9, 30))
        made.append(found)
        return found

    yield make
    for one in made:
        one.close()


def test_a_file(calendars: Callable[..., Calendars], tmp_path: Path) -> None:
    (tmp_path / "work.ics").write_bytes(event("DTSTART:20261130T100000|DTEND:20261130T110000"))
    found = calendars(url=f"ics:{tmp_path}/work.ics", zone="Europe/Berlin", person="ada")
    assert found.busy_until("ada").until == at(10)
    assert found.agenda("work", at(9), at(10)).events[0].title == ""


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_that_cannot_be_used(
    calendars: Callable[..., Calendars], tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    found = calendars(url="caldavs://ada@cal.example.org", cafile=str(tmp_path / "ca.pem"), person="ada")
    assert found.busy_until("ada").unknown == ("work",)
    with pytest.raises(CalendarUnreachable, match="cafile"):
        found.open("work")


def test_a_real_server_with_a_sealed_password(calendars: Callable[..., Calendars], radicale: Radicale) -> None:
    user = radicale.new_user()
    place = radicale.make(user, "work", "Work")
    radicale.put(user, place, "meeting@example.org", event(MEETING))
    url = f"caldav://{user}@127.0.0.1:{radicale.port}"
    sealed = Vault({"calendar:work": Secret("calendar:work", radicale.password)})
    assert calendars(sealed, url=url, person="ada").busy_until("ada").until == at(10)
    assert calendars(url=url, person="ada").busy_until("ada").unknown == ("work",)


def test_a_real_server_with_a_password_in_a_file(
    calendars: Callable[..., Calendars], radicale: Radicale, tmp_path: Path
) -> None:
    user = radicale.new_user()
    radicale.make(user, "work", "Work")
    file = tmp_path / "password"
    file.write_text(f"{radicale.password}\n")
    found = calendars(url=f"caldav://{user}@127.0.0.1:{radicale.port}", password_file=str(file), person="ada")
    assert found.busy_until("ada").free
    file.write_text("")
    with pytest.raises(PasswordMissing):
        found.agenda("work", at(9), at(10))
