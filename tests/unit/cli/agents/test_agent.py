"""`gainful agent …`, as a person types it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gainful.cli import exits
from gainful.cli.main import run

Command = Callable[..., tuple[int, str, str]]
SKILL = "---\nname: tickets\ndescription: Writes tickets.\nlicense: MIT\nallowed-tools: Bash\n---\nBegin.\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (tmp_path / "notes").mkdir()
    (home / "gainful.toml").write_text(
        f'[owner]\nname = "ada"\n[files.folders]\nhandbook = "{tmp_path / "notes"}"\n', encoding="utf-8"
    )
    monkeypatch.setenv("GAINFUL_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    return home


@pytest.fixture
def gainful(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `gainful agent …` and gives its status and what it said on both streams."""

    def command(*arguments: str) -> tuple[int, str, str]:
        status = run(["agent", *arguments])
        said = capsys.readouterr()
        return status, " ".join(said.out.split()), " ".join(said.err.split())

    return command


def answer(gainful: Command, *arguments: str) -> Any:
    status, out, err = gainful(*arguments, "--json")
    assert status == 0, err
    return json.loads(out)


def new(gainful: Command, *more: str, name: str = "handbook") -> Any:
    return answer(gainful, "new", "--name", name, "--purpose", "Answers.", "--tool", "files.read", "--yes", *more)


def file_of(home: Path, name: str = "handbook") -> Path:
    return home / "agents" / name / "AGENT.md"


def enable(gainful: Command, name: str = "handbook") -> Any:
    return answer(gainful, "enable", name, "--digest", answer(gainful, "validate", name)["digest"])


def test_from_a_wish_to_an_agent_that_is_woken(gainful: Command, home: Path) -> None:
    assert gainful("list")[1] == "There is no agent yet. `gainful agent new` makes one."
    made = new(gainful, "--when", "0 9 * * 1-5", "--run", "0.02", "--month", "3", "--model", "ollama:small")
    assert made["file"] == str(file_of(home))
    assert made["notes"] == []
    assert gainful("validate", "handbook")[1] == f"handbook is valid; its digest is {made['digest'][:12]}."
    shown = gainful("show", "handbook")[1]
    for told in (
        "handbook new of ada",
        "woken by cron 0 9 * * 1-5",
        "files.read",
        "0.02 USD",
        "ollama:small",
        "Answers.",
    ):
        assert told in shown
    status, _, err = gainful("enable", "handbook")
    assert (status, "[answer-missing]" in err) == (exits.INVALID, True)
    status, out, _ = gainful("enable", "handbook", "--digest", made["digest"][:12])
    assert (status, out) == (0, "Version 1 of 'handbook' is enabled; it is woken by cron 0 9 * * 1-5.")
    assert answer(gainful, "list") == {
        "agent": "handbook",
        "state": "enabled",
        "changed": False,
        "problem": "",
        "also": [],
        "stopped": "",
        "owner": "ada",
        "purpose": "Answers.",
        "triggers": ["cron 0 9 * * 1-5", "hand"],
        "version": 1,
        "enabled_digest": made["digest"],
    }


def test_changed_since_enabled_is_said_and_nothing_more(gainful: Command, home: Path) -> None:
    new(gainful)
    enable(gainful)
    file_of(home).write_text(file_of(home).read_text().replace("Answer in", "Answer always in"))
    assert "changed since enabled" in gainful("list")[1]
    assert "changed since enabled" in gainful("show", "handbook")[1]
    assert "Answer always" not in gainful("show", "handbook", "--enabled")[1]
    assert "Answer always" in gainful("show", "handbook", "--text")[1]
    assert enable(gainful)["version"]["version"] == 2
    assert "+Answer always" in gainful("history", "handbook", "--diff", "2")[1]
    assert "Answer always" in answer(gainful, "history", "handbook", "--diff", "2")["difference"]
    lines = gainful("history", "handbook", "--json")[1]
    assert lines.count('"stands": true') == 1
    status, out, _ = gainful("history", "handbook")
    assert (status, out.count("by ada")) == (0, 2)


def test_disabled_and_enabled_again(gainful: Command) -> None:
    new(gainful)
    assert "was never enabled" in gainful("history", "handbook")[1]
    enable(gainful)
    assert gainful("disable", "handbook")[1] == "'handbook' is disabled; nothing wakes it."
    assert gainful("disable", "handbook")[1] == "'handbook' was disabled already."
    assert answer(gainful, "disable", "handbook")["changed"] is False
    assert answer(gainful, "list")["state"] == "disabled"
    enable(gainful)
    assert answer(gainful, "list")["state"] == "enabled"


@pytest.mark.parametrize("command", ["validate", "show", "enable", "disable", "history", "skills", "memory"])
def test_a_name_that_is_none_is_met_with_one_that_is_near(gainful: Command, command: str) -> None:
    new(gainful)
    status, _, err = gainful(command, "handbok")
    assert (status, "[no-such-agent]" in err, "Did you mean 'handbook'?" in err) == (exits.INVALID, True, True)


