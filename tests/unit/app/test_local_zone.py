from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from gainful.app.local_zone import local_zone


@pytest.mark.parametrize(
    ("tz", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Asia/Kathmandu", "Asia/Kathmandu"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "UTC"),
        ("/etc/localtime", "UTC"),
        ("Nowhere/Town", "UTC"),
        ("../../etc/passwd", "UTC"),
    ],
)
def test_the_machines_zone_is_one_that_exists(tz: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", tz)
    assert local_zone() == zone
    assert ZoneInfo(local_zone())


def test_without_a_hint_the_machines_own_file_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    assert ZoneInfo(local_zone())
