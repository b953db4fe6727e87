"""Scripts that hang, die, flood and lie."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from gainful.connectors.command import CommandSettings, CommandTarget
from gainful.core.deployment import Release
from gainful.sdk.deploy_settings import TargetSettingsInvalid, read_settings
from gainful.sdk.deploy_target import Health, ReleaseInvalid, TargetRefused, TargetUnreachable
from gainful.sdk.grant import Grant

RELEASE = Release("a" * 40, "sha256:" + "b" * 64)
GRANT = Grant("key-1", "deploy.stage")
PYTHON = (sys.executable, "-I", "-S", "-c")


def target(code: str, *more: str, **settings: object) -> CommandTarget:
    line = (*PYTHON, code, *more)
    given = {"state": line, "stage": line, "rollback": line, "health": line, **settings}
    return CommandTarget(CommandSettings.model_validate(given), {"HOME": "/home/ada", "SECRET": "x"})


@pytest.mark.parametrize(
    "said",
    [
        "",
        "nothing",
        "[]",
        "{}",
        '{"live": 1}',
        '{"live": {"commit": 1, "digest": "x"}}',
        '{"live": null, "share": 101}',
        '{"live": null, "share": true}',
        '{"live": {"commit": "a", "digest": "b", "since": "yesterday"}}',
        '{"live": {"commit": "a", "digest": "b", "since": "2026-11-30T09:00:00"}}',
        '{"live": null, "kept": [7]}',
        "[" * 100_000,
    ],
)
def test_a_state_that_cannot_be_read(said: str, tmp_path: Path) -> None:
    (tmp_path / "said").write_text(said)
    with pytest.raises(TargetUnreachable):
        target(f"print(open({str(tmp_path / 'said')!r}).read())").state()


def test_a_flood_is_cut() -> None:
    with pytest.raises(TargetUnreachable, match="too long"):
        target("print('x' * 20_000_000)").state()
    with pytest.raises(TargetUnreachable) as caught:
        target("import sys; sys.stderr.write('x' * 20_000_000 + 'the end'); sys.exit(7)").stage(GRANT, RELEASE)
    assert len(caught.value.what) < 2000
    assert "the end" in caught.value.what


def test_one_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    note = tmp_path / "note"
    child = f"import time; time.sleep(1.5); open({str(note)!r}, 'w').write('alive')"
    code = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    with pytest.raises(TargetUnreachable, match="longer than"):
        target(code, seconds=0.5).stage(GRANT, RELEASE)
    assert not note.exists()


def test_what_it_starts_and_leaves_is_not_waited_for(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    code = f"import subprocess; open({str(noted)!r}, 'w').write(str(subprocess.Popen(['sleep', '600']).pid))"
    # Waited for, it would be given up as too slow.
    target(code, seconds=30).stage(GRANT, RELEASE)
    os.kill(int(noted.read_text()), signal.SIGKILL)


@pytest.mark.parametrize(
    ("status", "error"), [(2, TargetRefused), (3, ReleaseInvalid), (75, TargetUnreachable), (1, TargetUnreachable)]
)
def test_what_statuses_mean(status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="because"):
        target(f"print('because'); raise SystemExit({status})").stage(GRANT, RELEASE)


def test_only_what_says_not_now_has_certainly_not_happened() -> None:
    with pytest.raises(TargetUnreachable) as caught:
        target("raise SystemExit(75)").stage(GRANT, RELEASE)
    assert not caught.value.sent


def test_how_health_is_told() -> None:
    assert target("pass").health(RELEASE) == Health(True)
    assert target("print('503'); raise SystemExit(1)").health(RELEASE) == Health(False, "503")
    with pytest.raises(TargetUnreachable):
        target("raise SystemExit(9)").health(RELEASE)


def test_each_placeholder_is_one_item_and_is_filled_once(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = f"import sys, json; json.dump(sys.argv[1:], open({str(out)!r}, 'w'))"
    made = target(code, "{commit} {anew}", "{key}", "{unknown}", "$(id)", "; id")
    made.stage(Grant("{commit}", "deploy.stage"), RELEASE)
    assert json.loads(out.read_text()) == ["a" * 40 + " no", "{commit}", "{unknown}", "$(id)", "; id"]


@pytest.mark.parametrize("commit", ["--upload-pack=id", "main", "../x", "a\n"])
def test_a_commit_that_would_be_an_option(commit: str) -> None:
    with pytest.raises(ReleaseInvalid):
        target("pass").stage(GRANT, Release(commit, RELEASE.digest))


def test_it_finds_nothing_in_its_environment_that_was_not_named(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = f"import os, json; json.dump(dict(os.environ), open({str(out)!r}, 'w'))"
    target(code, env={"TIER": "web"}, inherit=("HOME", "MISSING")).stage(GRANT, RELEASE)
    found = json.loads(out.read_text())
    assert {name: found.get(name) for name in ("TIER", "HOME", "SECRET", "MISSING")} == {
        "TIER": "web", "HOME": "/home/ada", "SECRET": None, "MISSING": None,
    }  # fmt: skip


def test_a_command_that_is_not_there() -> None:
    made = CommandTarget(CommandSettings(state=("/no/such",), stage=("/no/such",), rollback=("/no/such",)))
    with pytest.raises(TargetRefused, match="cannot be run"):
        made.state()


def test_settings_that_cannot_be() -> None:
    line = ["true"]
    with pytest.raises(TargetSettingsInvalid, match="promote"):
        read_settings(CommandSettings, {"state": line, "stage": line, "rollback": line, "shift": line}, "shop")
    with pytest.raises(TargetSettingsInvalid, match=r"target\.stage"):
        read_settings(CommandSettings, {"kind": "command", "state": line, "rollback": line}, "shop")
    with pytest.raises(TargetSettingsInvalid, match=r"target\.staeg"):
        read_settings(CommandSettings, {"state": line, "stage": line, "rollback": line, "staeg": line}, "shop")
