"""`gainful agent run`, `test` and `judge`, as a person types them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gainful.cli import exits
from gainful.cli.main import run

Command = Callable[..., tuple[int, str, str]]
AGENT = """---
name: hours
owner: ada
purpose: Says when it is open.
model: scripted:script.yaml
triggers: [{on: mention}]
tools: [files.read, files.write, mail.send]
outcome: {claims: Told, judged_by: hand}
---
Answer.
"""
SCRIPT = """
- when: closed
  calls: [{tool: files.read, with: {path: notes/hours.md}}]
  say: "It says: {answer}"
- when: note
  calls: [{tool: files.write, with: {path: notes/new.md, text: New}}]
  say: Noted.
- say: Hello \x1b[31mthere
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    agent = home / "agents" / "hours"
    agent.mkdir(parents=True)
    home.chmod(0o700)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "hours.md").write_text("Closed on Friday.")
    (home / "gainful.toml").write_text(f'[owner]\nname = "ada"\n[files.folders]\nnotes = "{tmp_path / "notes"}"\n')
    (agent / "AGENT.md").write_text(AGENT.replace(", mail.send", ""))
    (agent / "script.yaml").write_text(SCRIPT.replace("\x1b", "\\e").replace("Hello", '"Hello').rstrip() + '"\n')
    monkeypatch.setenv("GAINFUL_HOME", str(home))
    monkeypatch.setattr("sys.stdin", None)
    return home


@pytest.fixture
def gainful(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    def command(*arguments: str) -> tuple[int, str, str]:
        status = run(["agent", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    digest = json.loads(command("validate", "hours", "--json")[1])["digest"]
    assert command("enable", "hours", "--digest", digest)[0] == 0
    return command


def test_a_run_shows_its_words_and_its_calls(gainful: Command) -> None:
    status, out, err = gainful("run", "hours", "When is it closed?")
    assert status == 0
    assert out.startswith("It says: {")
    assert "Closed on Friday." in out
    assert '→ files.read {"path": "notes/hours.md"}' in err
    assert out.splitlines()[-1].startswith("run ")
    assert out.splitlines()[-1].endswith("tokens, 0 USD")


def test_what_a_model_says_cannot_move_the_cursor(gainful: Command) -> None:
    out = gainful("run", "hours", "Hi")[1]
    assert "\x1b" not in out
    assert out.startswith("Hello �[31mthere\n")


def test_in_json_it_is_one_line(gainful: Command) -> None:
    status, out, _ = gainful("run", "hours", "When is it closed?", "--json")
    told = json.loads(out)
    assert status == 0
    assert (told["state"], told["turns"], told["calls"], told["cost_usd"]) == ("done", 2, 1, "0")


def test_a_rehearsal_tells_what_it_would_do_and_leaves_everything(gainful: Command, home: Path) -> None:
    status, out, err = gainful("test", "hours", "Make a note.")
    assert status == 0
    assert "held back: would be done." in err
    assert out.splitlines()[-1] == "Nothing was changed, sent or posted."
    assert not (home.parent / "notes" / "new.md").exists()


def test_an_input_is_recorded_and_used_again(gainful: Command, tmp_path: Path) -> None:
    file = tmp_path / "input.json"
    first = gainful("test", "hours", "When is it closed?", "--save", str(file))[1]
    assert json.loads(file.read_text())["words"] == "When is it closed?"
    again = gainful("test", "hours", "--input", str(file))[1]
    assert again.splitlines()[0] == first.splitlines()[0]


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"id": 1}'])
def test_a_recorded_input_that_is_none_says_how_to_make_one(gainful: Command, tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.json").write_text(content)
    status, _, err = gainful("test", "hours", "--input", str(tmp_path / "bad.json"))
    assert status == exits.INVALID
    assert "--save FILE" in " ".join(err.split())


def test_what_needs_a_person_waits(gainful: Command, home: Path) -> None:
    # The file is there and was read: to change what ada has, a stranger's text might be the reason.
    (home / "agents" / "hours" / "script.yaml").write_text(
        "- calls: [{tool: files.read, with: {path: notes/hours.md}}, "
        "{tool: files.write, with: {path: notes/hours.md, text: Changed}}]\n  say: Done.\n"
    )
    status, out, err = gainful("run", "hours", "Go.")
    assert status == 0
    assert "waits for approval" in err
    assert "It waits for you: gainful approvals show " in out
    assert (home.parent / "notes" / "hours.md").read_text() == "Closed on Friday."


def test_a_run_that_fails_ends_so(gainful: Command, home: Path) -> None:
    (home / "agents" / "hours" / "script.yaml").write_text("- calls: [{tool: files.read}]\n  say: Done.\n")
    text = (home / "agents" / "hours" / "AGENT.md").read_text()
    (home / "agents" / "hours" / "AGENT.md").write_text(text.replace("tools:", "budget: {calls: 1}\ntools:"))
    status, out, _ = gainful("test", "hours", "Go.")
    assert status == exits.FINDINGS
    assert "It failed: " in out


def test_an_unknown_agent_is_told_with_the_nearest(gainful: Command) -> None:
    status, _, err = gainful("run", "huors", "Hi")
    assert status == exits.INVALID
    assert "Did you mean 'hours'?" in err


def test_a_run_by_hand_claims_nothing_that_could_be_judged(gainful: Command) -> None:
    run_id = json.loads(gainful("run", "hours", "Hi", "--json")[1])["run_id"]
    status, _, err = gainful("judge", run_id, "accept")
    assert status == exits.INVALID
    assert "[nothing-to-judge]" in err
