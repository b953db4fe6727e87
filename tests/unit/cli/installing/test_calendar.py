"""`gainful calendar`: what it shows, and what it keeps to itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gainful.cli import exits
from gainful.cli.main import run
from gainful.sdk.testing.calendar import event


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Ada's calendar, with a meeting under way and an event that nobody understands; Bo's is gone."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "gainful.toml").write_text(
        f'[owner]\nname = "ada"\n\n[[calendars]]\nname = "work"\nurl = "ics:{tmp_path}/work.ics"\nzone = "UTC"\n\n'
        f'[[calendars]]\nname = "gone"\nurl = "ics:{tmp_path}/gone.ics"\nperson = "bo"\n'
    )
    now = datetime.now(UTC)
    span = [f"{moment:%Y%m%dT%H%M%SZ}" for moment in (now - timedelta(hours=1), now + timedelta(hours=2))]
    meeting = event(f"DTSTART:{span[0]}|DTEND:{span[1]}|SUMMARY:Severance\x1b[31m talk")
    (tmp_path / "work.ics").write_bytes(meeting + event("DTSTART:soon", uid="bad\x1b[31m"))
    return home


def told(home: Path, capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    assert run(["--home", str(home), "calendar", *words]) == status
    found = capsys.readouterr()
    assert "Severance" not in found.out + found.err
    assert "\x1b" not in found.out + found.err
    return found.out + found.err


def answer(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told(home, capsys, *words, "--json").splitlines()]


def test_which_there_are(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(home, capsys, "list").splitlines()
    assert [line.split() for line in lines] == [
        ["work", "ada", f"ics:{tmp_path}/work.ics"],
        ["gone", "bo", f"ics:{tmp_path}/gone.ics"],
    ]
    assert [one["person"] for one in answer(home, capsys, "list")] == ["ada", "bo"]


def test_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No calendar is known" in told(tmp_path / "none", capsys, "list")
    assert answer(tmp_path / "none", capsys, "list") == []


def test_a_check(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(home, capsys, "check", "work")
    assert "work: read, 1 event in the next 7 days." in shown
    assert "not understood: bad�[31m: its DTSTART cannot be read" in shown
    (found,) = answer(home, capsys, "check", "work")
    assert (found["events"], found["complete"], len(found["aside"])) == (1, True, 1)


def test_a_check_of_what_is_not_there(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "[no-such-calendar]" in told(home, capsys, "check", "gone", status=exits.INVALID)
    assert "[calendar-unknown]" in told(home, capsys, "check", "garden", status=exits.INVALID)


def test_who_is_busy(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (("busy",), ("busy", "ada"), ("busy", "work", "--days", "3")):
        assert " to " in told(home, capsys, *words)
    (found,) = answer(home, capsys, "busy")
    assert (found["who"], found["known"], len(found["busy"])) == ("ada", True, 1)


def test_who_is_unknown(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(home, capsys, "busy", "bo")
    assert "Unknown: the calendar 'gone' cannot be read" in shown and "Free" not in shown
    (found,) = answer(home, capsys, "busy", "bo")
    assert (found["known"], found["unknown"], found["busy"]) == (False, ["gone"], [])


def test_who_is_free(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "work.ics").write_bytes(event("DTSTART:20200101T090000Z|DTEND:20200101T100000Z"))
    assert told(home, capsys, "busy").startswith("Free, from ")
