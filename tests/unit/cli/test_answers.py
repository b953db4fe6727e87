from __future__ import annotations

import io
from pathlib import Path

import pytest

from gainful.cli.answers import VARIABLE, AnswerMissing, Asker, PasswordFileInvalid, given_password


def test_a_file_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "password"
    file.write_text("päss word \nsecond line\n", encoding="utf-8")
    monkeypatch.setenv(VARIABLE, "other")
    assert [given.reveal() for given in (given_password(str(file)), given_password(None)) if given] == [
        "päss word ",
        "other",
    ]


def test_an_unusable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PasswordFileInvalid, match="cannot be read"):
        given_password(str(tmp_path / "absent"))
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(PasswordFileInvalid, match="is empty"):
        given_password(str(tmp_path / "empty"))


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("an answer that must not be read"))
    asker = Asker(quiet=False)
    assert asker.ask("Name", "--name", "work") == "work"
    with pytest.raises(AnswerMissing, match="--account-url"):
        asker.ask("Mailbox", "--account-url", None)
    with pytest.raises(AnswerMissing) as caught:
        asker.ask_password("Password of me")
    assert VARIABLE in caught.value.next_move
    assert not asker.ask_password("Key", "")
