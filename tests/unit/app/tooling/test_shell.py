"""The settings decide about the sandbox: whether, over which folders, how long."""

from __future__ import annotations

from pathlib import Path

import pytest

from gainful.app.tooling.shell import sandbox_of, tools_of
from gainful.connectors.shell import Limits
from gainful.connectors.shell.errors import SandboxInputInvalid, ShellOff
from gainful.sdk.grant import Grant
from gainful.storage.settings.config import Config, Home, parse
from gainful.storage.settings.findings import ConfigInvalid
from gainful.storage.settings.tools import Shell


def test_it_is_off_unless_the_person_turns_it_on(tmp_path: Path) -> None:
    shell, code = tools_of(Config().shell, Home(tmp_path))
    with pytest.raises(ShellOff):
        shell.call(Grant("k", "shell.run"), {"command": "true"})
    with pytest.raises(ShellOff):
        code.call(Grant("k", "code.python"), {"code": "pass"})


def test_folders_and_limits_are_those_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    text = '[shell]\nenabled = true\nfolders = ["~/projects", "/srv/data"]\nseconds = 5\nmemory_mb = 100\n'
    wanted = parse(text, Path("gainful.toml")).shell
    assert wanted.folders == (tmp_path / "projects", Path("/srv/data"))
    sandbox = sandbox_of(wanted, Home(tmp_path / "home"))
    assert sandbox._folders == wanted.folders
    assert sandbox._limits == Limits(seconds=5, cpu_seconds=5, memory=100 * 1024 * 1024)
    assert tools_of(wanted, Home(tmp_path / "home"))[0]._enabled


@pytest.mark.parametrize("folder", ["/", "~", "projects", "../x"])
def test_folders_that_say_too_much_or_too_little_are_refused(folder: str) -> None:
    with pytest.raises(ConfigInvalid, match=r"shell\.folders"):
        parse(f'[shell]\nfolders = ["{folder}"]\n', Path("gainful.toml"))


@pytest.mark.parametrize("below", ["", "state", "state/deep"])
def test_gainfuls_own_home_is_never_seen(tmp_path: Path, below: str) -> None:
    with pytest.raises(SandboxInputInvalid, match="secrets lie"):
        sandbox_of(Shell(folders=(tmp_path,)), Home(tmp_path / below))


def test_a_link_does_not_hide_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(SandboxInputInvalid):
        sandbox_of(Shell(folders=(tmp_path / "link",)), Home(tmp_path / "real" / "home"))
