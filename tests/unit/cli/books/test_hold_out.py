"""Dealing and measuring as a person types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gainful.cli.main import run

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    home = tmp_path / "home"
    home.mkdir()
    (home / "gainful.toml").write_text('[owner]\nname = "bo"\n[worth]\nhold_out = 0.5\n')

    def call(*arguments: str) -> tuple[int, str, str]:
        status = run(["--home", str(home), *arguments])
        shown = capsys.readouterr()
        return status, shown.out, shown.err

    return call


def dealt_to(command: Command, arm: str) -> str:
    for number in range(100):
        _, out, _ = command("outcome", "deal", f"T-{number}", "--class", "ticket", "--requester", "ann", "--json")
        if json.loads(out)["arm"] == arm:
            return f"T-{number}"
    raise AssertionError("a hundred items of one arm")


def test_an_item_by_hand_is_dealt_measured_and_shown(command: Command) -> None:
    item = dealt_to(command, "hand")
    _, out, _ = command("outcome", "deal", item, "--class", "ticket")
    assert f"{item} is left to be done by hand, and measured." in out
    assert f"gainful outcome hand {item} start" in out
    assert "The clock runs." in command("outcome", "hand", item, "start")[1]
    status, _, err = command("outcome", "hand", item, "start")
    assert (status, "measuring-already" in err) == (2, True)
    _, out, _ = command("outcome", "hand", item, "done", "--json")
    told = json.loads(out)
    assert (told["item"], told["measured"]) == (item, True)
    assert 0 <= float(told["seconds"]) < 60
    status, _, err = command("outcome", "hand", item, "done")
    assert (status, "not-measuring" in err) == (2, True)
    assert "hold-out" in command("worth")[1]


def test_an_item_for_the_agents_says_so(command: Command) -> None:
    item = dealt_to(command, "agent")
    status, out, _ = command("outcome", "deal", item, "--class", "ticket")
    assert (status, out) == (0, f"{item} goes to the agents, as 50% of such items do.\n")
    command("outcome", "claim", item, "--by", "helper")
    assert command("outcome", "deal", item, "--class", "ticket")[0] == 0


def test_what_was_begun_is_refused(command: Command, tmp_path: Path) -> None:
    facts = tmp_path / "facts.jsonl"
    opened = {"kind": "work_item", "at": "2026-10-01T00:00:00Z", "id": "T-900", "work_class": "ticket"}
    facts.write_text(json.dumps({**opened, "requester": "ann"}) + "\n", encoding="utf-8")
    command("import", "events", str(facts))
    command("outcome", "claim", "T-900", "--by", "helper")
    status, _, err = command("outcome", "deal", "T-900", "--class", "ticket")
    assert status == 3
    assert "[item-begun] 'T-900' was begun already: there is a claim." in err


def test_the_brief_has_a_place_for_what_is_left(command: Command) -> None:
    assert json.loads(command("brief", "--json")[1])["left_to_you"] == []