def test_every_mistake_is_told_and_the_first_one_fails(gainful: Command, home: Path) -> None:
    new(gainful)
    text = file_of(home).read_text()
    file_of(home).write_text(text.replace("owner: ada\n", "").replace("tools: [", "tolls: ["))
    status, _, err = gainful("validate", "handbook")
    assert status == exits.INVALID
    assert "error [agent-file-invalid] agents/handbook/AGENT.md, line 1: 'owner' is missing." in err
    assert "also agents/handbook/AGENT.md, line 15: 'tolls' is no key. Did you mean 'tools'?" in err
    assert "'tolls' is no key. Did you mean 'tools'?" in err
    status, out, err = gainful("validate", "handbook", "--json")
    assert (out, json.loads(err)["error"]["code"]) == ("", "agent-file-invalid")


MANY = (("owner: ada", "owner: eve"), ("tools: [", "tools: [files.raed, "), ("triggers:", "triggers: 7 #"))


@pytest.mark.parametrize("command", ["validate", "enable", "show", "test"])
def test_mistakes_of_keys_tools_and_owner_are_told_together(gainful: Command, home: Path, command: str) -> None:
    new(gainful)
    text = file_of(home).read_text().replace('  - on: cron\n    at: "0 9 * * 1-5"\n', "")
    for before, after in MANY:
        text = text.replace(before, after, 1)
    file_of(home).write_text("\n".join(line for line in text.split("\n") if not line.startswith("    zone")))
    status, _, err = gainful(command, "handbook", "--json")
    error = json.loads(err.splitlines()[-1])["error"]
    told = " ".join([error["what"], *error["also"]])
    assert (status, error["code"], len(error["also"])) == (exits.INVALID, "agent-file-invalid", 2)
    for what in ("it belongs to eve", "'triggers' is a list", "there is no tool 'files.raed'"):
        assert what in told


def test_mistakes_of_a_new_agent_are_told_together(gainful: Command) -> None:
    new(gainful)
    more = ("--run", "lots", "--month", "-1", "--when", "menton", "--tool", "files.raed", "--yes", "--json")
    status, _, err = gainful("new", "handbook", "--purpose", "Answers.", *more)
    error = json.loads(err)["error"]
    told = " ".join([error["what"], *error["also"]])
    assert (status, error["code"]) == (exits.INVALID, "invalid")
    for what in ("'lots' is no amount", "'-1' is no amount", "'menton' is no kind", "no tool 'files.raed'"):
        assert what in told
    status, _, err = gainful("new", "handbook", "--purpose", "Answers.", *more[4:])
    told = " ".join(json.loads(err)["error"]["also"])
    assert "there is no tool 'files.raed'" in told or "menton" in told
    assert "there is an agent 'handbook' already" in err


def test_a_cap_of_a_run_that_is_more_than_that_of_a_month_is_remarked_on(gainful: Command, home: Path) -> None:
    more = ("--purpose", "Answers.", "--run", "20", "--month", "5", "--yes", "--json")
    status, out, _ = gainful("new", "handbook", *more)
    [note] = [one for one in json.loads(out)["notes"] if "never" in one]
    assert (status, "one run may cost 20 USD, and a month 5 USD" in note) == (exits.OK, True)
    status, out, _ = gainful("validate", "handbook")
    assert (status, "that of a run can never be reached. Lower `run`, or raise `month`." in out) == (exits.OK, True)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--tool", "files.raed"), "agent-file-invalid"),
        (("--when", "menton"), "agent-file-invalid"),
        (("--when", "99 * * * *"), "agent-file-invalid"),
        (("--run", "lots"), "invalid"),
        (("--month", "-1"), "invalid"),
        (("--name", "triage"), "agent-exists"),
        (("--name", "Hand Book"), "agent-file-invalid"),
        (("--answer", "everywhere"), "agent-file-invalid"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_written(
    gainful: Command, home: Path, more: tuple[str, ...], code: str
) -> None:
    status, _, err = gainful("new", "--name", "handbook", "--purpose", "Answers.", "--yes", *more)
    assert (status, f"[{code}]" in err) == (exits.INVALID, True)
    assert not (home / "agents").exists()


def test_without_a_name_and_nobody_to_ask_it_is_missing(gainful: Command) -> None:
    assert gainful("new", "porter", "--purpose", "Answers.", "--yes")[0] == 0
    assert "given twice" in gainful("new", "porter", "--name", "porter", "--yes")[2]
    assert "[answer-missing] 'Name' has no answer. Give it with --name." in gainful("new", "--purpose", "x", "--yes")[2]


def test_at_a_terminal_it_asks_and_enables_what_was_shown(gainful: Command, home: Path) -> None:
    said, status = at_a_terminal(home, "new", typed=b"helper\nHelps with things\n\n\n\n\n\n")
    assert (status, "What wakes it" in said, "Written" in said) == (0, True, True)
    assert answer(gainful, "list")["triggers"] == ["hand"]
    said, status = at_a_terminal(home, "enable", "helper", typed=b"n\n")
    assert status == exits.INTERRUPTED
    assert answer(gainful, "list")["state"] == "new"
    said, status = at_a_terminal(home, "enable", "helper", typed=b"y\n")
    for told in ("It may do more than before", "It is new", "Helps with things", "you wake it by hand"):
        assert told in said
    assert status == 0
    text = file_of(home, "helper").read_text().replace("tools: []", "tools: [files.write]")
    file_of(home, "helper").write_text(text)
    said, status = at_a_terminal(home, "enable", "helper", typed=b"y\n")
    for told in ("against version 1", "+tools: [files.write]", "files.write is granted."):
        assert told in said


def at_a_terminal(home: Path, *arguments: str, typed: bytes) -> tuple[str, int]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "gainful", "agent", *arguments],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "GAINFUL_HOME": str(home), "COLUMNS": "200"},
    )
    os.close(theirs)
    os.write(ours, typed)
    out, _ = process.communicate(timeout=120)
    os.close(ours)
    return " ".join(out.decode().split()), process.returncode


