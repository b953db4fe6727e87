"""`gainful people`: a list is shown before it is taken in, and what is kept about somebody can be had and erased."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gainful.cli.main import run

LIST = "Nr,Unit,Mail,End\ne1,shop,ann@example.org,\ne2,desk,,\ne2,shop,,\ne3,desk,,2026-10-31\n"
MAPPING = ("--map", "Nr=id", "--map", "Unit=team", "--map", "Mail=identities", "--map", "End=left_at")
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: str) -> tuple[int, str, str]:
        status = run(["--home", str(tmp_path / "home"), *arguments])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return call


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "people.csv").write_text(LIST, encoding="utf-8")
    return str(tmp_path / "people.csv")


def rows(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_list_is_shown_first_and_taken_in_when_asked_to(command: Command, file: str) -> None:
    status, out, err = command("people", "import", file, *MAPPING)
    assert out == (
        "e1: new in shop\n"
        "e3: new in desk, left on 2026-10-31\n"
        "New: 2 teams: desk, shop.\n"
        "2 changes, 0 as known.\n"
        "Nothing was changed yet. Do it with --apply.\n"
    )
    assert (status, err) == (6, "1 problem:\n  line 4: Lines 3 and 4 disagree about 'e2', and are left out.\n")
    assert command("people", "list")[1].startswith("Nobody is known yet.")
    (done,) = rows(command("people", "import", file, *MAPPING, "--apply", "--json")[1])
    assert (done["applied"], done["new_teams"], len(done["changes"]), len(done["problems"])) == (
        True,
        ["desk", "shop"],
        2,
        1,
    )
    assert "0 changes, 2 as known." in command("people", "import", file, *MAPPING)[1]
    (desk, shop) = rows(command("people", "list", "--json")[1])
    assert (shop["names"], shop["team"], shop["left_at"]) == (["e1", "ann@example.org"], "shop", None)
    assert desk["left_at"] == "2026-10-31T00:00:00+00:00"
    assert rows(command("people", "list", "--team", "shop", "--json")[1]) == [shop]
    shown = command("people", "list")[1]
    assert "ann@example.org" in shown
    assert "left 2026-10-31" in shown


def test_whoever_is_missing_is_told_and_has_left_where_the_list_is_whole(
    command: Command, file: str, tmp_path: Path
) -> None:
    command("people", "import", file, *MAPPING, "--apply")
    (tmp_path / "next.csv").write_text("id,team\ne9,lab\n", encoding="utf-8")
    status, out, _ = command("people", "import", str(tmp_path / "next.csv"))
    assert status == 0
    assert "1 person is known and not on the list; --whole says they have left." in out
    assert "e1: is not on the list: has left" in command("people", "import", str(tmp_path / "next.csv"), "--whole")[1]


@pytest.mark.parametrize("columns", [["--map", "Nr=number"], ["--map", "=id"]])
def test_a_mapping_that_is_none_is_refused(command: Command, file: str, columns: list[str]) -> None:
    status, _, err = command("people", "import", file, *columns)
    assert (status, "is no field" in err) == (2, True)


def test_what_is_kept_is_written_for_its_readers_eyes_alone(command: Command, file: str, tmp_path: Path) -> None:
    command("people", "import", file, *MAPPING, "--apply")
    found = rows(command("people", "export", "ann@example.org")[1])
    assert [one["kind"] for one in found] == ["name", "name", "person"]
    target = tmp_path / "ann.jsonl"
    status, _, err = command("people", "export", "e1", "-o", str(target))
    assert (status, err) == (0, f"3 lines in {target}.\n")
    assert rows(target.read_text(encoding="utf-8")) == found
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert rows(command("people", "export", "e1", "-o", str(target), "--json")[1])[0]["lines"] == 3
    status, _, err = command("people", "export", "e1", "-o", str(tmp_path))
    assert (status, "cannot be written" in err) == (2, True)


def test_nobody_is_forgotten_without_being_asked(command: Command, file: str) -> None:
    command("people", "import", file, *MAPPING, "--apply")
    status, _, err = command("people", "forget", "e1")
    assert (status, "answer-missing" in err) == (2, True)
    assert command("people", "forget", "e1", "--yes")[1] == (
        "2 names erased. What was kept under them is nobody's now.\n"
    )
    assert "(forgotten)" in command("people", "list")[1]
    status, _, err = command("people", "export", "e1")
    assert (status, "person-unknown" in err) == (2, True)
    assert rows(command("people", "forget", "e3", "--yes", "--json")[1]) == [{"erased": 1}]


def test_a_person_at_a_terminal_is_asked(command: Command, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    command("people", "import", file, *MAPPING, "--apply")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked: list[str] = []
    monkeypatch.setattr("click.confirm", lambda text, **_: asked.append(text))
    assert command("people", "forget", "e1")[0] == 0
    assert asked == ["Erase every name of e1 for good?"]


def test_how_long_facts_are_kept_is_shown_and_what_is_older_goes(command: Command, tmp_path: Path) -> None:
    assert "Everything is kept for good." in command("people", "retention")[1]
    settings = tmp_path / "home" / "gainful.toml"
    settings.write_text("[privacy]\nkeep_days = { call = 60 }\n", encoding="utf-8")
    old = {"kind": "call", "id": "c1", "at": "2020-01-01T00:00:00Z", "provider": "p", "model": "m"}
    (tmp_path / "old.jsonl").write_text(json.dumps(old) + "\n", encoding="utf-8")
    command("import", "events", str(tmp_path / "old.jsonl"))
    assert command("people", "retention")[1] == "call: 60 days, 1 older\nDelete them with --apply.\n"
    (done,) = rows(command("people", "retention", "--apply", "--json")[1])
    assert done == {"kind": "call", "days": 60, "older": 1, "deleted": 1}
    assert command("people", "retention", "--apply")[1] == "call: 60 days, 0 deleted\n"
    assert command("import", "events", str(tmp_path / "old.jsonl"))[1] == "0 new facts, 1 known already.\n"
