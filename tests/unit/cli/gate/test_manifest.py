"""`gainful manifest`, `gainful stop` and `gainful resume`, as a person types them."""

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

HELPER = (
    'agent = "helper"\nabout = "Helps.\\u202e"\n[[effects]]\ntool = "mail.move"\narguments = { to = ["Archive*"] }\n'
)
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "gainful.toml").write_text('[owner]\nname = "ada"\n', encoding="utf-8")
    monkeypatch.setenv("GAINFUL_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")
    return home


@pytest.fixture
def gainful(home: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs `gainful …` and gives its status and what it said on both streams."""

    def command(*arguments: str) -> tuple[int, str, str]:
        status = run(arguments)
        said = capsys.readouterr()
        return status, " ".join(said.out.split()), " ".join(said.err.split())

    return command


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "helper.toml").write_text(HELPER, encoding="utf-8")
    return str(tmp_path / "helper.toml")


def answer(gainful: Command, *arguments: str) -> Any:
    status, out, err = gainful(*arguments, "--json")
    assert status == 0, err
    return json.loads(out)


def test_from_a_file_to_a_manifest_in_force(gainful: Command, file: str) -> None:
    status, out, _ = gainful("manifest", "propose", "helper", file)
    assert status == 0
    for told in ("version 1 proposed", "to: Archive*", "It may do more than before", "It waits for its owner ada"):
        assert told in out
    assert "\u202e" not in out
    shown = answer(gainful, "manifest", "show", "helper", "--proposed")
    assert (shown["state"], shown["widens"]) == ("proposed", ["It is new: it may use 0 reading and 1 acting tools."])
    assert shown["difference"].startswith("--- before")
    status, out, err = gainful("manifest", "approve", "helper")
    assert (status, "[answer-missing]" in err) == (exits.INVALID, True)
    assert answer(gainful, "manifest", "approve", "helper", "--digest", shown["digest"][:12])["state"] == "active"
    status, out, _ = gainful("manifest", "show", "helper")
    assert "version 1 active of ada, approved by ada" in out
    assert "It may never send, share, pay, delete, deploy, fetch or administer" in out
    assert gainful("manifest", "history", "helper")[1].startswith("version state")
    assert gainful("manifest", "list")[1].count("version 1, of ada") == 1


def test_what_is_written_as_toml_is_the_same_manifest(
    gainful: Command, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    gainful("manifest", "propose", "helper", file)
    assert run(["manifest", "show", "helper", "--proposed", "--toml"]) == 0
    Path(file).write_text(capsys.readouterr().out, encoding="utf-8")
    # The same content is no change.
    assert "[manifest-unchanged]" in gainful("manifest", "propose", "helper", file)[2]


def test_a_no_leaves_everything_as_it_was(gainful: Command, file: str) -> None:
    gainful("manifest", "propose", "helper", file)
    assert "is refused" in gainful("manifest", "refuse", "helper")[1]
    assert gainful("manifest", "show", "helper")[0] == exits.INVALID
    assert "[no-manifest]" in gainful("manifest", "refuse", "helper")[2]
    assert "[no-manifest]" in gainful("manifest", "show", "helper", "--proposed")[2]
    assert "[no-manifest]" in gainful("manifest", "history", "nobody")[2]


def test_a_job_shows_what_it_would_bring(gainful: Command) -> None:
    assert "comes into force with the first run that may act" in gainful("manifest", "show", "triage")[1]
    assert "none yet" in gainful("manifest", "list")[1]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"agent = ", b'agent = "other"\n', b'agent = "helper"\nx = 1\n'])
def test_what_is_no_manifest_is_named(gainful: Command, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.toml").write_bytes(content)
    status, _, err = gainful("manifest", "propose", "helper", str(tmp_path / "bad.toml"))
    assert (status, "[manifest-invalid]" in err) == (exits.INVALID, True)


@pytest.mark.parametrize(("typed", "state"), [(b"y\n", "active"), (b"n\n", "proposed")])
def test_at_a_terminal_it_is_shown_and_asked(gainful: Command, home: Path, file: str, typed: bytes, state: str) -> None:
    gainful("manifest", "propose", "helper", file)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / "gainful"), "manifest", "approve", "helper"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "GAINFUL_HOME": str(home), "COLUMNS": "200"},
    )
    os.close(theirs)
    os.write(ours, typed)
    out, _ = process.communicate(timeout=120)
    os.close(ours)
    assert b"It may do more than before" in out
    assert process.returncode == (0 if state == "active" else exits.INTERRUPTED)
    history = answer(gainful, "manifest", "history", "helper")
    assert history["state"] == state


# --- stop and resume ---


def test_stopped_listed_and_let_go_on(gainful: Command) -> None:
    assert gainful("stop", "--list")[1] == "Nobody is stopped."
    assert answer(gainful, "stop", "triage", "--reason", "too eager\x1b[2J")["stopped_now"] is True
    status, out, _ = gainful("stop", "triage")
    assert (status, "was stopped already" in out) == (0, True)
    status, out, _ = gainful("stop", "--list")
    assert out.startswith("triage by ada, ")
    assert "\x1b" not in out
    assert "triage" in gainful("manifest", "list")[1]
    assert answer(gainful, "resume", "triage") == {"agent": "triage", "resumed": True, "stops": []}
    assert gainful("resume", "triage")[1] == "'triage' was not stopped."


@pytest.mark.parametrize("arguments", [["stop"], ["stop", "triage", "--list"], ["resume"]])
def test_half_a_command_stops_nobody(gainful: Command, arguments: list[str]) -> None:
    assert gainful(*arguments)[0] == exits.INVALID
    assert answer(gainful, "stop", "--list") == {"stops": []}
