"""Settings of calendars."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from gainful.storage.settings.calendar import CalendarSetting
from gainful.storage.settings.config import parse
from gainful.storage.settings.findings import ConfigInvalid


def setting(url: str, **more: object) -> CalendarSetting:
    return CalendarSetting(name="work", url=url, **more)


@pytest.mark.parametrize(
    ("url", "origin", "path", "user"),
    [
        ("caldavs://ada@cal.example.org", "https://cal.example.org", "", "ada"),
        (
            "caldavs://ada%40example.org@cal.example.org/dav/a%20b/",
            "https://cal.example.org",
            "/dav/a%20b/",
            "ada@example.org",
        ),
        ("caldavs://ada@cal.example.org:8443/x", "https://cal.example.org:8443", "/x", "ada"),
        ("caldavs://ada@cal.example.org:443/x", "https://cal.example.org", "/x", "ada"),
        ("caldav://ada@127.0.0.1:5232/ada/work/", "http://127.0.0.1:5232", "/ada/work/", "ada"),
        ("caldav://ada@[::1]:5232/", "http://[::1]:5232", "/", "ada"),
        ("https://feeds.example.org/team.ics", "https://feeds.example.org", "/team.ics", ""),
        ("https://ada@feeds.example.org/team.ics?year=2026", "https://feeds.example.org", "/team.ics?year=2026", "ada"),
        ("webcal://feeds.example.org/team.ics", "https://feeds.example.org", "/team.ics", ""),
        ("http://localhost:80/team.ics", "http://localhost", "/team.ics", ""),
        (
            "https://cal.example.org/private-{secret}/basic.ics",
            "https://cal.example.org",
            "/private-{secret}/basic.ics",
            "",
        ),
    ],
)
def test_an_address(url: str, origin: str, path: str, user: str) -> None:
    found = setting(url)
    assert (found.origin, found.path, found.user) == (origin, path, user)
    assert found.secret == "calendar:work"


def test_a_file() -> None:
    found = setting("ics:~/work calendar.ics")
    assert (found.is_file, found.file, found.user) == (True, Path("~/work calendar.ics").expanduser(), "")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "must be"),
        ("ics:", "names no path"),
        ("work.ics", "must be"),
        ("ftp://cal.example.org/", "must be"),
        ("caldavs://cal.example.org/", "names no user"),
        ("caldavs://ada:secret@cal.example.org/", "must not hold a password"),
        ("https://ada:secret@cal.example.org/", "must not hold a password"),
        ("caldav://ada@cal.example.org/", "without TLS"),
        ("http://cal.example.org/team.ics", "without TLS"),
        ("http://127.0.0.1.example.org/team.ics", "without TLS"),
        ("https://Cal.Example.org/", "small letters"),
        ("https://cal.example.org/a b", "must be"),
        ("https://cal.example.org/\x1b", "control"),
    ],
)
def test_what_is_no_address(url: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        setting(url)
    assert "secret@" not in str(caught.value.errors()[0]["msg"])


@pytest.mark.parametrize("more", [{"calendar": "Work"}, {"auth": "bearer"}])
def test_what_only_a_server_has(more: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="only CalDAV"):
        setting("https://cal.example.org/team.ics", **more)
    setting("caldavs://ada@cal.example.org/", **more)


def test_zones() -> None:
    setting("ics:/x", zone="Europe/Berlin")
    for zone in ("Berlin", "CET-1CEST", "../../etc/passwd", "/etc/passwd"):
        with pytest.raises(ValidationError, match="no time zone"):
            setting("ics:/x", zone=zone)


def test_a_file_of_settings() -> None:
    text = (
        '[[calendars]]\nname = "work"\nurl = "ics:/a"\n\n[[calendars]]\nname = "home"\nurl = "ics:/b"\nperson = "bo"\n'
    )
    config = parse(text, Path("gainful.toml"))
    assert [(one.name, one.person) for one in config.calendars] == [("work", ""), ("home", "bo")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[calendars]]\nname = "a"\nurl = "ics:/a"\n[[calendars]]\nname = "a"\nurl = "ics:/b"\n', "two calendars"),
        ('[[calendars]]\nname = "a"\nurl = "ics:/a"\nzones = "UTC"\n', "not a setting"),
        ('[[calendars]]\nname = "a"\nurl = "caldavs://cal.example.org"\n', "names no user"),
        ('[[calendars]]\nname = "a b"\nurl = "ics:/a"\n', "does not fit"),
        ('[[calendars]]\nname = "a"\n', "missing"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigInvalid, match=said):
        parse(text, Path("gainful.toml"))
