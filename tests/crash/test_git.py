"""`kill -9` of whoever asked git for a commit, while git works: the next one waits for its end and finds the commit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gainful.connectors.git import Pushing, Repository, git_tools
from gainful.connectors.git import program as module
from gainful.sdk.grant import Grant
from gainful.sdk.operation import Operation
from gainful.sdk.secret import Handle
from gainful.sdk.tool import Found

ROOT = Path(__file__).resolve().parents[2]
GIVEN = {"repository": "site", "paths": ["a"], "message": "Change a"}
ASKER = """
import sys
from pathlib import Path
from tests.crash.test_git import commit_tool, slow_git, GIVEN
from gainful.sdk.grant import Grant

home = Path(sys.argv[1])
slow_git(home)
commit_tool(home).call(Grant("k1", "git.commit"), GIVEN)
"""


def commit_tool(home: Path) -> Operation:
    tools = git_tools({"site": Repository("site", home / "site")}, Pushing([], lambda _: Handle.of(None)), "helper")
    return next(tool for tool in tools if tool.spec.name == "git.commit")


def slow_git(home: Path) -> None:
    """Let this process use a git that says when it begins to commit, and then waits to be let go."""
    (home / "bin").mkdir(exist_ok=True)
    program = home / "bin" / "git"
    program.write_text(
        f'#!/bin/sh\ncase " $* " in *" commit --quiet "*) echo > {home}/begun; read line < {home}/go;; esac\n'
        'exec /usr/bin/git "$@"\n'
    )
    program.chmod(0o755)
    module._PATH = f"{home}/bin:/usr/bin:/bin"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    site.mkdir()
    for words in (["init", "--quiet"], ["config", "user.name", "Ada"], ["config", "user.email", "ada@example.org"]):
        subprocess.run(["git", *words], cwd=site, check=True)
    (site / "a").write_text("x")
    for name in ("begun", "go"):
        os.mkfifo(tmp_path / name)
    return tmp_path


def test_a_commit_that_outlives_its_asker_is_found_and_not_made_again(home: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    asker = subprocess.Popen([sys.executable, "-c", ASKER, str(home)], env=environment)
    (home / "begun").read_text()
    os.kill(asker.pid, signal.SIGKILL)
    asker.wait()
    # Its git is alive, and has not committed yet: whoever asks now has to wait for it.
    looker = subprocess.Popen(
        [sys.executable, "-c", "import sys; from pathlib import Path; from tests.crash.test_git import *\n"
         "print('asked', flush=True); print(commit_tool(Path(sys.argv[1])).find('k1', GIVEN))", str(home)],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert looker.stdout is not None
    assert looker.stdout.readline() == "asked\n"
    (home / "go").write_text("\n")
    said = looker.communicate()[0]
    assert "Found(done=True" in said
    log = subprocess.run(["git", "log", "--format=%s"], cwd=home / "site", capture_output=True, text=True, check=True)
    assert log.stdout.splitlines() == ["Change a"]


def test_an_asker_that_dies_before_git_begins_leaves_nothing(home: Path) -> None:
    tool = commit_tool(home)
    assert tool.find("k1", GIVEN) == Found(done=False)
    answer = tool.call(Grant("k1", "git.commit"), GIVEN)
    assert tool.find("k1", GIVEN) == Found(done=True, answer=answer)
