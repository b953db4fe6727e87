"""Who may open the console and which programs may use its API, from the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gainful.cli.main import run

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    def call(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = run(["--home", str(tmp_path / "home"), "console", *arguments])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return call


def test_somebody_is_let_in_changed_and_let_in_no_more(command: Command) -> None:
    assert "Nobody yet." in command("accounts")[1]
    assert command("add", "ann@example.org", "--role", "owner", typed="several words do well\n")[0] == 0
    assert command("add", "zoe@example.net", typed="several words do well\n")[1].endswith("as employee.\n")
    assert command("role", "zoe@example.net", "auditor")[0] == 0
    assert command("password", "zoe@example.net", typed="other words do well\n")[0] == 0
    found = [json.loads(line) for line in command("accounts", "--json")[1].splitlines()]
    assert [(one["person"], one["role"]) for one in found] == [
        ("ann@example.org", "owner"),
        ("zoe@example.net", "auditor"),
    ]
    assert command("remove", "zoe@example.net")[0] == 0
    assert "zoe" not in command("accounts")[1]


@pytest.mark.parametrize(
    ("arguments", "typed", "code"),
    [
        (("add", "ann@example.org"), "", "answer-missing"),
        (("add", "ann@example.org"), "short\n", "account-invalid"),
        (("add", "system:tickets"), "several words do well\n", "account-invalid"),
        (("role", "nobody", "owner"), "", "account-invalid"),
        (("remove", "nobody"), "", "account-invalid"),
        (("token", "ci", "--person", "nobody", "--scope", "read"), "", "token-invalid"),
        (("tokens", "--remove", "ci"), "", "token-invalid"),
    ],
)
def test_what_cannot_be_is_told(command: Command, arguments: tuple[str, ...], typed: str, code: str) -> None:
    status, _, told = command(*arguments, typed=typed)
    assert status == 2
    assert f"[{code}]" in told


def test_the_last_owner_stays(command: Command) -> None:
    command("add", "ann@example.org", "--role", "owner", typed="several words do well\n")
    for arguments in (("role", "ann@example.org", "lead"), ("remove", "ann@example.org")):
        assert "only platform owner" in command(*arguments)[2]


def test_a_token_is_shown_once(command: Command, tmp_path: Path) -> None:
    command("add", "ann@example.org", "--role", "owner", typed="several words do well\n")
    made = command("token", "ci", "--person", "ann@example.org", "--scope", "read", "--days", "3")[1].strip()
    assert made.startswith("gainful_")
    listed = command("tokens")[1]
    assert listed.startswith("ci  read, for ann@example.org until ")
    assert made not in listed
    database = (tmp_path / "home" / "gainful.sqlite").read_bytes()
    assert made.encode() not in database
    assert b"several words do well" not in database
    assert "token-invalid" in command("token", "ci", "--person", "ann@example.org", "--scope", "read")[2]
    assert "none is left" in command("tokens", "--remove", "ci")[1]