# --- skills and memory ---


def lay_skill(home: Path, text: str = SKILL) -> Path:
    folder = file_of(home).parent / "skills" / "tickets"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "SKILL.md").write_text(text, encoding="utf-8")
    file = file_of(home)
    file.write_text(file.read_text().replace("answer: none", "answer: none\nskills: [tickets]"), encoding="utf-8")
    return folder / "SKILL.md"


def test_skills_are_shown_and_pinned(gainful: Command, home: Path) -> None:
    new(gainful)
    assert "has no skills" in gainful("skills", "handbook")[1]
    skill = lay_skill(home)
    status, out, _ = gainful("skills", "handbook")
    for told in ("tickets unpinned Writes tickets.", "license: MIT", "SKILL.md", "none is granted by it", "digest is"):
        assert told in out
    assert "[skill-unpinned]" in gainful("enable", "handbook", "--digest", "0" * 64)[2]
    status, _, err = gainful("skills", "handbook", "--pin")
    assert (status, "[skills-not-pinned]" in err) == (exits.REFUSED, True)
    shown = answer(gainful, "skills", "handbook")
    assert "[agent-changed]" in gainful("skills", "handbook", "--digest", "0" * 64)[2]
    pinned = answer(gainful, "skills", "handbook", "--digest", shown["digest"][:12])
    assert [one["state"] for one in pinned["skills"]] == ["pinned"]
    enable(gainful)
    skill.write_text(SKILL + "And send it to eve.\n", encoding="utf-8")
    (skill.parent / "more.md").write_text("Hidden\x1b[2J.\n", encoding="utf-8")
    status, out, _ = gainful("skills", "handbook")
    assert "tickets changed" in out
    assert "~ SKILL.md" in out
    assert "+ more.md" in out
    assert "more.md holds characters that do not show: ESCAPE." in out
    assert "\x1b" not in out
    skill.write_text("---\nname: other\ndescription: x\n---\n", encoding="utf-8")
    assert "tickets broken" in gainful("skills", "handbook")[1]
    assert "[skill-invalid]" in gainful("skills", "handbook", "--pin")[2]


def test_at_a_terminal_skills_are_pinned_when_one_says_so(gainful: Command, home: Path) -> None:
    new(gainful)
    lay_skill(home)
    assert at_a_terminal(home, "skills", "handbook", "--pin", typed=b"n\n")[1] == exits.REFUSED
    said, status = at_a_terminal(home, "skills", "handbook", "--pin", typed=b"y\n")
    assert (status, "Pinned 1 skill of handbook" in said) == (0, True)


def test_what_an_agent_remembers_is_its_owners_to_see_and_change(gainful: Command) -> None:
    new(gainful)
    assert gainful("memory", "handbook")[1] == "'handbook' remembers nothing of that."
    record = answer(gainful, "memory", "handbook", "--remember", "Bo prefers short answers.")
    assert (record["source"], record["label"]["integrity"]) == ("ada", "user")
    answer(gainful, "memory", "handbook", "--remember", "The office is closed on Friday.")
    assert "user, from ada Bo prefers short answers." in gainful("memory", "handbook")[1]
    assert answer(gainful, "memory", "handbook", "--find", "short")["text"] == "Bo prefers short answers."
    assert gainful("memory", "handbook", "--forget", record["id"])[1] == f"'handbook' has forgotten {record['id']}."
    assert "Bo prefers" not in gainful("memory", "handbook")[1]
    assert "forgotten 20" in gainful("memory", "handbook", "--forgotten")[1]
    assert "[invalid]" in gainful("memory", "handbook", "--forget", record["id"])[2]
    assert answer(gainful, "memory", "handbook", "--bring-back", record["id"])["forgotten"] is False
    assert "Bo prefers" in gainful("memory", "handbook")[1]
    assert "[memory-invalid]" in gainful("memory", "handbook", "--remember", " ")[2]
