from __future__ import annotations

import errno
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from gainful.cli import exits, failure
from gainful.cli.main import SECTIONS, cli, run
from gainful.core.errors import Broken, GainfulError, Invalid, Refused, Unavailable

SECRETLIKE = "hunter2"


def test_help_loads_only_click() -> None:
    """What makes `gainful --help` slow is never imported for it."""
    program = "import sys; from gainful.cli.main import run; run(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert loaded.isdisjoint({"rich", "pydantic", "sqlalchemy", "dbos", "pydantic_ai", "asyncio", "cryptography"})
    assert "Tokens are a cost, never a score." in done.stdout


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Invalid("a", "b"), exits.INVALID),
        (Refused("a", "b"), exits.REFUSED),
        (Unavailable("a", "b"), exits.UNAVAILABLE),
        (Broken("a", "b"), exits.BROKEN),
        (GainfulError("a", "b"), exits.UNEXPECTED),
        (click.UsageError("a"), exits.INVALID),
        (KeyboardInterrupt(), exits.INTERRUPTED),
        (click.Abort(), exits.INTERRUPTED),
        (OSError(errno.ENOSPC, "No space left on device"), exits.UNAVAILABLE),
        (PermissionError(errno.EACCES, "Permission denied", "file"), exits.INVALID),
        (ZeroDivisionError(SECRETLIKE), exits.UNEXPECTED),
    ],
)
def test_every_failure_has_its_status_and_says_one_thing(
    error: BaseException, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failure.report(error, as_json=False) == status
    said = capsys.readouterr().err
    assert said.startswith("error [")
    assert "Traceback" not in said
    assert SECRETLIKE not in said
    assert failure.report(error, as_json=True) == status
    assert set(json.loads(capsys.readouterr().err)["error"]) == {"code", "what", "next_move"}
    assert status in exits.MEANINGS


def test_a_full_disk_is_told_whoever_met_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The library that runs the engine has connections of its own, whose errors nobody has told in our words."""
    engine = create_engine(f"sqlite:///{tmp_path / 'full.sqlite'}")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE a (b)")
        connection.exec_driver_sql("PRAGMA max_page_count=2")
        with pytest.raises(OperationalError) as caught:
            connection.exec_driver_sql("INSERT INTO a VALUES (randomblob(100000))")
    engine.dispose()
    assert failure.report(caught.value, as_json=False) == exits.UNAVAILABLE
    assert "[disk-full] The disk that holds" in capsys.readouterr().err


def test_a_copy_that_found_no_room_names_what_it_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/from", None, "/to")
    assert failure.report(error, as_json=False) == exits.UNAVAILABLE
    assert "(/to)" in capsys.readouterr().err


def test_debug_shows_where(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GAINFUL_DEBUG", "1")
    failure.report(ZeroDivisionError("x"), as_json=False)
    assert "ZeroDivisionError: x" in capsys.readouterr().err


def test_a_mistyped_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["tirage", "x"]) == exits.INVALID
    assert "Did you mean 'triage'?" in capsys.readouterr().err


def test_a_mistyped_option_is_guessed_also_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["triage", "mbox:x", "--aply", "--json"]) == exits.INVALID
    error = json.loads(capsys.readouterr().err)["error"]
    assert error["code"] == "usage"
    assert "--apply" in error["what"]


def test_without_arguments_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == exits.OK
    shown = capsys.readouterr().out
    titles = [line.strip(":") for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")]
    assert titles == ["Options", *SECTIONS]
    named = [line.split()[0] for line in shown.splitlines() if re.match(r"  [a-z]+  ", line)]
    assert sorted(named) == sorted(cli.commands), "each once"


def test_a_missing_argument_says_where_such_a_thing_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["undo"]) == exits.INVALID
    assert "`gainful runs` lists runs" in capsys.readouterr().err
    assert run(["approvals", "show"]) == exits.INVALID
    assert "`gainful approvals` lists what waits" in capsys.readouterr().err
    assert run(["outcome", "claim"]) == exits.INVALID
    assert "See `gainful outcome claim --help`." in capsys.readouterr().err


def test_json_works_before_and_after_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--json", "version"], ["version", "--json"]):
        assert run(arguments) == exits.OK
        assert set(json.loads(capsys.readouterr().out)) == {"version", "python"}


def _walk(command: click.Command, path: str) -> list[tuple[str, click.Command]]:
    found = [(path, command)]
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            found += _walk(inner, f"{path} {name}")
    return found


@pytest.mark.parametrize(("path", "command"), _walk(cli, "gainful"), ids=lambda value: str(value))
def test_every_command_answers_json_and_explains_itself(path: str, command: click.Command) -> None:
    options = {name for option in command.params for name in option.opts}
    assert "--json" in options
    assert command.help
    for option in command.params:
        if isinstance(option, click.Option) and option.name not in ("form",):
            assert option.help, f"{path} {option.opts}"


@pytest.mark.parametrize(("path", "command"), _walk(cli, "gainful"), ids=lambda value: str(value))
def test_no_line_of_a_list_of_commands_is_cut(path: str, command: click.Command) -> None:
    """A sentence that ends in the middle says nothing; eighty columns are what a terminal has."""
    assert path
    context = click.Context(command, info_name=path, terminal_width=80)
    cut = [line for line in command.get_help(context).splitlines() if re.match(r"  [a-z-]+  .*\.\.\.$", line)]
    assert cut == []


def test_a_password_is_never_an_argument() -> None:
    options = {name for _, command in _walk(cli, "gainful") for option in command.params for name in option.opts}
    assert "--password" not in options
    assert "--password-file" in options


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_printed(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == exits.OK
    assert "_GAINFUL_COMPLETE" in capsys.readouterr().out


def test_a_reader_that_leaves_early_is_no_error() -> None:
    program = "import sys; from gainful.cli.main import run; sys.exit(run(['completion', 'bash', '--json']))"
    command = f'"{sys.executable}" -c "{program}" | true; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"
    assert done.stderr == ""
