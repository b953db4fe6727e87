"""Off by default, for the right grant alone, and never without walls."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import pytest

from gainful.connectors.shell import Limits, Outcome, Sandbox, shell_tools
from gainful.connectors.shell.errors import SandboxInputInvalid, SandboxRefusedRoot, SandboxUnavailable, ShellOff
from gainful.core.errors import Broken
from gainful.core.tool import Effect
from gainful.sdk.grant import Grant
from gainful.sdk.tool import Found, Tool

RUN, PYTHON = Grant("k", "shell.run"), Grant("k", "code.python")


class Recorder(Sandbox):
    """Remembers what it should have run."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[list[str], bytes, Path | None]] = []

    def run(self, argv, stdin=b"", folder=None):  # type: ignore[no-untyped-def]
        self.asked.append((argv, stdin, folder))
        return Outcome(0, b"\xff", b"")


@pytest.fixture
def not_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ordinary user, as far as the code can see; after pytest has made its folder as who we are."""
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


def test_it_is_off_by_default() -> None:
    recorder = Recorder()
    shell, code = shell_tools(recorder)
    with pytest.raises(ShellOff, match="enabled = true"):
        shell.call(RUN, {"command": "true"})
    with pytest.raises(ShellOff):
        code.call(PYTHON, {"code": "pass"})
    assert recorder.asked == []


def test_a_grant_opens_its_own_tool_alone() -> None:
    recorder = Recorder()
    shell, code = shell_tools(recorder, enabled=True)
    with pytest.raises(Broken, match=r"code\.python"):
        shell.call(PYTHON, {"command": "true"})
    with pytest.raises(Broken, match=r"shell\.run"):
        code.call(RUN, {"code": "pass"})
    assert recorder.asked == []


def test_they_are_tools_as_the_manifest_declares_them() -> None:
    for tool in shell_tools(Recorder()):
        assert isinstance(tool, Tool)
        assert tool.spec.effect is Effect.CONTAINED
        assert tool.spec.returns.default.tainted
        assert tool.spec.returns.echoes
        assert set(tool.spec.arguments) - {"folder"} == tool.spec.required
        assert tool.find("k", {}) == Found(done=False)


def test_a_command_is_an_argument_and_code_is_input() -> None:
    recorder = Recorder()
    shell, code = shell_tools(recorder, enabled=True)
    answer = shell.call(RUN, {"command": "echo $HOME; -c", "folder": "/x"})
    code.call(PYTHON, {"code": "print('é')"})
    assert recorder.asked == [
        (["/bin/sh", "-c", "echo $HOME; -c"], b"", Path("/x")),
        (["/usr/bin/python3", "-I", "-"], "print('é')".encode(), None),
    ]
    assert json.loads(json.dumps(answer)) == answer
    assert (answer["stdout"], answer["exit_code"]) == ("\ufffd", 0)


@pytest.mark.parametrize("arguments", [{}, {"command": 7}, {"command": ["true"]}, {"command": "true", "folder": 7}])
def test_arguments_of_another_kind_are_refused(arguments: dict[str, object]) -> None:
    shell, _ = shell_tools(Recorder(), enabled=True)
    with pytest.raises(SandboxInputInvalid):
        shell.call(RUN, arguments)


@pytest.mark.parametrize("ids", [(0, 0), (1000, 0), (0, 1000)])
def test_root_is_refused_in_either_way(ids: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: ids[0])
    monkeypatch.setattr(os, "geteuid", lambda: ids[1])
    with pytest.raises(SandboxRefusedRoot, match="ordinary user"):
        Sandbox().run(["/usr/bin/true"])


def test_without_bubblewrap_nothing_runs(not_root: None) -> None:
    with pytest.raises(SandboxUnavailable, match="not installed"):
        Sandbox(bwrap="/nowhere/bwrap").run(["/usr/bin/true"])


def test_a_bubblewrap_that_runs_as_root_is_not_used(not_root: None, tmp_path: Path) -> None:
    (tmp_path / "bwrap").write_text("#!/bin/sh\n")
    (tmp_path / "bwrap").chmod(0o4755)
    with pytest.raises(SandboxUnavailable, match=r"chmod u-s"):
        Sandbox(bwrap=str(tmp_path / "bwrap")).run(["/usr/bin/true"])


def test_a_machine_without_a_filter_runs_nothing(
    not_root: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bwrap").touch()
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(SandboxUnavailable, match="riscv64"):
        Sandbox(bwrap=str(tmp_path / "bwrap")).run(["/usr/bin/true"])


def test_a_kernel_that_forbids_it_is_told_in_its_own_words(not_root: None, tmp_path: Path) -> None:
    file = tmp_path / "bwrap"
    file.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    file.chmod(0o755)
    with pytest.raises(SandboxUnavailable, match="No permissions to create new namespace"):
        Sandbox(bwrap=str(file)).run(["/usr/bin/true"])


STANDS = """#!/bin/bash
while [ "$1" != -- ]; do shift; done; shift
while [ "$1" != -- ]; do shift; done; shift
exec "$@"
"""
"""Builds no walls, and tells what it is asked to run."""


def test_the_probe_comes_before_the_program_and_once(not_root: None, tmp_path: Path) -> None:
    file = tmp_path / "bwrap"
    file.write_text(STANDS.replace("exec", f'echo "${{*: -1}}" >> {tmp_path}/log; exec'))
    file.chmod(0o755)
    sandbox = Sandbox(bwrap=str(file))
    assert sandbox.run(["/bin/echo", "one"]).stdout == b"one\n"
    sandbox.run(["/bin/echo", "two"])
    assert (tmp_path / "log").read_text().split() == ["/usr/bin/true", "one", "two"]


def test_walls_that_never_stand_are_given_up(not_root: None, tmp_path: Path) -> None:
    file = tmp_path / "bwrap"
    file.write_text("#!/bin/sh\nexec sleep 60\n")
    file.chmod(0o755)
    with pytest.raises(SandboxUnavailable, match="did not come up in time"):
        Sandbox(bwrap=str(file), limits=Limits(seconds=0.2)).run(["/usr/bin/true"])


@pytest.mark.parametrize("argv", [[], ["/bin/echo", "a\0b"], ["/bin/echo", "x" * 100_001]])
def test_arguments_that_cannot_be_given(argv: list[str], not_root: None, tmp_path: Path) -> None:
    file = tmp_path / "bwrap"
    file.write_text(STANDS)
    file.chmod(0o755)
    with pytest.raises(SandboxInputInvalid):
        Sandbox(bwrap=str(file)).run(argv)
