"""`gainful import git` and `gainful import outcomes`: what is wrong is said, and what can be used goes in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gainful.cli import exits
from gainful.cli.main import run
from tests.unit.connectors.git.conftest import git

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    def call(*arguments: str) -> tuple[int, str, str]:
        status = run(["--home", str(tmp_path / "home"), *arguments])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return call


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    made = tmp_path / "shop.git" / "work"
    made.mkdir(parents=True)
    git(made, "init", "--quiet", "--initial-branch=trunk")
    for message in ("First", "Add (#1)\n\nCo-authored-by: Fixer <Bot@x.org>"):
        (made / f"{len(message)}.txt").write_text("one\n")
        git(made, "add", "--all")
        git(made, "commit", "--quiet", f"--message={message}")
    return made


def test_a_repository_by_name_branch_and_agent(command: Command, shop: Path) -> None:
    arguments = ("import", "git", str(shop), "--branch", "trunk", "--name", "web", "--agent", "BOT@x.org=fixer")
    status, out, _ = command(*arguments, "--json")
    found = json.loads(out)
    assert status == exits.OK
    assert (found["pulls"], found["accepted"], found["reverted"]) == (1, 0, 0)
    shown = json.loads(command("outcome", "show", "pull-request:web#1", "--json")[1])
    assert shown["agent"].startswith("fixer of ")
    assert command(*arguments)[1].startswith("1 pull request: 0 merged by somebody else, 0 reverted. Lines counted")


def test_a_copy_that_was_not_fetched_for_long_is_told(command: Command, shop: Path) -> None:
    assert command("import", "git", str(shop), "--branch", "trunk")[2].count("fetch") == 0
    git(shop, "remote", "add", "origin", "https://example.org/shop.git")
    assert (
        "nothing of what came after 2026-11-22 08:00 UTC" in command("import", "git", str(shop), "--branch", "trunk")[2]
    )


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--branch", "main"), exits.INVALID, "has no branch 'main'"),
        (("--branch", "trunk", "--agent", "bot@x.org"), exits.INVALID, "ADDRESS=AGENT"),
        (("--branch", "trunk", "--agent", "bot@x.org="), exits.INVALID, "ADDRESS=AGENT"),
    ],
)
def test_what_cannot_be_meant(command: Command, shop: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    code, _, err = command("import", "git", str(shop), *arguments)
    assert (code, said in err) == (status, True)


def test_lines_that_are_no_event_are_set_aside(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "told.jsonl"
    good = {"id": "1", "event": "accept", "item": "T-1", "by": "ann", "at": "2026-10-01T08:00:00Z"}
    file.write_text(f'{json.dumps(good)}\n\n{{"id": "2"}}\nnot json\n{" " * 5}[1]\n', encoding="utf-8")
    status, out, err = command("import", "outcomes", str(file), "--system", "desk")
    assert (status, out) == (exits.FINDINGS, "1 new fact, 0 known already.\n")
    assert "3 lines are no event" in err
    rejected = [json.loads(line) for line in Path(f"{file}.rejected.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["line"] for one in rejected] == [3, 4, 5]
    assert rejected[1]["content"] == "not json"
    again = json.loads(command("import", "outcomes", str(file), "--system", "desk", "--json")[1])
    assert (again["new"], again["doubled"], again["rejected"]) == (0, 1, 3)
